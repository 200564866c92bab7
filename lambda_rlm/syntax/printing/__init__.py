"""Terms to text: the canonical layout, comments kept."""
