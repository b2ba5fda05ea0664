"""The rates that a run is made under: those of all published tariffs and those of branches, pinned with the run.

A run keeps them as a document, so that what is published later, for whatever date, changes no month listed before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hq_server.commission.rates import Rate, RateKind, RateTable
from hq_server.db.commission_tables import branch_rates, commission_runs
from hq_server.reference.tariffs import all_tariffs, rate_of_json
from station_journal.tariff import CommissionBasis, CommissionRate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

_KINDS = {
    CommissionBasis.RATIO: RateKind.RATIO,
    CommissionBasis.PER_ITEM: RateKind.PER_ITEM,
    CommissionBasis.TIERS: RateKind.TIERS,
}


@dataclass(frozen=True, slots=True)
class PinnedRates:
    """All rates of a run, each named by its place."""

    rates: tuple[Rate, ...]

    def rows(self) -> Iterator[tuple[int, int, date, date]]:
        """Give each rate's number, product, first date and the date from which the next one of its product holds."""
        for number, rate in enumerate(self.rates):
            after = self.rates[number + 1] if number + 1 < len(self.rates) else None
            before = after.valid_from if after and after.product_code == rate.product_code else date.max
            yield number, rate.product_code, rate.valid_from, before

    def to_document(self) -> list[list[Any]]:
        """Write them for the run's row."""
        return [
            [
                rate.product_code,
                rate.kind.value,
                rate.value,
                rate.valid_from.isoformat(),
                rate.version,
                [list(tier) for tier in rate.tiers],
            ]
            for rate in self.rates
        ]

    @classmethod
    def of_document(cls, document: list[list[Any]]) -> PinnedRates:
        """Read them back."""
        return cls(
            tuple(
                Rate(code, RateKind(kind), value, date.fromisoformat(on), version, tuple((a, b) for a, b in tiers))
                for code, kind, value, on, version, tiers in document
            )
        )


def dated_rate(product_code: int, rate: CommissionRate, valid_from: date) -> Rate:
    """Give a rate as runs use it. Raises `ValueError` for one that makes no sense."""
    tiers = tuple((tier.upto, tier.fen) for tier in rate.tiers)
    return Rate(product_code, _KINDS[rate.basis], rate.value, valid_from, rate.version, tiers)


def rates_now(connection: Connection) -> PinnedRates:
    """Gather the rates of published tariffs and of branches; a tariff published again later wins its date."""
    rates: dict[tuple[int, date], Rate] = {}
    for tariff in sorted(all_tariffs(connection).values(), key=lambda tariff: (tariff.effective_on, tariff.version)):
        for product in tariff.products:
            key = product.code, tariff.effective_on
            rates[key] = dated_rate(product.code, product.commission, tariff.effective_on)
    table = branch_rates.c
    query = select(table.product_code, table.valid_from, table.rate).where(table.state == "APPROVED")
    for code, valid_from, document in connection.execute(query):
        rates[code, valid_from] = dated_rate(code, rate_of_json(document, f"product {code}"), valid_from)
    return PinnedRates(RateTable(rates.values()).rates)


def rates_of_run(connection: Connection, month: int) -> PinnedRates:
    """Give the rates that a month was listed under."""
    document = connection.scalar(select(commission_runs.c.rates).where(commission_runs.c.month == month))
    return PinnedRates.of_document(document or [])


def rates_of_runs(connection: Connection, up_to: int) -> dict[int, PinnedRates]:
    """Give the rates of every month listed before one; those of now for months listed before rates were kept."""
    table = commission_runs.c
    rows = connection.execute(select(table.month, table.rates).where(table.month < up_to)).all()
    now = rates_now(connection) if any(not row[1] for row in rows) else PinnedRates(())
    return {row[0]: PinnedRates.of_document(row[1]) if row[1] else now for row in rows}
