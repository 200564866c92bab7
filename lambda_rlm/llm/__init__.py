"""Models: scripted, recorded, local, and every provider behind one vendor door."""
