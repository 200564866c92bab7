"""The worker process, in which documents are read by parsers that a deadline and a memory limit must hold from outside."""
