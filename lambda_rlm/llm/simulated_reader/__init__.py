"""A perfect reader of the benchmarks' prompts that errs at a known rate: what answers as the model `sim:`."""
