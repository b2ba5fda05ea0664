"""Lines cut from a stream as bytes: never more than one bounded line in memory, one kind of line end.

Lines are cut before they are decoded and fixed fields before that: in GB18030 the second byte of a character may be the
delimiter itself, and widths count bytes.
"""

from __future__ import annotations

import csv
import hashlib
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from hq_server.files.refusals import FileRefused, RefusalCode

if TYPE_CHECKING:
    from hq_server.files.profile import FileProfile

_BOM = b"\xef\xbb\xbf"
_END_NAMES = {b"\n": "LF", b"\r\n": "CR LF"}


class LineCutter:
    """Gives a file's lines one after the other; `line_no` and `is_whole` speak of the last one given."""

    def __init__(self, stream: BinaryIO, profile: FileProfile, encoding: str) -> None:
        """Start at the stream's place."""
        self._stream = stream
        self._limit = profile.line_bytes_max
        self._delimiter = profile.delimiter
        self._quote = profile.quote
        self._tabs_are_trimmed = "\t" in profile.trim
        self._end = {"lf": b"\n", "crlf": b"\r\n"}.get(profile.newline)
        self._has_bom = encoding == "utf-8-sig"
        self.encoding = "utf-8" if self._has_bom else encoding
        self.digest = hashlib.sha256()
        self.line_no = 0
        self.is_whole = True
        self._raw = b""

    def next_body(self) -> bytes | None:
        """Cut the next line without its end, None at the end of the file."""
        self.digest.update(self._raw)
        raw = self._raw = self._stream.readline(self._limit + 1)
        if not raw:
            return None
        self.line_no += 1
        if len(raw) > self._limit:
            self.refuse(RefusalCode.LINE_TOO_LONG, expected=str(self._limit))
        if self._has_bom and self.line_no == 1:
            raw = raw.removeprefix(_BOM)
        self.is_whole = raw.endswith(b"\n")
        if not self.is_whole:
            if raw.endswith(b"\r"):
                self.refuse(RefusalCode.HALF_LINE)
            return raw
        end = b"\r\n" if raw.endswith(b"\r\n") else b"\n"
        if self._end is None:
            self._end = end
        if end != self._end:
            self.refuse(RefusalCode.LINE_END_MIXED, expected=_END_NAMES[self._end])
        return raw[: -len(end)]

    def text_of(self, body: bytes) -> str:
        """Decode a line; nothing in it may act on a terminal."""
        try:
            text = body.decode(self.encoding)
        except UnicodeDecodeError:
            self.refuse(RefusalCode.BAD_BYTE, expected=self.encoding.upper())
        if not text.isprintable() and not (
            self._tabs_are_trimmed and all(part.isprintable() for part in text.split("\t"))
        ):
            self.refuse(RefusalCode.BAD_FIELD, field=text.split(self._delimiter or None)[0][:8], found=text)
        return text

    def cells_of(self, text: str) -> list[str]:
        """Part a line at its delimiter; within quotes it is text (RFC 4180, on one line)."""
        if self._quote and self._quote in text:
            try:
                return next(csv.reader([text], delimiter=self._delimiter, quotechar=self._quote, strict=True))
            except (csv.Error, StopIteration):
                self.refuse(RefusalCode.BAD_FIELD, field=self._quote, found=text)
        return text.split(self._delimiter)

    def refuse(self, code: RefusalCode, *, field: str = "", found: str = "", expected: str = "") -> NoReturn:
        """Refuse the file at this line."""
        raise FileRefused(code, self.line_no, field=field, found=found, expected=expected) from None
