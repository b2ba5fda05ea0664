"""The fact of HQ's nightly check: what it looked at and what it found, told to the station it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class BooksChecked:
    """HQ folded both journals again, up to the station's record ``station_seq``, and held its books against them.

    ``faults`` is how many things were not as they must be; each was told as an alarm before. ``network_digest`` is the
    SHA-256 over the heads of all stations' journals that night: every station holds a witness of every other's.
    """

    KIND: ClassVar[int] = 117
    checked_on: date
    station_seq: int
    faults: int
    network_digest: bytes
