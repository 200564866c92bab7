"""The journal: what was run, every call of it and every reply that was paid for; runs resumed, replayed, shown, exported."""
