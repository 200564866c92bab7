"""Programs to closures: the compiler, its rules, and their assembly."""
