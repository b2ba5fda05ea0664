"""Which sales a month's commission counts: confirmed, matched with the biller's file, and not counted before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, select

from hq_server.commission.rates import Rate, RateKind, RateTable
from hq_server.commission.rules import CommissionSale
from hq_server.db.commission_tables import commission_sales
from hq_server.db.ledger_tables import payments
from hq_server.db.reconciliation_tables import recon_findings
from hq_server.reconciliation.discrepancy import CLOSED_CLASSES
from hq_server.reference.tariffs import all_tariffs
from station_journal.payment import PaymentStatus
from station_journal.tariff import CommissionBasis

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row

_MONTHS = 12
_KINDS = {CommissionBasis.RATIO: RateKind.RATIO, CommissionBasis.PER_ITEM: RateKind.PER_ITEM}


@dataclass(frozen=True, slots=True)
class CountedSale:
    """A sale with the record that took it, so that it is counted once for ever."""

    sale: CommissionSale
    payment_seq: int


def last_day(month: int) -> date:
    """Give the last date of a month given as YYYYMM."""
    year, number = divmod(month, 100)
    following = date(year + (number == _MONTHS), number % _MONTHS + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def rate_table(connection: Connection) -> RateTable:
    """Gather the dated commission rates of all published tariffs; a tariff published again later wins its date."""
    rates: dict[tuple[int, date], Rate] = {}
    for tariff in sorted(all_tariffs(connection).values(), key=lambda tariff: (tariff.effective_on, tariff.version)):
        for product in tariff.products:
            rate = product.commission
            dated = Rate(product.code, _KINDS[rate.basis], rate.value, tariff.effective_on, rate.version)
            rates[product.code, tariff.effective_on] = dated
    return RateTable(rates.values())


def earning_sales(connection: Connection, month: int) -> list[CountedSale]:
    """Read the sales up to the month's end that earn now: those matched late are counted in the month they match."""
    wanted = and_(
        payments.c.status == int(PaymentStatus.CONFIRMED),
        payments.c.business_date <= last_day(month),
        _matched(),
        ~_counted(taken_back=False),
    )
    return _read(connection, wanted)


def taken_back_sales(connection: Connection) -> list[CountedSale]:
    """Read the sales that an earlier run counted and that were reversed since: their commission is taken back once."""
    wanted = and_(
        payments.c.status == int(PaymentStatus.REVERSED), _counted(taken_back=False), ~_counted(taken_back=True)
    )
    return _read(connection, wanted)


def waiting_count(connection: Connection, month: int) -> int:
    """Count the confirmed sales up to the month's end that wait for their match and so earn later."""
    query = select(func.count()).where(
        payments.c.status == int(PaymentStatus.CONFIRMED),
        payments.c.business_date <= last_day(month),
        ~_matched(),
        ~_counted(taken_back=False),
    )
    return connection.scalar(query) or 0


def _matched() -> ColumnElement[bool]:
    found = recon_findings.c
    same = and_(found.station_code == payments.c.station_code, found.payment_seq == payments.c.seq)
    closed = found.break_class.in_([one.value for one in CLOSED_CLASSES])
    return exists().where(same, closed)


def _counted(*, taken_back: bool) -> ColumnElement[bool]:
    counted = commission_sales.c
    same = and_(counted.station_code == payments.c.station_code, counted.payment_seq == payments.c.seq)
    return exists().where(same, counted.taken_back.is_(taken_back))


def _read(connection: Connection, wanted: ColumnElement[bool]) -> list[CountedSale]:
    query = select(payments).where(wanted).order_by(payments.c.station_code, payments.c.seq)
    return [_sale(row) for row in connection.execute(query)]


def _sale(row: Row[Any]) -> CountedSale:
    sale = CommissionSale(row.station_code, str(row.seq), row.product_code, row.business_date, row.amount_fen)
    return CountedSale(sale, row.seq)
