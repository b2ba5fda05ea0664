"""What can be read from the books: balances, trial balance, a station's position, entries, revenue, payments.

A figure of a station that is not computable is an error, never the last figure before it and never zero. Whole-network
figures say which stations they leave out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, literal, select, union_all

from hq_server.db.ledger_tables import balances, ledger_entries, payments, posting_stops, standings, subjects
from hq_server.hq_journal import alarms_of, held_head
from hq_server.ledger.batch import PAYMENT_FIELDS, payment_of_row
from hq_server.reference.stations import station_profile
from hq_server.reference.tariffs import all_tariffs
from hq_server.wording import RefusedError
from station_journal.accounts import Account, Ledger, NormalSide, normal_side
from station_journal.payment import PaymentStatus
from station_journal.rules.withdrawal import Withdrawal, withdrawal_key
from station_journal.side import Side
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection
    from sqlalchemy.sql.elements import ColumnElement

    from station_journal.payment import Payment
    from station_journal.tariff import Product


class FiguresNotComputableError(RefusedError):
    """A station's figures cannot be computed from a record on."""


@dataclass(frozen=True, slots=True)
class PostingStop:
    """Where a station's figures stop, and why."""

    station_code: str
    side: Side
    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One account with its party: turnover on both sides and the balance kept beside it, in fen."""

    account: Account
    party: str
    debit_fen: int
    credit_fen: int
    balance_fen: int

    @property
    def agrees(self) -> bool:
        """Tell whether the kept balance is what the entries say."""
        sign = 1 if normal_side(self.account) is NormalSide.DEBIT else -1
        return self.balance_fen == sign * (self.debit_fen - self.credit_fen)


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """The trial balance of one station or all; ``left_out`` are stations that are not computable."""

    rows: tuple[TrialRow, ...]
    left_out: tuple[PostingStop, ...]

    @property
    def difference_fen(self) -> int:
        """Debit balances less credit balances; zero in books that are right."""
        signs = {NormalSide.DEBIT: 1, NormalSide.CREDIT: -1}
        return sum(signs[normal_side(row.account)] * row.balance_fen for row in self.rows)

    @property
    def agrees(self) -> bool:
        """Tell whether the books are balanced and every kept balance is what its entries say."""
        return self.difference_fen == 0 and all(row.agrees for row in self.rows)


@dataclass(frozen=True, slots=True)
class Entry:
    """A ledger entry: one debit, one credit, one amount in fen, and the record that made it."""

    side: Side
    epoch: int
    seq: int
    line: int
    debit: Ledger
    credit: Ledger
    amount_fen: int
    business_date: date


@dataclass(frozen=True, slots=True)
class StationPosition:
    """How a station stands: both journals, how far posted, and the figures that matter, in fen."""

    station_code: str
    name: str
    station_head_seq: int
    hq_head_seq: int
    posted_station_seq: int
    posted_hq_seq: int
    credit_free_fen: int
    credit_held_fen: int
    drawer_fen: int
    customer_cash_fen: int
    suspense_fen: int
    payments_held: int
    day_ended: date | None
    alarms: int

    @property
    def up_to_date(self) -> bool:
        """Tell whether everything held is posted."""
        posted = self.posted_station_seq, self.posted_hq_seq
        return posted == (self.station_head_seq, self.hq_head_seq)


@dataclass(frozen=True, slots=True)
class RevenueRow:
    """Revenue of one product on one business date: confirmed payments, and those whose result is not known."""

    business_date: date
    service: str
    product_code: int
    product_name: str
    product_name_en: str
    confirmed_count: int
    confirmed_fen: int
    fee_fen: int
    held_count: int
    held_fen: int


def posting_stop(connection: Connection, station_code: str) -> PostingStop | None:
    """Give where a station's figures stop; None where they do not."""
    return next((stop for stop in posting_stop_list(connection) if stop.station_code == station_code), None)


def posting_stop_list(connection: Connection) -> tuple[PostingStop, ...]:
    """List the stations whose figures are not computable."""
    table = posting_stops.c
    query = select(table.station_code, table.side, table.seq, table.reason).order_by(table.station_code)
    return tuple(PostingStop(row[0], Side(row[1]), row[2], row[3]) for row in connection.execute(query))


def require_computable(connection: Connection, station_code: str) -> None:
    """Check that a station's figures may be used.

    Raises:
        FiguresNotComputableError: naming the record they stop at.
    """
    stop = posting_stop(connection, station_code)
    if stop is not None:
        journal = {Side.STATION: ("站点", "station"), Side.HQ: ("总部", "HQ")}[stop.side]
        raise FiguresNotComputableError(
            "not_computable",
            f"站点 {station_code} 自{journal[0]}第 {stop.seq} 条记录起无法计算: {stop.reason}",
            f"station {station_code} is not computable from {journal[1]} record {stop.seq}: {stop.reason}",
        )


def station_balances(connection: Connection, station_code: str) -> dict[Ledger, int]:
    """Give a station's balances, positive on each account's normal side, zeros left out.

    Raises:
        FiguresNotComputableError: they cannot be computed.
    """
    require_computable(connection, station_code)
    table = balances.c
    query = select(table.account, table.party, table.balance_fen).where(table.station_code == station_code)
    rows = connection.execute(query.where(table.balance_fen != 0).order_by(table.account, table.party))
    return {Ledger(Account(row.account), row.party): row.balance_fen for row in rows}


def trial_balance(connection: Connection, station_code: str | None = None) -> TrialBalance:
    """Set the turnover of every account beside its kept balance, for one station or for all that are computable.

    Raises:
        FiguresNotComputableError: the one station's figures cannot be computed.
    """
    if station_code is not None:
        require_computable(connection, station_code)
    stops = posting_stop_list(connection)
    left_out = [stop.station_code for stop in stops]

    def wanted(column: ColumnElement[Any]) -> ColumnElement[bool]:
        return column == station_code if station_code is not None else column.not_in(left_out)

    entry, balance = ledger_entries.c, balances.c
    sides = union_all(
        select(entry.debit_account.label("account"), entry.debit_party.label("party"), *_turnover(debit=True)).where(
            wanted(entry.station_code)
        ),
        select(entry.credit_account, entry.credit_party, *_turnover(debit=False)).where(wanted(entry.station_code)),
        select(balance.account, balance.party, literal(0), literal(0), balance.balance_fen).where(
            wanted(balance.station_code)
        ),
    ).subquery()
    query = select(
        sides.c.account, sides.c.party, func.sum(sides.c.debit), func.sum(sides.c.credit), func.sum(sides.c.balance)
    )
    rows = connection.execute(query.group_by(sides.c.account, sides.c.party).order_by(sides.c.account, sides.c.party))
    trial = tuple(TrialRow(Account(row[0]), row[1], int(row[2]), int(row[3]), int(row[4])) for row in rows)
    return TrialBalance(trial, stops if station_code is None else ())


def _turnover(*, debit: bool) -> tuple[ColumnElement[Any], ColumnElement[Any], ColumnElement[Any]]:
    amount, none = ledger_entries.c.amount_fen, literal(0)
    return (
        (amount if debit else none).label("debit"),
        (none if debit else amount).label("credit"),
        none.label("balance"),
    )


def station_position(connection: Connection, station_code: str) -> StationPosition:
    """Give how a station stands.

    Raises:
        RefusedError: there is no such station, or its figures cannot be computed.
    """
    profile = station_profile(connection, station_code)
    figures = station_balances(connection, station_code)
    heads = {side: held_head(connection, station_code, side) for side in Side}
    posted = connection.execute(select(standings).where(standings.c.station_code == station_code)).one_or_none()
    held = connection.scalar(
        select(func.count())
        .select_from(payments)
        .where(payments.c.station_code == station_code, payments.c.status == int(PaymentStatus.HELD))
    )
    return StationPosition(
        station_code=station_code,
        name=profile.name,
        station_head_seq=head.seq if (head := heads[Side.STATION]) else 0,
        hq_head_seq=head.seq if (head := heads[Side.HQ]) else 0,
        posted_station_seq=posted.station_seq if posted else 0,
        posted_hq_seq=posted.hq_seq if posted else 0,
        credit_free_fen=figures.get(Ledger(Account.CREDIT_FREE), 0),
        credit_held_fen=figures.get(Ledger(Account.CREDIT_HELD), 0),
        drawer_fen=figures.get(Ledger(Account.DRAWER), 0),
        customer_cash_fen=figures.get(Ledger(Account.CUSTOMER_CASH), 0),
        suspense_fen=sum(fen for ledger, fen in figures.items() if ledger.account is Account.SUSPENSE),
        payments_held=held or 0,
        day_ended=posted.day_ended if posted else None,
        alarms=len(alarms_of(connection, station_code)),
    )


def entries(connection: Connection, station_code: str, limit: int = 1_000) -> list[Entry]:
    """List a station's ledger entries, newest record first."""
    table = ledger_entries.c
    query = select(ledger_entries).where(table.station_code == station_code)
    rows = connection.execute(query.order_by(table.side, table.seq.desc(), table.line).limit(limit))
    return [
        Entry(
            Side(row.side),
            row.epoch,
            row.seq,
            row.line,
            Ledger(Account(row.debit_account), row.debit_party),
            Ledger(Account(row.credit_account), row.credit_party),
            row.amount_fen,
            row.business_date,
        )
        for row in rows
    ]


def station_payments(
    connection: Connection, station_code: str, *, status: PaymentStatus | None = None, limit: int = 1_000
) -> list[Payment]:
    """List a station's payments, newest first, of one status or all."""
    table = payments.c
    query = select(*(table[name] for name in PAYMENT_FIELDS)).where(table.station_code == station_code)
    if status is not None:
        query = query.where(table.status == int(status))
    return [payment_of_row(row) for row in connection.execute(query.order_by(table.seq.desc()).limit(limit))]


def revenue(
    connection: Connection, from_date: date, to_date: date, station_code: str | None = None
) -> list[RevenueRow]:
    """Report revenue by business date, service and product, both dates included, for one station or all.

    Raises:
        FiguresNotComputableError: the one station's figures cannot be computed.
    """
    table = payments.c
    conditions: list[ColumnElement[bool]] = [table.business_date.between(from_date, to_date)]
    if station_code is not None:
        require_computable(connection, station_code)
        conditions.append(table.station_code == station_code)
    else:
        conditions.append(table.station_code.not_in([stop.station_code for stop in posting_stop_list(connection)]))
    confirmed = table.status == int(PaymentStatus.CONFIRMED)
    held = table.status == int(PaymentStatus.HELD)
    query = (
        select(
            table.business_date,
            table.product_code,
            func.count().filter(confirmed),
            func.coalesce(func.sum(table.amount_fen).filter(confirmed), 0),
            func.coalesce(func.sum(table.fee_fen).filter(confirmed), 0),
            func.count().filter(held),
            func.coalesce(func.sum(table.amount_fen).filter(held), 0),
        )
        .where(and_(*conditions), confirmed | held)
        .group_by(table.business_date, table.product_code)
        .order_by(table.business_date, table.product_code)
    )
    products = _products(connection)
    found = []
    for day, code, *figures in connection.execute(query):
        product = products.get(code)
        service = product.service.name if product else ""
        names = (product.name, product.name_en) if product else ("", "")
        found.append(RevenueRow(day, service, code, *names, *map(int, figures)))
    return found


def _products(connection: Connection) -> dict[int, Product]:
    """Give every product ever published, as its latest tariff describes it."""
    return {product.code: product for tariff in all_tariffs(connection).values() for product in tariff.products}


def withdrawal_at(connection: Connection, station_code: str, seq: int) -> Withdrawal | None:
    """Read the withdrawal that a station's record intended, as it was posted; None where it intended none."""
    place, table = withdrawal_key(seq), subjects.c
    this = (table.station_code == station_code) & (table.kind == place.kind) & (table.key == place.key)
    data = connection.scalar(select(table.data).where(this))
    return None if data is None else from_row_bytes(Withdrawal, data)
