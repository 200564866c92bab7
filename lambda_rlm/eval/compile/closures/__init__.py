"""What terms become: closures over a frame, chosen by the shapes of their parts. Nothing here knows terms, types in scope or
names."""
