"""Vocabularies that are known: how many tokens texts have, and their parts wherever they are put."""
