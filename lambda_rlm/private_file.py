"""Files that this program writes, and the regular files that it reads: the one way to open either.

Owns opening, private folders, whole files, streams, and the check of a file that a database engine opens by its name.
Promises: only regular files are opened, and opening one never waits; new files have mode 0600, new folders 0700; a whole file
appears at once or not at all; an existing file is replaced only if its first bytes are ours. Refuses links, folders, devices,
pipes, sockets, read-only files and files of other users, also for the superuser. What SQLite holds open is never opened here,
since closing it would drop SQLite's locks.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from lambda_rlm.diagnostics.error import LambdaRLMError
from lambda_rlm.late_pattern import late_pattern

if TYPE_CHECKING:
    import sqlite3

IsOwn = Callable[[bytes], bool]
"""Whether a file that begins with these bytes was written by this program."""

MOST_BYTES: Final = 1_000_000_000
"""The most that is read of a script or a recording."""

_HEAD: Final = 4096
_PIECE: Final = 1 << 20
_PRIVATE: Final = 0o600
_FLAGS: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_KINDS: Final = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_BESIDE: Final = ("-wal", "-shm", "-journal")
"""How SQLite names the files beside a database."""

_INHERITED: Final = late_pattern(r"/(?:dev|proc/self)/fd/([0-9]{1,4})\Z")


class FileRefused(LambdaRLMError, OSError):
    """A file that must not be opened, replaced or made; `strerror` says why and what to do."""


def refused(why: str, code: int = errno.EINVAL) -> FileRefused:
    """The error with its reason."""
    return FileRefused(code, why)


def kind_of(mode: int) -> str | None:
    """What a file is, with its article, by its mode; None for a regular file."""
    if stat.S_ISREG(mode):
        return None
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "not a regular file")


def inherited(path: str | Path) -> int | None:
    """The file descriptor that a path such as `/dev/fd/63` means, which shells write for `<(…)`; None for other paths."""
    found = _INHERITED.match(str(path)) if os.name == "posix" else None
    return None if found is None else int(found[1])


def open_regular(path: str | Path, *, follows_link: bool = True) -> FileIO:
    """A regular file, open for reading. Never waits for a writer. Raises `OSError`."""
    status = os.stat(path) if follows_link else os.lstat(path)  # before opening, which a device may act on
    _refuse_kind(status)
    return _regular(os.open(path, os.O_RDONLY | _FLAGS | (0 if follows_link else _NO_LINK)))


def open_below(folder: Path, name: Path) -> FileIO:
    """A regular file below a folder, open for reading. No link on the way is followed, but for the folder itself: what was
    listed as a file may have been replaced since. Raises `OSError`."""
    if os.open not in os.supports_dir_fd or not _NO_LINK:
        return open_regular(folder / name, follows_link=False)
    above = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in name.parts[:-1]:
            outer, above = above, os.open(part, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK, dir_fd=above)
            os.close(outer)
        _refuse_kind(os.stat(name.name, dir_fd=above, follow_symlinks=False))
        file = os.open(name.name, os.O_RDONLY | _FLAGS | _NO_LINK, dir_fd=above)
    finally:
        os.close(above)
    return _regular(file)


def _regular(file: int) -> FileIO:
    """An open file, when it is regular; else it is closed."""
    try:
        _refuse_kind(os.fstat(file))
        return FileIO(file, "rb")
    except BaseException:
        with suppress(OSError):
            os.close(file)
        raise


def read_regular(path: str | Path, most: int) -> bytes:
    """All of a regular file of at most `most` bytes. Raises `OSError`."""
    data = bytearray()
    with open_regular(path) as file:
        is_over = os.fstat(file.fileno()).st_size > most
        while not is_over and (piece := file.read(_PIECE)):  # a file may grow, and one of the system has no size
            data += piece
            is_over = len(data) > most
    if is_over:
        raise refused(f"it has more than {most:,} bytes", errno.EFBIG)
    return bytes(data)


def private_json(path: Path, most: int) -> Any:
    """What a file of at most `most` bytes, which this program wrote for itself, holds as JSON; None where there is none, where
    it is damaged, and where it is not private and ours alone."""
    try:
        if refuse_foreign(path) is None:
            return None
        with open_regular(path, follows_link=False) as file:
            data = file.read(most + 1)
        return json.loads(data) if len(data) <= most else None
    except (OSError, ValueError, RecursionError):
        return None


def open_stream(path: str | Path) -> FileIO:
    """A regular file, or a pipe that the caller has opened and passed on by number (`/dev/fd/63`). Raises `OSError`."""
    number = inherited(path)
    if number is None or not stat.S_ISFIFO(os.fstat(number).st_mode):
        return open_regular(path)
    return FileIO(os.dup(number), "rb")


def private_folder(folder: Path) -> None:
    """Make a folder and what is missing above it, each with mode 0700. Raises `OSError`."""
    for parent in reversed([f for f in (folder, *folder.parents) if not f.exists()]):
        parent.mkdir(mode=0o700, exist_ok=True)


def replace(path: str | Path, data: bytes, is_own: IsOwn) -> None:
    """Write a whole file, private and at once. Raises `OSError`: `FileRefused` for an existing file that is not ours."""
    with _draft(Path(path), is_own) as file:
        file.write(data)


def begin(path: str | Path, is_own: IsOwn) -> BinaryIO:
    """A new private file, open for writing in place of one of ours. Raises `OSError`, and `FileRefused` like `replace`."""
    with ExitStack() as stack:
        with _draft(Path(path), is_own) as file:
            stream = stack.enter_context(os.fdopen(os.dup(file.fileno()), "wb", buffering=0))
        stack.pop_all()
        return stream


def append(path: str | Path, data: bytes, is_own: IsOwn) -> None:
    """Add to a private file of ours, which is made where there is none. Raises `OSError`, and `FileRefused` like `replace`."""
    _refuse_output(Path(path), is_own)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _FLAGS | _NO_LINK, _PRIVATE)
    with os.fdopen(file, "ab") as out:
        status = os.fstat(file)
        _refuse_kind(status)
        _refuse_owner(status)
        out.write(data)


def rewrite(path: Path, data: bytes) -> None:
    """Write a user's own file anew, at once: its mode stays, and a link to it keeps pointing at it. Raises `OSError`."""
    target = path.resolve()
    status = os.lstat(target)
    _refuse_kind(status)
    draft = _beside(target)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, _PRIVATE), "wb") as out:
            out.write(data)
        if hasattr(os, "chown"):
            with suppress(PermissionError):
                os.chown(draft, status.st_uid, status.st_gid)
        draft.chmod(stat.S_IMODE(status.st_mode))
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def refuse_foreign(path: Path) -> os.stat_result | None:
    """Look at a file that is about to be opened by name and written: its status, None where there is none. Raises `OSError` for
    one that is not private and ours alone, and for such a file beside it (`PATH-wal`)."""
    for beside in _BESIDE:
        _refuse_shared(Path(f"{path}{beside}"))
    return _refuse_shared(path)


def readable(path: Path) -> os.stat_result | None:
    """The same for a file that is only read: the kind of the files alone counts."""
    for beside in (*_BESIDE, ""):
        status = _status(Path(f"{path}{beside}"))
        if status is not None:
            _refuse_kind(status)
    return status


def foreign_schema(database: sqlite3.Connection, tables: Mapping[str, Sequence[str]]) -> str | None:
    """What in a database of ours is not as this program makes it, None where all is: a table that is missing, has other
    columns, or is a view, which may compute without end; triggers. `tables` are the columns of each table."""
    kinds = {name: (kind, sql) for kind, name, sql in database.execute("SELECT type, name, sql FROM sqlite_schema")}
    for name, columns in tables.items():
        kind, sql = kinds.get(name, ("", ""))
        if kind != "table" or not str(sql).upper().startswith("CREATE TABLE"):
            return f"its table {name} is missing"
        found = database.execute("SELECT name, hidden FROM pragma_table_xinfo(?)", (name,)).fetchall()
        if found != [(column, 0) for column in columns]:
            return f"its table {name} has other columns"
    other = next((kind for kind, _ in kinds.values() if kind in ("view", "trigger")), None)
    return None if other is None else f"it has a {other}"


def is_same(one: os.stat_result | None, other: os.stat_result | None) -> bool:
    """Both are the status of one file."""
    return one is not None and other is not None and (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _refuse_shared(path: Path) -> os.stat_result | None:
    status = _status(path)
    if status is None:
        return None
    _refuse_kind(status)
    _refuse_owner(status)
    if os.name == "posix" and status.st_mode & 0o077:
        raise refused(f"other users may open it; make it private: chmod 600 {path}", errno.EACCES)
    if status.st_nlink > 1 and not _has_draft(path, status) and os.lstat(path).st_nlink > 1:
        raise refused("it has a second name (a hard link); use a copy of it", errno.EMLINK)
    return status


def _has_draft(path: Path, status: os.stat_result) -> bool:
    """The second name is that under which the file was made, by a process that is about to remove it or was killed."""
    drafts = (_status(draft) for draft in path.parent.glob(f".{_escaped(path.name)}.*"))
    return any(is_same(status, draft) for draft in drafts)


def _escaped(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


def _refuse_output(path: Path, is_own: IsOwn) -> bool:
    """Raises `FileRefused` where a file must not be replaced; whether there is one that may be."""
    status = _status(path)
    if status is None:
        return False
    _refuse_kind(status)
    _refuse_owner(status)
    if not status.st_size and stat.S_IMODE(status.st_mode) == _PRIVATE:
        return True  # begun by us and interrupted, or made by `mktemp`
    with open_regular(path, follows_link=False) as file:
        head = file.read(_HEAD)
    if not is_own(head):
        raise refused("the file exists and was not written by lambda-rlm; remove it, or use another name", errno.EEXIST)
    return True


@contextmanager
def _draft(path: Path, is_own: IsOwn) -> Iterator[BinaryIO]:
    """A private file beside `path`, which takes that name at the end."""
    _refuse_output(path, is_own)
    draft = _beside(path)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS | os.O_APPEND, _PRIVATE), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if _refuse_output(path, is_own):
            os.replace(draft, path)
        else:
            put_new(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def put_new(draft: Path, path: Path) -> None:
    """Give a draft its name, which nobody has. Raises `FileExistsError` where somebody has it after all, and `OSError`."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the name is taken by an empty file first
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE))
        os.replace(draft, path)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name[:100]}.{os.urandom(8).hex()}")


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def _refuse_kind(status: os.stat_result) -> None:
    kind = kind_of(status.st_mode)
    if kind is not None:
        raise refused(f"it is {kind}; use a regular file", errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.EINVAL)


def _refuse_owner(status: os.stat_result) -> None:
    """Refuse files of other users and read-only files: the superuser could write both."""
    if os.name == "posix" and status.st_uid != os.geteuid():
        raise refused("it belongs to another user", errno.EACCES)
    if not status.st_mode & stat.S_IWUSR:
        raise refused("it is read-only", errno.EACCES)
