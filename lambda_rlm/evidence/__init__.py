"""Where an answer comes from, so that a person can check it: the words of the inputs that support each part of it."""
