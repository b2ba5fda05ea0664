"""The tariff that is to come, held against the one in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.rules.notices import TariffNotice, notice_key
from station_pos.commands.tariff_notice import differences
from station_pos.services.tariff_notice import ComingTariff

if TYPE_CHECKING:
    from datetime import date

    from station_pos.commands.view import StationView
    from station_pos.store.projections import Projections


def coming_tariff(view: Projections, today: date) -> ComingTariff | None:
    """Give the next published tariff that is not in force yet, None where none is to come."""
    later = [one for one in view.published_tariffs() if one.effective_on > today]
    coming = min(later, key=lambda one: (one.effective_on, -one.hq_seq), default=None)
    if coming is None:
        return None
    content, adopted = view.tariff(coming.tariff_hash), view.standing().tariff_hash
    changes = () if content is None else differences(view.tariff(adopted) if adopted else None, content)
    return ComingTariff(
        tariff_hash=coming.tariff_hash,
        effective_on=coming.effective_on,
        here=content is not None,
        changes=changes,
        read_seq=_read_seq(view, coming.tariff_hash),
    )


def _read_seq(view: StationView, tariff_hash: bytes) -> int:
    read = view.subject(TariffNotice, notice_key(tariff_hash).key)
    return read.read_seq if read is not None else 0
