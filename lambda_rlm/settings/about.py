"""What the table of settings holds of each one beside its type: what it is, how its value is written, and where it counts."""

from __future__ import annotations

from enum import Enum

from lambda_rlm.data_class import dataclass


class Trust(Enum):
    """Where a setting counts beside the trusted places, which are options, variables, the user's own file and files of projects
    that the user trusted; the value says it to people.

    `FREE`: it changes how a question is answered, and nothing about where data, keys and files go, about limits or questions.
    """

    FREE = "any project file"
    STRICTER = "any project file, to make it stricter"
    TRUSTED = "trusted sources only"


@dataclass(frozen=True, slots=True)
class About:
    """What a setting is, in one line, and how its value is written.

    `metavar` names the value of the option; `choices` are all valid values, if they are few; `flag` is the name of the option
    if it is not the key with dashes, `short` its one-letter form; with `is_positive` the value must be more than 0, with
    `may_be_zero` at least 0, both finite unless it `may_be_endless`; with `takes_path` it may also be the path of a program,
    with `may_be_count` a file may have a whole number in place of the text; `separator` is what is between the texts of a list
    in a variable; with `is_secret` a value may be a key, and no error shows it; with `is_file` it is a path, which starts at
    the folder of a file that has it.
    """

    help: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    flag: str | None = None
    short: str | None = None
    is_positive: bool = False
    may_be_zero: bool = False
    takes_path: bool = False
    may_be_count: bool = False
    may_be_endless: bool = False
    separator: str = ","
    is_secret: bool = False
    is_file: bool = False
