"""What may be set, and where a value of it counts: variables, the user's file, files of projects, options.

Owns the table of settings (`keys`), their values together (`settings`), and each place they come from. Both doors read
variables here; only the command line reads files. Promises that a project file which nobody trusted sends nothing elsewhere,
lifts no limit and drops no question. Refuses what it does not know, and names the place.
"""
