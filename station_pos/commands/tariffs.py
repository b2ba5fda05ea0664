"""Adopting a tariff: whole, verified, published to this station, and not before its date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.records import Fact, TariffAdopted
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from station_pos.commands.orders import AdoptTariff
    from station_pos.commands.view import Moment, StationView


def adopt(command: AdoptTariff, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on selling by a tariff from now on; until its content is here the old one holds."""
    if view.standing().tariff_hash == command.tariff_hash:
        return Refused(Refusal.NOTHING_TO_DO)
    published = view.published_tariff(command.tariff_hash)
    if published is None or published.effective_on > moment.business_date or view.tariff(command.tariff_hash) is None:
        return Refused(Refusal.TARIFF_NOT_READY)
    return [TariffAdopted(command.tariff_hash)]
