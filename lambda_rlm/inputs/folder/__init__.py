"""The files of a folder: which there are, which are left out, and why."""
