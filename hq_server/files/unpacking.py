"""An archive that a party sends its file in, opened without trusting anything that it claims about itself."""

from __future__ import annotations

import io
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from hq_server.files.refusals import FileRefused, RefusalCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hq_server.files.profile import ZipRule

MEMBERS_MAX = 16
RATIO_MAX = 200
"""Text with repeating columns packs 20 to 60 times; a bomb packs a thousand times."""
RATIO_FREE_BYTES = 1024 * 1024
_KNOWN = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_BUFFER = 256 * 1024


class _Bounded(io.RawIOBase):
    """Bytes of a member, counted as they come out: what the directory says of its size is only a claim."""

    def __init__(self, member: BinaryIO, bytes_max: int) -> None:
        self._member, self._left, self._bytes_max = member, bytes_max, bytes_max

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        try:
            data = self._member.read(len(view))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise FileRefused(RefusalCode.ZIP_BROKEN) from error
        self._left -= len(data)
        if self._left < 0:
            raise FileRefused(RefusalCode.ZIP_BOMB, expected=_mb(self._bytes_max))
        view[: len(data)] = data
        return len(data)


@contextmanager
def unpacked(stream: BinaryIO, rule: ZipRule, packed_bytes: int, bytes_max: int) -> Iterator[BinaryIO]:
    """Open the one member that the rule names; at most `bytes_max` bytes will come out of it.

    Raises:
        FileRefused: no archive, damaged, encrypted, other members than the rule allows, names with a path, or sizes
            that no honest text file has.
    """
    try:
        with zipfile.ZipFile(stream, metadata_encoding="gb18030") as archive:
            member = _chosen(archive, rule)
            bound = min(bytes_max, max(RATIO_FREE_BYTES, packed_bytes * RATIO_MAX))
            if member.file_size > bound:
                raise FileRefused(RefusalCode.ZIP_BOMB, expected=_mb(bound))
            with archive.open(member) as content:
                yield io.BufferedReader(_Bounded(cast("BinaryIO", content), bound), _BUFFER)
    except (zipfile.BadZipFile, UnicodeDecodeError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        if isinstance(error, FileRefused):
            raise
        raise FileRefused(RefusalCode.ZIP_BROKEN) from error


def _chosen(archive: zipfile.ZipFile, rule: ZipRule) -> zipfile.ZipInfo:
    infos = archive.infolist()
    for info in infos[:MEMBERS_MAX]:
        name = info.filename
        if "/" in name or "\\" in name or name.startswith(".") or ":" in name or info.is_dir():
            raise FileRefused(RefusalCode.ZIP_PATH, found=name)
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _KNOWN:
            raise FileRefused(RefusalCode.ZIP_LOCKED)
    wanted = [info for info in infos if rule.member.match(info.filename) is not None]
    others = [info for info in infos if info not in wanted]
    strange = [info for info in others if not any(one.match(info.filename) is not None for one in rule.ignored)]
    if len(infos) > MEMBERS_MAX or len(wanted) != 1 or strange:
        found = ", ".join(info.filename for info in (strange or infos)[:3])
        raise FileRefused(RefusalCode.ZIP_MEMBERS, found=found or "0", expected=rule.member.text)
    return wanted[0]


def _mb(size: int) -> str:
    return f"{max(1, size // (1024 * 1024))} MB"
