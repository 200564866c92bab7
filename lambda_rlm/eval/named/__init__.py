"""What a reply names: a label, a truth value, a number."""
