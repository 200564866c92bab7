"""The one grammar in the forms that constrained decoders take."""
