"""The right reader for a profile, from the bytes as they were received."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from hq_server.files.camt import StatementReader
from hq_server.files.reading import FileReader
from hq_server.files.refusals import FileRefused, RefusalCode
from hq_server.files.unpacking import unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hq_server.files.profile import FileProfile
    from hq_server.files.rows import FileFacts

FILE_BYTES_MAX = 4 * 1024**3
"""Largest file taken, packed or not. Reading needs no memory; keeping it needs disk."""

_T = TypeVar("_T")
Reader = FileReader | StatementReader


@contextmanager
def reader_of(
    stream: BinaryIO,
    profile: FileProfile,
    expected: FileFacts,
    size: int,
    encoding: str,
    bytes_max: int = FILE_BYTES_MAX,
) -> Iterator[Reader]:
    """Open a reader on the bytes of a file; `size` is their number, `bytes_max` bounds what an archive may hold.

    Raises:
        FileRefused: archive or head are not as the profile says.
    """
    if profile.zip is None:
        yield _reader(stream, profile, expected, encoding)
        return
    with unpacked(stream, profile.zip, size, bytes_max) as content:
        yield _reader(content, profile, expected, encoding)


def _reader(stream: BinaryIO, profile: FileProfile, expected: FileFacts, encoding: str) -> Reader:
    if profile.form == "camt.053":
        return StatementReader(stream, profile, expected)
    return FileReader(stream, profile, expected, encoding)


def in_its_encoding(profile: FileProfile, stream: BinaryIO, attempt: Callable[[str], _T]) -> _T:
    """Try the profile's encodings in order: the next one only where a byte does not belong to the one before.

    Raises:
        FileRefused: what the first attempt said that was not about a byte; the first encoding's word if none fits.
    """
    first: FileRefused | None = None
    for encoding in profile.encodings:
        stream.seek(0)
        try:
            return attempt(encoding)
        except FileRefused as refused:
            if refused.code is not RefusalCode.BAD_BYTE:
                raise
            first = first or refused
    if first is None:
        raise ValueError("a profile has at least one encoding")
    raise first
