"""What a published tariff changes for the counter, and the receipt that somebody has read it; pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from station_journal.facts.notices import TariffNoticeRead
from station_journal.money import format_yuan
from station_journal.rules.notices import TariffNotice, notice_key
from station_journal.tariff import CommissionBasis
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from station_journal.records import Fact
    from station_journal.tariff import CommissionRate, Product, Tariff
    from station_pos.commands.tariff_orders import ReadTariffNotice
    from station_pos.commands.view import Moment, StationView

_PER_MILLION_OF_PERCENT = 10_000


class Changed(StrEnum):
    """What of a product is another in the tariff to come."""

    SOLD = "sold"
    DROPPED = "dropped"
    NAME = "name"
    FEE = "fee"
    LEAST = "least"
    MOST = "most"
    PARTS = "parts"
    UNDO = "undo"
    OFFLINE = "offline"
    ACCOUNT = "account"
    COMMISSION = "commission"


class TariffChange(NamedTuple):
    """One difference: of which product, in what, and how it was and will be, in figures that need no language."""

    product: Product
    what: Changed
    before: str
    after: str


def read_notice(command: ReadTariffNotice, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on a read receipt: of a tariff that HQ published to this station, once."""
    if view.published_tariff(command.tariff_hash) is None:
        return Refused(Refusal.TARIFF_NOT_READY)
    if view.subject(TariffNotice, notice_key(command.tariff_hash).key) is not None:
        return Refused(Refusal.NOTHING_TO_DO)
    return [TariffNoticeRead(command.tariff_hash)]


def differences(before: Tariff | None, after: Tariff) -> tuple[TariffChange, ...]:
    """List what a tariff changes, by product code; without one in force everything is new."""
    known = {one.code: one for one in before.products} if before is not None else {}
    coming = {one.code: one for one in after.products}
    found = []
    for code in sorted(known | coming):
        old, new = known.get(code), coming.get(code)
        if new is None and old is not None:
            found.append(TariffChange(old, Changed.DROPPED, "", ""))
        elif old is None and new is not None:
            found.append(TariffChange(new, Changed.SOLD, "", format_yuan(new.fee_fen)))
        elif old is not None and new is not None:
            found += _changes(old, new)
    return tuple(found)


def _changes(old: Product, new: Product) -> list[TariffChange]:
    was, will = _figures(old), _figures(new)
    return [TariffChange(new, what, was[what], will[what]) for what in was if was[what] != will[what]]


def _figures(product: Product) -> dict[Changed, str]:
    """Write a product's terms as figures, one for each thing that can change."""
    offline = product.offline
    return {
        Changed.NAME: f"{product.name} {product.biller_name}",
        Changed.FEE: format_yuan(product.fee_fen),
        Changed.LEAST: format_yuan(product.amount_min_fen),
        Changed.MOST: format_yuan(product.amount_max_fen),
        Changed.PARTS: "+" if product.part_payment else "-",
        Changed.UNDO: str(product.reversal_minutes),
        Changed.OFFLINE: f"{offline.count} / {format_yuan(offline.value_fen)} / {offline.hours} h" if offline else "-",
        Changed.ACCOUNT: product.account_pattern,
        Changed.COMMISSION: _rate(product.commission),
    }


def _rate(rate: CommissionRate) -> str:
    """Write a rate: yuan an item, or percent of the amount, with its steps where it has them."""
    steps = " ".join(f"{step!s}" for step in rate.tiers)
    ratio = rate.basis is CommissionBasis.RATIO
    figure = f"{rate.value / _PER_MILLION_OF_PERCENT:.4g} %" if ratio else format_yuan(rate.value)
    return f"{figure} {steps}".strip()
