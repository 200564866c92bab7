"""Programs that a root model writes: the page it reads, the conversation, the choice among candidates."""
