"""What is found out about a model's server before anything is paid: key, name, address, and what it serves."""
