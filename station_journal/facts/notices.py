"""What a station records of HQ's notices: that somebody there has read them (product anchors, feature 88)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class TariffNoticeRead:
    """An operator was shown what a published tariff changes, and confirmed it: the station's read receipt."""

    KIND: ClassVar[int] = 46
    tariff_hash: bytes


NoticeStationFact = TariffNoticeRead
