"""From a question to an answer: the route is chosen, a program planned or written and vetted, then executed."""
