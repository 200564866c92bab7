"""The forms of requests and replies that the lean door speaks, and the vendors that are asked in them."""
