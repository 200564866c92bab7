"""What a program is likely to cost, and that beside what it costs at most."""
