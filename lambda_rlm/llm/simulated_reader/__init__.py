"""A perfect reader of the benchmarks' prompts that errs at a known rate: what stands behind the model `sim:`."""
