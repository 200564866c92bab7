"""What the cells of a column are, judged by all of them."""
