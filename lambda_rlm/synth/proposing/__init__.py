"""The conversation about one program: read from a reply, its slips mended, its mistakes sent back."""
