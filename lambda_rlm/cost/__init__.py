"""What a program may spend, what it spends, and at which prices."""
