"""What many questions, threads and processes may spend together: accounts, and the file that they are kept in.

Owns `Account` (`account`) and its records (`book`). Promises that what was spent and what is under way at its worst are
together within the account's limits at every moment. Refuses, rather than guesses, where the file cannot be used.
"""
