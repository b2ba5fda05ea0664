"""The two journals of a station."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """Which of the two journals: the one the station writes, or the one HQ writes for it."""

    STATION = "S"
    HQ = "H"
