"""Models in this process: weights known by their hash, the engine, its constraints."""
