"""From a class of the host to a type of the language, and from an answer of that type back to an instance of the class."""
