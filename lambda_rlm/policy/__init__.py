"""The policy of an organization: what no option, file or argument widens, on the command line and in the library.

Owns the rules (`rules`), the files they are read from (`read`), the gates that hold them (`gates`) and the ledger of what was
spent today (`ledger`). Promises that several files together allow what each of them allows. Refuses everything where a file
cannot be read or has a rule that is not known.
"""
