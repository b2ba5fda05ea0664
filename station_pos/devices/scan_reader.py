"""From a serial scanner's bytes to codes: where one ends, which characters it is in, what is taken off. Pure.

Rules: a code ends at CR or LF, or after 100 ms of silence; it has at most 4,096 bytes. It is UTF-8, else GB18030. An
AIM prefix (ISO/IEC 15424, `]C1`) is understood and taken off. Control characters around a code (STX, ETX, NUL) are its
wrapping and go; GS (1Dh), which parts the fields of a GS1 code, stays. Any other control character inside means that
something was garbled on the way: such a code is told as unreadable, never guessed at. The same code again within a
second is the same trigger and is dropped.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

CODE_BYTES_MAX: Final = 4096
SILENCE_S: Final = 0.1
REPEAT_S: Final = 1.0
GS: Final = "\x1d"
_ENDS: Final = b"\r\n"
_AIM_PREFIX: Final = re.compile(r"\]([A-Za-z][0-9A-Za-z])(?=.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Code:
    """One code: its text, and the kind of symbol as AIM names it (``C1``), empty where the scanner did not say.

    An unreadable one has no text: it was too long, in no known characters, or garbled.
    """

    text: str
    symbology: str = ""
    readable: bool = True


UNREADABLE: Final = Code("", readable=False)


class ScanReader:
    """Cuts arriving bytes into codes. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._too_long = False
        self._last_s = float("-inf")
        self._seen: tuple[Code, float] = (UNREADABLE, float("-inf"))

    @property
    def waiting(self) -> bool:
        """Whether part of a code has come and its end has not."""
        return bool(self._held) or self._too_long

    def feed(self, data: bytes, at_s: float) -> list[Code]:
        """Take bytes that arrived at a moment; gives the codes that are whole now."""
        found = self.quiet(at_s)
        for byte in data:
            if byte in _ENDS:
                found += self._end(at_s)
            elif len(self._held) < CODE_BYTES_MAX:
                self._held.append(byte)
            else:
                self._too_long = True
        self._last_s = at_s
        return found

    def quiet(self, at_s: float) -> list[Code]:
        """Say that nothing has come up to a moment; gives the code that silence has ended, if any."""
        return self._end(at_s) if self.waiting and at_s - self._last_s >= SILENCE_S else []

    def _end(self, at_s: float) -> list[Code]:
        data, too_long = bytes(self._held), self._too_long
        self._held.clear()
        self._too_long = False
        code = UNREADABLE if too_long else read_code(data)
        if code is None:
            return []
        seen, seen_s = self._seen
        self._seen = code, at_s
        # Held on a code, a scanner reads it over and over: it is one code for as long as that goes on.
        return [] if code.readable and code == seen and at_s - seen_s < REPEAT_S else [code]


def read_code(data: bytes) -> Code | None:
    """Read the bytes of one code; None where there is nothing but blanks and wrapping."""
    text = _decoded(data)
    if text is None:
        return UNREADABLE
    text = _unwrapped(text)
    prefix = _AIM_PREFIX.match(text)
    symbology = prefix[1] if prefix else ""
    if prefix:
        text = _unwrapped(text[prefix.end() :])
    if not text:
        # A scanner that sends nothing but noise is not a scanner that sends nothing.
        return None if not data.strip(b" \t\0\x02\x03") else UNREADABLE
    if any(unicodedata.category(character) == "Cc" and character != GS for character in text):
        return UNREADABLE
    return Code(text, symbology)


def _decoded(data: bytes) -> str | None:
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _unwrapped(text: str) -> str:
    """Take off blanks and control characters at both ends."""
    start, end = 0, len(text)
    while start < end and _is_wrapping(text[start]):
        start += 1
    while end > start and _is_wrapping(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_wrapping(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cc"
