"""Terms over tables that run column by column, with the values, faults, charges and provenance of the reference evaluator."""
