"""Where values come from: intervals of inputs that were read, cut away, and shown to a model."""
