"""A tariff that is to come as the screens see it: from when, what it changes, and whether somebody here has read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from station_pos.commands.tariff_notice import TariffChange


@dataclass(frozen=True, slots=True)
class ComingTariff:
    """The next tariff. ``here``: its content has arrived; ``read_seq`` is the record of the receipt, 0 before."""

    tariff_hash: bytes
    effective_on: date
    here: bool
    changes: tuple[TariffChange, ...]
    read_seq: int
