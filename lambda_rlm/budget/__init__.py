"""What a run may spend and what it has spent: budgets, the tree of meters, and paying for one request. Imports only leaves."""
