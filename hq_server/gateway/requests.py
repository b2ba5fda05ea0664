"""What is asked of billers, row by row: opened from the ledger, claimed by one worker at a time, ended once.

A row is ``NEW`` until the first claim turns it ``SENT``, which is committed before a byte leaves. From then on the
biller may have booked, whatever happens to this process: a ``SENT`` row is only ever asked about. ``ANSWERED`` is the
end, and the HQ record of the answer is appended in that same transaction.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from hq_server.db.gateway_tables import gateway_requests
from hq_server.db.journal_tables import hq_recoveries, journal_records
from hq_server.db.ledger_tables import payments
from hq_server.gateway.answers import Asked
from hq_server.gateway.schedule import delay_after
from station_journal.payment import PaymentStatus
from station_journal.reference_no import our_no
from station_journal.side import Side

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

LEASE = timedelta(seconds=180)
"""How long a claim keeps others off: longer than any call may take."""
_OPENED_AT_ONCE = 500


class Kind(StrEnum):
    """What a row asks of a biller."""

    PAY = "PAY"
    REVERSE = "REVERSE"


class RequestState(StrEnum):
    """How far a row is."""

    NEW = "NEW"
    SENT = "SENT"
    ANSWERED = "ANSWERED"


@dataclass(frozen=True, slots=True)
class Request:
    """One row. ``seq`` is the station record that asks, ``payment_seq`` the payment it is about; amount in fen.

    ``sent_at`` is when it was first claimed for sending, ``unknown_at`` when the station was told that the result is
    unknown, ``polls`` how many questions brought nothing since, ``trouble`` what the last one met.
    """

    station_code: str
    kind: Kind
    seq: int
    payment_seq: int
    our_no: str
    biller_code: str
    account_no: str
    bill_no: str
    amount_fen: int
    state: RequestState
    version: int
    next_at: datetime
    polls: int
    created_at: datetime
    sent_at: datetime | None
    unknown_at: datetime | None
    trouble: str
    run_no: int | None

    @property
    def key(self) -> tuple[str, str, int]:
        """What names the row."""
        return self.station_code, self.kind.value, self.seq

    @property
    def asked(self) -> Asked:
        """The payment as it is asked of the biller."""
        return Asked(self.our_no, self.account_no, self.bill_no, self.amount_fen)


_COLUMNS = [gateway_requests.c[field.name] for field in fields(Request)]


def _request(row: Any) -> Request:  # noqa: ANN401 - a row of any query over these columns
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's mapping
    return Request(**{**values, "kind": Kind(values["kind"]), "state": RequestState(values["state"])})


def this_row(key: tuple[str, str, int]) -> ColumnElement[bool]:
    """Name one row, station first."""
    table = gateway_requests.c
    return and_(table.station_code == key[0], table.kind == key[1], table.seq == key[2])


def find_request(connection: Connection, station_code: str, kind: Kind, seq: int) -> Request | None:
    """Find a row."""
    row = connection.execute(select(*_COLUMNS).where(this_row((station_code, kind.value, seq)))).one_or_none()
    return None if row is None else _request(row)


def open_requests(connection: Connection, now: datetime) -> int:
    """Open a row for every payment held and every reversal asked for that has none; gives how many.

    Suspended payments are never held, so they are never sent. Nor is a payment of nothing, which no counter takes:
    there is no money in it, and it must not stand in the way of the others.
    """
    held = and_(payments.c.status == PaymentStatus.HELD.value, payments.c.amount_fen > 0)
    asked_back = and_(payments.c.status == PaymentStatus.CONFIRMED.value, payments.c.reversal_seq > 0)
    return _open(connection, Kind.PAY, held, now) + _open(connection, Kind.REVERSE, asked_back, now)


def _open(connection: Connection, kind: Kind, wanted: ColumnElement[bool], now: datetime) -> int:
    asking_seq = payments.c.seq if kind is Kind.PAY else payments.c.reversal_seq
    table = gateway_requests.c
    there = select(table.seq).where(
        table.station_code == payments.c.station_code, table.kind == kind.value, table.seq == asking_seq
    )
    taken_by = and_(
        journal_records.c.station_code == payments.c.station_code,
        journal_records.c.side == Side.STATION.value,
        journal_records.c.seq == payments.c.seq,
    )
    query = (
        select(payments, asking_seq.label("asking_seq"), journal_records.c.digest)
        .join(journal_records, taken_by)
        .where(wanted, ~there.exists(), payments.c.station_code.not_in(recovering()))
        .limit(_OPENED_AT_ONCE)
    )
    rows = [_row(kind, payment, now) for payment in connection.execute(query)]
    if rows:
        connection.execute(insert(gateway_requests).on_conflict_do_nothing(), rows)
    return len(rows)


def recovering() -> Select[tuple[str]]:
    """Name the stations that HQ takes back records from: the answer to a payment may be among them."""
    return select(hq_recoveries.c.station_code).where(hq_recoveries.c.ended_at.is_(None))


def _row(kind: Kind, payment: Any, now: datetime) -> dict[str, Any]:  # noqa: ANN401 - a row of the query above
    return {
        "station_code": payment.station_code,
        "kind": kind.value,
        "seq": payment.asking_seq,
        "payment_seq": payment.seq,
        "our_no": our_no(payment.station_code, payment.seq, payment.digest),
        "biller_code": payment.biller_code,
        "account_no": payment.account_no,
        "bill_no": payment.bill_no,
        "amount_fen": payment.amount_fen,
        "state": RequestState.NEW.value,
        "next_at": now,
        "created_at": now,
    }


def due_requests(connection: Connection, biller_code: str, now: datetime, limit: int) -> list[Request]:
    """List rows of a biller whose time has come and that nobody has claimed, the longest waiting first."""
    table = gateway_requests.c
    free = or_(table.leased_until.is_(None), table.leased_until <= now)
    query = select(*_COLUMNS).where(table.biller_code == biller_code, table.state != RequestState.ANSWERED.value)
    query = query.where(table.next_at <= now, free, table.run_no.is_(None))
    query = query.where(table.station_code.not_in(recovering()))
    return [_request(row) for row in connection.execute(query.order_by(table.next_at, table.seq).limit(limit))]


def claim(connection: Connection, request: Request, now: datetime) -> Request | None:
    """Claim a row as it was seen; None when another worker was first. Commit before anything is sent.

    What is given back tells by its ``state`` what to do: ``NEW`` means that this claim is the first and may send.
    """
    table = gateway_requests.c
    free = or_(table.leased_until.is_(None), table.leased_until <= now)
    claimed = connection.execute(
        update(gateway_requests)
        .where(this_row(request.key), table.version == request.version, free)
        .where(table.state == request.state.value)
        .values(
            state=RequestState.SENT.value,
            version=request.version + 1,
            leased_until=now + LEASE,
            sent_at=request.sent_at or now,
        )
        .returning(*_COLUMNS)
    ).one_or_none()
    if claimed is None:
        return None
    values = {field.name: getattr(_request(claimed), field.name) for field in fields(Request)}
    return Request(**{**values, "state": request.state})


def put_back(connection: Connection, claimed: Request, now: datetime, trouble: str) -> bool:
    """Note that certainly nothing was sent, so that the row may be sent later; False if the claim has passed."""
    return _release(connection, claimed, now, trouble, {"state": RequestState.NEW.value, "sent_at": None})


def ask_later(connection: Connection, claimed: Request, now: datetime, trouble: str) -> bool:
    """Note that nothing is known yet and when to ask again; False if the claim has passed."""
    return _release(connection, claimed, now, trouble, {})


def _release(connection: Connection, claimed: Request, now: datetime, trouble: str, changes: dict[str, Any]) -> bool:
    table = gateway_requests.c
    released = connection.execute(
        update(gateway_requests)
        .where(this_row(claimed.key), table.version == claimed.version, table.state == RequestState.SENT.value)
        .values(
            leased_until=None,
            next_at=now + delay_after(claimed.polls),
            polls=claimed.polls + 1,
            trouble=trouble,
            **changes,
        )
    )
    return released.rowcount == 1


def ensure_request(connection: Connection, station_code: str, payment_seq: int, now: datetime) -> Request | None:
    """Give the payment row of a payment, opened now if it had none; None where the ledger has no such payment."""
    found = find_request(connection, station_code, Kind.PAY, payment_seq)
    if found is not None:
        return found
    taken_by = and_(
        journal_records.c.station_code == payments.c.station_code,
        journal_records.c.side == Side.STATION.value,
        journal_records.c.seq == payments.c.seq,
    )
    query = select(payments, payments.c.seq.label("asking_seq"), journal_records.c.digest).join(
        journal_records, taken_by
    )
    payment = connection.execute(
        query.where(payments.c.station_code == station_code, payments.c.seq == payment_seq)
    ).one_or_none()
    if payment is None:
        return None
    connection.execute(insert(gateway_requests).values(_row(Kind.PAY, payment, now)).on_conflict_do_nothing())
    return find_request(connection, station_code, Kind.PAY, payment_seq)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a row ended: outcome, where it is known from, the biller's number, and a reason."""

    outcome: str
    source: str
    biller_no: str
    trouble: str


def end_request(connection: Connection, key: tuple[str, str, int], ending: Ending, now: datetime) -> None:
    """Write down a row's end; the caller holds the station's HQ head and appends the record."""
    connection.execute(
        update(gateway_requests)
        .where(this_row(key))
        .values(
            **asdict(ending),
            state=RequestState.ANSWERED.value,
            version=gateway_requests.c.version + 1,
            leased_until=None,
            answered_at=now,
        )
    )


def ended_with(connection: Connection, key: tuple[str, str, int]) -> str:
    """Give the outcome a row ended with; empty while it is open."""
    return connection.scalar(select(gateway_requests.c.outcome).where(this_row(key))) or ""


def requests_where(connection: Connection, *conditions: ColumnElement[bool], limit: int) -> list[Request]:
    """List rows that meet conditions, by station, kind and number: the one order of a batch file too."""
    table = gateway_requests.c
    query = select(*_COLUMNS).where(*conditions).order_by(table.station_code, table.kind, table.seq)
    return [_request(row) for row in connection.execute(query.limit(limit))]
