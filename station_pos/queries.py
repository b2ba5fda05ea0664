"""What screens and the command line read of the books: plain questions over the projections and journals."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from station_journal.bought_credit import CREDIT_FACTS
from station_journal.codec import UnreadableRecordError, decode
from station_journal.facts.commission import (
    DISTRIBUTION_PRODUCT,
    INSURANCE_PRODUCT,
    INSURANCE_PRODUCTS_END,
    BranchCommissionStated,
    CommissionPaid,
    CommissionReturned,
)
from station_journal.money import rate_of
from station_journal.posting import NotComputableError
from station_journal.records import ActorKind, CommissionStated, Side
from station_journal.seal import Position
from station_journal.tariff import CommissionBasis
from station_pos.commands.business_dates import business_date_at, earliest_open
from station_pos.counter import CommissionRow, InquiryAnswer, JournalRow, OpenBill
from station_pos.store import journal, payment_rows, reference, side_facts, withdrawal_rows
from station_pos.store.database import row, rows
from station_pos.store.projections import Projections, read_marker
from station_pos.text import either

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from station_journal.posting import Payment
    from station_journal.rules.withdrawal import Withdrawal
    from station_journal.tariff import Tariff
    from station_pos.store.database import Database
    from station_pos.store.journal import Entry
    from station_pos.store.reference import Tariffs

_FORTNIGHT = timedelta(days=14)
_OPEN_CASES = "(status=1 AND pending_seq>0) OR (status=2 AND reversal_seq>0) OR (status IN (3, 4) AND cash=1)"
_SOLD = "status IN (1, 2)"


@dataclass(frozen=True, slots=True)
class DaySums:
    """What was sold on a business date, and the commission earned on it and in its month, in fen."""

    bills: int
    bills_fen: int
    earned_fen: int
    earned_month_fen: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far HQ durably holds the station's journal: held up to, how many beyond, and since when the oldest waits."""

    held_seq: int
    unsent: int
    unsent_since: datetime | None


class Queries:
    """Questions over one open database; every answer is read from one consistent state."""

    def __init__(self, database: Database, tariffs: Tariffs) -> None:
        """Read through ``database``; ``tariffs`` keeps tariffs that were read already."""
        self._database = database
        self._tariffs = tariffs

    def view(self, connection: Connection) -> Projections:
        """Give the books over one connection."""
        return Projections(connection, self._tariffs.over(connection))

    def payment(self, seq: int) -> Payment | None:
        """Give a payment as it now stands."""
        with self._database.reading() as connection:
            return self.view(connection).payment(seq)

    def held_without_slip(self) -> tuple[Payment, ...]:
        """List payments taken online whose result is not known and that have no slip yet, oldest first."""
        return self._payments("status=1 AND offline=0 AND pending_seq=0 AND receipt_seq=0 ORDER BY seq")

    def open_cases(self) -> tuple[Payment, ...]:
        """List payments that wait: unknown results, reversals asked for, cash due back to a customer; oldest first."""
        return self._payments(f"{_OPEN_CASES} ORDER BY seq")

    def bills_in_flight(self) -> tuple[Payment, ...]:
        """List open cases, and payments taken online that wait for their first answer; oldest first."""
        return self._payments(f"{_OPEN_CASES} OR (status=1 AND offline=0) ORDER BY seq")

    def offline_waiting(self) -> tuple[Payment, ...]:
        """List payments taken offline that the biller has not answered yet; oldest first."""
        return self._payments("status=1 AND offline=1 ORDER BY seq")

    def recent(self, limit: int, before_seq: int | None) -> tuple[Payment, ...]:
        """List payments, newest first, from below ``before_seq``."""
        return self._payments("seq<ifnull(?, seq+1) ORDER BY seq DESC LIMIT ?", before_seq, limit)

    def of_account(self, account_no: str, limit: int = 50) -> tuple[Payment, ...]:
        """List an account's payments at this station, newest first."""
        return self._payments("account_no=? ORDER BY seq DESC LIMIT ?", account_no, limit)

    def accounts_like(self, digits: str, limit: int) -> tuple[Payment, ...]:
        """Give the latest payment of each known account whose number ends or begins with some digits."""
        alike = "account_no LIKE '%' || ? OR account_no LIKE ? || '%'"
        newest = f"SELECT last_seq FROM accounts WHERE {alike} ORDER BY last_seq DESC LIMIT ?"  # noqa: S608
        return self._payments(f"seq IN ({newest}) ORDER BY seq DESC", digits, digits, limit)

    def _payments(self, condition: str, *values: object) -> tuple[Payment, ...]:
        with self._database.reading() as connection:
            found = rows(connection, f"{payment_rows.SELECT} WHERE {condition}", values)
        return tuple(payment_rows.from_row(one) for one in found)

    def usual_fen(self, product_code: int, account_no: str, limit: int = 12) -> tuple[int, ...]:
        """Give the account's recent amounts, latest first: of payments that were not refused or undone."""
        with self._database.reading() as connection:
            found = rows(
                connection,
                f"""SELECT amount_fen FROM payments WHERE account_no=? AND product_code=? AND {_SOLD}
                    ORDER BY seq DESC LIMIT ?""",  # noqa: S608
                (account_no, product_code, limit),
            )
        return tuple(amount_fen for (amount_fen,) in found)

    def adopted_tariff(self) -> Tariff | None:
        """Give the tariff that the station sells by; None before the first one."""
        with self._database.reading() as connection:
            view = self.view(connection)
            adopted = view.standing().tariff_hash
            return view.tariff(adopted) if adopted else None

    def business_date(self, connection: Connection, now: datetime) -> date:
        """Give the business date that a sale made now would carry."""
        marker = read_marker(connection)
        first = date.fromisoformat(marker.first_date) if marker and marker.first_date else None
        confirmed = date.fromisoformat(marker.clock_confirmed) if marker and marker.clock_confirmed else None
        known = reference.setting(connection, "hq_time")
        hq_time = datetime.fromtimestamp(int(known), UTC) if known else None
        earliest = earliest_open(first, self.view(connection).standing().day_ended)
        return business_date_at(now, earliest, hq_time, confirmed)[0]

    def next_date_to_end(self, now: datetime) -> date | None:
        """Give the oldest business date that is over and has not been ended; None if none is."""
        with self._database.reading() as connection:
            marker = read_marker(connection)
            if marker is None or not marker.first_date or marker.blocked_reason:
                return None
            ended = self.view(connection).standing().day_ended
            earliest = earliest_open(date.fromisoformat(marker.first_date), ended)
            over = earliest is not None and earliest < self.business_date(connection, now)
            return earliest if over else None

    def tariff_due(self, now: datetime) -> bytes | None:
        """Give the tariff to adopt now: published, its content here, its date come; None if there is none."""
        with self._database.reading() as connection:
            return self.view(connection).tariff_due(self.business_date(connection, now))

    def tariff_from(self, connection: Connection, today: date) -> date | None:
        """Give the date of the next published tariff that is not in force yet; None if none is to come."""
        published = (one.effective_on for one in self.view(connection).published_tariffs())
        return min((effective_on for effective_on in published if effective_on > today), default=None)

    def day_sums(self, connection: Connection, day: date) -> DaySums:
        """Add up a business date, and what was earned on it and in its month by the tariffs sold under."""
        sold = row(
            connection,
            f"SELECT count(*), ifnull(sum(amount_fen), 0) FROM payments WHERE business_date=? AND {_SOLD}",  # noqa: S608
            (day.isoformat(),),
        )
        first = day.replace(day=1)
        return DaySums(sold[0], sold[1], self._earned(connection, day, day), self._earned(connection, first, day))

    def _earned(self, connection: Connection, first: date, last: date) -> int:
        """Commission of confirmed payments: rounded once a product and tariff, as HQ's monthly run does."""
        tariff_of = self._tariffs.over(connection)
        found = rows(
            connection,
            """SELECT tariff_hash, product_code, count(*), sum(amount_fen) FROM payments
               WHERE business_date BETWEEN ? AND ? AND status=2 GROUP BY tariff_hash, product_code""",
            (first.isoformat(), last.isoformat()),
        )
        earned_fen = 0
        for tariff_hash, product_code, count, amount_fen in found:
            tariff = tariff_of(tariff_hash)
            product = tariff.product(product_code) if tariff else None
            if product is None:
                continue
            rate = product.commission
            by_ratio = rate.basis is CommissionBasis.RATIO
            earned_fen += rate_of(amount_fen, rate.value) if by_ratio else count * rate.value
        return earned_fen

    def average_bill_fen(self, connection: Connection, day: date) -> int:
        """Give the average of what bills of the last fortnight took of the credit, 0 without any."""
        found = row(
            connection,
            f"""SELECT count(*), ifnull(sum(amount_fen + fee_fen), 0) FROM payments
                WHERE business_date BETWEEN ? AND ? AND {_SOLD}""",  # noqa: S608
            ((day - _FORTNIGHT).isoformat(), day.isoformat()),
        )
        return int(found[1]) // int(found[0]) if found[0] else 0

    def delivery(self, connection: Connection) -> Delivery:
        """Say how far HQ durably holds the station's journal."""
        known = journal.acknowledgement(connection)
        start = journal.current_start(connection, Side.STATION)
        held_seq = max(known.held.seq if known else 0, start.seq if start else 0)
        head = journal.head(connection, Side.STATION)
        unsent = max(0, (head.seq if head else 0) - held_seq)
        oldest = journal.entry(connection, Side.STATION, held_seq + 1) if unsent else None
        return Delivery(held_seq, unsent, _made_at(oldest) if oldest else None)

    def withdrawals(self, connection: Connection, day: date) -> tuple[tuple[Withdrawal, ...], tuple[int, int]]:
        """Give the withdrawals with something still to do, and count and sum in fen of those paid on a date."""
        return withdrawal_rows.open_ones(connection), withdrawal_rows.paid_on(connection, day)

    def head(self, connection: Connection) -> Position:
        """Give the head of the station's journal."""
        return journal.head(connection, Side.STATION) or Position(0, 0, b"")

    def count_open_cases(self, connection: Connection) -> int:
        """Count payments that wait for somebody."""
        return int(row(connection, f"SELECT count(*) FROM payments WHERE {_OPEN_CASES}")[0])  # noqa: S608

    def journal_rows(self, limit: int, before_seq: int | None) -> tuple[JournalRow, ...]:
        """List records of both journals, newest first in their one order, from below station record ``before_seq``."""
        with self._database.reading() as connection:
            held_seq = self.delivery(connection).held_seq
            names = side_facts.names_of_people(connection)
            station = _backwards(connection, Side.STATION, limit, before_seq)
            above = None if before_seq is None else journal.entry(connection, Side.STATION, before_seq)
            hq = _backwards(connection, Side.HQ, limit, None if above is None else _seen(above) + 1)
        made: list[JournalRow] = []
        while (station or hq) and len(made) < limit:
            # An HQ record that the newest station record had not seen comes after it.
            if hq and (not station or hq[0].seq > _seen(station[0])):
                made.append(_journal_row(Side.HQ, hq.pop(0), names, held=True))
            else:
                entry = station.pop(0)
                made.append(_journal_row(Side.STATION, entry, names, held=entry.seq <= held_seq))
        return tuple(made)

    def hq_rows(self, limit: int) -> tuple[JournalRow, ...]:
        """List HQ's records alone, newest first."""
        with self._database.reading() as connection:
            names = side_facts.names_of_people(connection)
            return tuple(
                _journal_row(Side.HQ, entry, names, held=True) for entry in _backwards(connection, Side.HQ, limit, None)
            )

    def commission(self) -> tuple[CommissionRow, ...]:
        """List the commission statements that HQ recorded, newest first."""
        with self._database.reading() as connection:
            found = rows(
                connection,
                "SELECT hq_seq FROM hq_notes WHERE kind IN (?, ?, ?, ?) ORDER BY hq_seq DESC",
                (CommissionStated.KIND, BranchCommissionStated.KIND, CommissionPaid.KIND, CommissionReturned.KIND),
            )
            stored = [(seq, journal.entry(connection, Side.HQ, seq)) for (seq,) in found]
            view = self.view(connection)
            adopted = view.standing().tariff_hash
            tariff = view.tariff(adopted) if adopted else None
        facts = {seq: decode(entry.data, Side.HQ).fact for seq, entry in stored if entry is not None}
        of_bank = [fact for fact in reversed(facts.values()) if isinstance(fact, CommissionPaid | CommissionReturned)]
        paid = {(fact.month, fact.by_branch): fact for fact in of_bank}
        stated = CommissionStated | BranchCommissionStated
        return tuple(_statement(seq, fact, tariff, paid) for seq, fact in facts.items() if isinstance(fact, stated))

    def cached_inquiries(self, account_no: str) -> dict[int, InquiryAnswer]:
        """Give the kept inquiry answers for an account number by product; they may be old."""
        with self._database.reading() as connection:
            found = reference.bills_of_account(connection, account_no)
        return {product_code: answer_from_json(account_no, kept) for product_code, _, kept in found}

    def issued_of(self, payment_seq: int) -> int:
        """Give the record that issued the latest receipt or slip of a payment, 0 if none did."""
        with self._database.reading() as connection:
            found = row(connection, "SELECT max(seq) FROM issued_papers WHERE payment_seq=?", (payment_seq,))
        return int(found[0] or 0)


def answer_to_json(answer: InquiryAnswer) -> str:
    """Write an inquiry's answer as it is kept."""
    bills = [[bill.bill_no, bill.period, bill.amount_fen] for bill in answer.bills]
    return json.dumps([answer.payer_name, answer.address, bills], ensure_ascii=False)


def answer_from_json(account_no: str, kept: str) -> InquiryAnswer:
    """Read a kept inquiry answer."""
    payer_name, address, bills = json.loads(kept)
    return InquiryAnswer(account_no, payer_name, address, tuple(OpenBill(*bill) for bill in bills))


def _backwards(connection: Connection, side: Side, limit: int, before_seq: int | None) -> list[Entry]:
    found = rows(
        connection,
        """SELECT seq, epoch, bytes, digest FROM journal WHERE side=? AND seq<ifnull(?, seq+1)
           ORDER BY seq DESC LIMIT ?""",
        (side.value, before_seq, limit),
    )
    return [journal.Entry(*values) for values in found]


def _made_at(entry: Entry) -> datetime | None:
    """Say when a record was made; None for one that cannot be read, which travels to HQ all the same."""
    try:
        return decode(entry.data, Side.STATION).recorded_at
    except UnreadableRecordError:
        return None


def _seen(entry: Entry) -> int:
    try:
        return decode(entry.data, Side.STATION).seen_seq
    except UnreadableRecordError:
        return 0


def _journal_row(side: Side, entry: Entry, names: dict[Side, dict[int, str]], *, held: bool) -> JournalRow:
    try:
        record = decode(entry.data, side)
    except UnreadableRecordError as error:
        raise NotComputableError(side, entry.seq, str(error)) from error
    fact: Any = record.fact
    person = record.actor.kind is ActorKind.PERSON
    is_credit = isinstance(fact, CREDIT_FACTS)
    about = getattr(fact, "payment_seq", 0) or (entry.seq if hasattr(fact, "tendered_fen") else 0)
    return JournalRow(
        side=side.value,
        seq=entry.seq,
        recorded_at=record.recorded_at,
        kind=type(fact).__name__,
        actor_kind=record.actor.kind.value,
        actor_name=names[side].get(record.actor.number, "") if person else "",
        amount_fen=getattr(fact, "amount_fen", getattr(fact, "collected_fen", getattr(fact, "postage_fen", 0))) or None,
        held=held,
        payment_seq=about,
        followed_seq=(entry.seq if is_credit else 0)
        or about
        or getattr(fact, "withdrawal_seq", 0)
        or (entry.seq if hasattr(fact, "known_trace_no") else 0),
        followed_side=side.value if is_credit else Side.STATION.value,
    )


def _statement(
    seq: int,
    fact: CommissionStated | BranchCommissionStated,
    tariff: Tariff | None,
    paid: Mapping[tuple[int, bool], CommissionPaid | CommissionReturned],
) -> CommissionRow:
    def name(code: int) -> str:
        product = tariff.product(code) if tariff else None
        if product:
            return either(product.name, product.name_en)
        if code == DISTRIBUTION_PRODUCT:
            return either("分销", "Distribution")
        return either("保险", "Insurance") if INSURANCE_PRODUCT <= code < INSURANCE_PRODUCTS_END else str(code)

    by_branch = isinstance(fact, BranchCommissionStated)
    payment = paid.get((fact.month, by_branch))
    paid_fen, paid_on, returned_on = 0, None, None
    if isinstance(payment, CommissionPaid):
        paid_fen, paid_on = payment.amount_fen, payment.paid_on
    elif payment is not None:
        returned_on = payment.returned_on

    lines = tuple(
        (name(line.product_code), line.item_count, line.formula, line.commission_fen, line.rate_version)
        for line in fact.lines
    )
    net_fen = fact.gross_fen - fact.tax_fen
    sums = fact.gross_fen, fact.tax_fen, net_fen
    return CommissionRow(fact.month, *sums, lines, by_branch, paid_fen, paid_on, returned_on, seq)
