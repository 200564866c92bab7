"""What a run is likely to cost: the program, run against replies as they typically are."""
