"""What a posting run works on: stations with new records, and all that the posting rules may ask of their books.

Everything is read in bulk for many stations at once, so that the work of a run does not depend on how the records are
spread over stations.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from hq_server.db.engine import raw_connection
from station_journal.accounts import Account, Ledger, Posting
from station_journal.balances import Books
from station_journal.bounds import NUMBER_MAX
from station_journal.codec import UnreadableRecordError, decode
from station_journal.payment import CashStatus, Payment, PaymentStatus
from station_journal.posting import Standing
from station_journal.records import BillPaymentTaken, PaymentResubmitted
from station_journal.rules import SUBJECT_CLASSES, subject_keys
from station_journal.side import Side
from station_journal.subject import Subject, SubjectKey, from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg
    from sqlalchemy import Connection

    from station_journal.records import Record
    from station_journal.tariff import Tariff

STATIONS_AT_ONCE = 100
SHARES = 16
"""Into so many shares the stations fall by their codes; a transaction posts one share, and others post other ones."""
_STATIONS_LISTED = STATIONS_AT_ONCE * SHARES
RECORDS_AT_ONCE = 50_000
"""Records of one side that a run reads at most, shared evenly by its stations: what fits into memory with ease."""
PAYMENT_FIELDS = tuple(item.name for item in fields(Payment))
_PAYMENT_COLUMNS = ", ".join(f"p.{name}" for name in PAYMENT_FIELDS)
_STATUS, _CASH = PAYMENT_FIELDS.index("status"), PAYMENT_FIELDS.index("cash")


class Item(NamedTuple):
    """A record of either journal with its place and digest; ``unreadable`` says why instead of a record."""

    side: Side
    epoch: int
    seq: int
    record: Record | None
    unreadable: str = ""
    digest: bytes = b""


@dataclass(slots=True)
class StationBatch:
    """New records of one station, and its books as they were posted so far.

    ``trouble`` says why those books cannot be read, else it is empty.
    """

    station_code: str
    heads: dict[Side, int]
    seqs: dict[Side, int]
    seen_seq: int
    items: dict[Side, list[Item]] = field(default_factory=lambda: {Side.STATION: [], Side.HQ: []})
    standing: Standing = field(default_factory=Standing)
    balances: dict[Ledger, int] = field(default_factory=dict)
    payments: dict[int, Payment] = field(default_factory=dict)
    unseen: dict[int, list[Posting]] = field(default_factory=dict)
    subjects: dict[SubjectKey, Subject | None] = field(default_factory=dict)
    trouble: str = ""

    def books(self, tariffs: Mapping[bytes, Tariff]) -> Books:
        """Open the books where posting had come to."""
        return Books.resumed(
            tariffs,
            seqs=self.seqs,
            standing=self.standing,
            balances=self.balances,
            payments=[self.payments[seq] for seq in sorted(self.payments)],
            unseen=[(seq, tuple(self.unseen[seq])) for seq in sorted(self.unseen)],
            earlier_subject=self._earlier_subject,
        )

    def _earlier_subject(self, place: SubjectKey) -> Subject | None:
        """Give a subject as it was posted; one that the record does not name is a fault of the rule's ``KEYS``."""
        if place not in self.subjects:
            message = f"a posting rule asks for subject {place.kind} {place.key!r:.80}, which its record does not name"
            raise LookupError(message)
        return self.subjects[place]


_DUE = """
    SELECT h.station_code,
           max(h.seq) FILTER (WHERE h.side = 'S') AS station_head,
           max(h.seq) FILTER (WHERE h.side = 'H') AS hq_head,
           coalesce(max(s.station_seq), 0) AS station_seq,
           coalesce(max(s.hq_seq), 0) AS hq_seq,
           coalesce(max(s.seen_seq), 0) AS seen_seq
    FROM journal_heads h
    LEFT JOIN standings s ON s.station_code = h.station_code
    LEFT JOIN posting_stops p ON p.station_code = h.station_code
    WHERE (p.station_code IS NULL OR :retry_stopped) AND NOT h.station_code = ANY(:but)
        AND (:everyone OR h.station_code = ANY(:only))
        AND h.station_code NOT IN (SELECT r.station_code FROM hq_recoveries r WHERE r.ended_at IS NULL)
    GROUP BY h.station_code
    HAVING max(h.seq) FILTER (WHERE h.side = 'S') > coalesce(max(s.station_seq), 0)
        OR max(h.seq) FILTER (WHERE h.side = 'H') > coalesce(max(s.hq_seq), 0)
    ORDER BY h.station_code
    LIMIT :limit
"""
_DUE_BATCHES = text(_DUE)
_DUE_SHARES = text(
    "SELECT (hashtext(d.station_code) & :mask) AS share, array_agg(d.station_code ORDER BY d.station_code) AS codes "  # noqa: S608 - a fixed query
    f"FROM ({_DUE}) d GROUP BY share "
    "ORDER BY sum(d.station_head - d.station_seq + d.hq_head - d.hq_seq) DESC, share"
)


def due_shares(connection: Connection, *, retry_stopped: bool, but: Sequence[str] = ()) -> list[tuple[int, list[str]]]:
    """List the shares that have records to post, each with the codes of some of the stations that wrote them.

    The largest comes first, so that of several processes none is left with a large one in the end.
    """
    parameters = _due_parameters(None, but, retry_stopped=retry_stopped)
    rows = connection.execute(_DUE_SHARES, parameters | {"mask": SHARES - 1, "limit": _STATIONS_LISTED})
    return [(row.share, row.codes) for row in rows]


def _due_parameters(only: Sequence[str] | None, but: Sequence[str], *, retry_stopped: bool) -> dict[str, Any]:
    return {
        "retry_stopped": retry_stopped,
        "but": list(but),
        "everyone": only is None,
        "only": list(only or ()),
        "limit": STATIONS_AT_ONCE,
    }


def due_stations(
    connection: Connection, *, retry_stopped: bool, but: Sequence[str] = (), only: Sequence[str] | None = None
) -> list[StationBatch]:
    """List some stations with records that are not posted yet, in the order of their codes."""
    rows = connection.execute(_DUE_BATCHES, _due_parameters(only, but, retry_stopped=retry_stopped))
    return [
        StationBatch(
            row.station_code,
            heads={Side.STATION: row.station_head, Side.HQ: row.hq_head},
            seqs={Side.STATION: row.station_seq, Side.HQ: row.hq_seq},
            seen_seq=row.seen_seq,
        )
        for row in rows
    ]


def load(connection: Connection, batches: Sequence[StationBatch]) -> None:
    """Read the records and the state of the books of all batches, a fixed number of queries for any number of them."""
    raw = raw_connection(connection)
    by_code = {batch.station_code: batch for batch in batches}
    with raw.cursor() as cursor:
        _load_records(cursor, by_code)
        _load_standings(cursor, by_code)
        _load_balances(cursor, by_code)
        _load_unseen(cursor, by_code)
        _load_payments(cursor, by_code)
        _load_subjects(cursor, by_code)


def _load_records(cursor: psycopg.Cursor[Any], by_code: Mapping[str, StationBatch]) -> None:
    """Read the records up to the heads that were found: what came in since may have seen HQ records above them."""
    cursor.execute(
        """
        SELECT r.station_code, r.side, r.epoch, r.seq, r.data, r.digest
        FROM unnest(%s::text[], %s::text[], %s::int8[], %s::int8[]) AS due (station_code, side, seq, head)
        JOIN journal_records r ON r.station_code = due.station_code AND r.side = due.side
            AND r.seq > due.seq AND r.seq <= least(due.seq + %s, due.head)
        ORDER BY r.station_code, r.side, r.seq
        """,
        [
            [code for code in by_code for _ in Side],
            [side.value for _ in by_code for side in Side],
            [batch.seqs[side] for batch in by_code.values() for side in Side],
            [batch.heads[side] for batch in by_code.values() for side in Side],
            RECORDS_AT_ONCE // len(by_code),
        ],
        binary=True,
    )
    stuck: set[tuple[str, str]] = set()
    sides = {side.value: side for side in Side}
    for code, side_value, epoch, seq, data, digest in cursor.fetchall():
        if (code, side_value) in stuck:
            continue  # nothing is posted after a record that cannot be read
        side = sides[side_value]
        try:
            item = Item(side, epoch, seq, decode(data, side), "", digest)
        except UnreadableRecordError as error:
            item = Item(side, epoch, seq, None, str(error))
            stuck.add((code, side_value))
        by_code[code].items[side].append(item)


def _load_standings(cursor: psycopg.Cursor[Any], by_code: Mapping[str, StationBatch]) -> None:
    cursor.execute(
        "SELECT station_code, tariff_hash, receipts_issued, operation_no, day_ended FROM standings "
        "WHERE station_code = ANY(%s)",
        [list(by_code)],
        binary=True,
    )
    for code, *facts in cursor:
        by_code[code].standing = Standing(*facts)


def _load_balances(cursor: psycopg.Cursor[Any], by_code: Mapping[str, StationBatch]) -> None:
    cursor.execute(
        "SELECT station_code, account, party, balance_fen FROM balances WHERE station_code = ANY(%s)",
        [list(by_code)],
        binary=True,
    )
    for code, account, party, balance_fen in cursor:
        by_code[code].balances[Ledger(Account(account), party)] = balance_fen


def _load_unseen(cursor: psycopg.Cursor[Any], by_code: Mapping[str, StationBatch]) -> None:
    cursor.execute(
        """
        SELECT e.station_code, e.seq, e.debit_account, e.debit_party, e.credit_account, e.credit_party, e.amount_fen
        FROM unnest(%s::text[], %s::int8[]) AS seen (station_code, seq)
        JOIN ledger_entries e ON e.station_code = seen.station_code AND e.side = 'H' AND e.seq > seen.seq
        ORDER BY e.station_code, e.seq, e.line
        """,
        [list(by_code), [batch.seen_seq for batch in by_code.values()]],
        binary=True,
    )
    for code, seq, debit, debit_party, credit, credit_party, amount_fen in cursor:
        posting = Posting(Ledger(Account(debit), debit_party), Ledger(Account(credit), credit_party), amount_fen)
        by_code[code].unseen.setdefault(seq, []).append(posting)


def _load_payments(cursor: psycopg.Cursor[Any], by_code: Mapping[str, StationBatch]) -> None:
    """Read the payments that the new records may ask for: by number, by counter job, and by bill.

    Only what was posted before can be in the tables: numbers above the last posted record, and counter jobs above the
    highest that the books counted, are those of payments in this very batch.
    """
    by_seq: list[tuple[str, int]] = []
    by_operation: list[tuple[str, int]] = []
    by_bill: set[tuple[str, str, str]] = set()
    resubmitted: defaultdict[str, set[int]] = defaultdict(set)
    for code, batch in by_code.items():
        posted_seq, counted_no = batch.seqs[Side.STATION], batch.standing.operation_no
        for item in (*batch.items[Side.STATION], *batch.items[Side.HQ]):
            fact = item.record.fact if item.record else None
            if isinstance(fact, BillPaymentTaken):
                if fact.operation_no <= counted_no:
                    by_operation.append((code, fact.operation_no))
                if fact.bill_no and storable(fact.account_no, fact.bill_no):
                    by_bill.add((code, fact.account_no, fact.bill_no))
                continue
            named = getattr(fact, "payment_seq", 0)
            if 0 < named <= posted_seq:
                by_seq.append((code, named))
            if isinstance(fact, PaymentResubmitted):
                resubmitted[code].add(fact.payment_seq)
                if fact.operation_no <= counted_no:
                    by_operation.append((code, fact.operation_no))
    _find(cursor, by_code, "p.seq = k.k1", by_seq)
    _find(cursor, by_code, "p.operation_no = k.k1", by_operation)
    for code, seqs in resubmitted.items():
        sources = (by_code[code].payments.get(seq) for seq in seqs)
        by_bill.update((code, source.account_no, source.bill_no) for source in sources if source and source.bill_no)
    _find(cursor, by_code, "p.account_no = k.k1 AND p.bill_no = k.k2", list(by_bill))


def _load_subjects(cursor: psycopg.Cursor[Any], by_code: Mapping[str, StationBatch]) -> None:
    """Read the subjects that the new records may ask for, and those that these lead on to."""
    wanted = {
        (code, place)
        for code, batch in by_code.items()
        for item in (*batch.items[Side.STATION], *batch.items[Side.HQ])
        if item.record is not None
        for place in subject_keys(item.seq, item.record)
    }
    while wanted:
        for code, place in wanted:
            by_code[code].subjects[place] = None
        asked = [(code, *place) for code, place in wanted if storable(place.key)]
        cursor.execute(
            """
            SELECT s.station_code, s.kind, s.key, s.data
            FROM unnest(%s::text[], %s::int2[], %s::text[]) AS k (station_code, kind, key)
            JOIN subjects s ON s.station_code = k.station_code AND s.kind = k.kind AND s.key = k.key
            """,
            [[row[at] for row in asked] for at in range(3)],
            binary=True,
        )
        found: list[tuple[str, SubjectKey, Subject]] = []
        for code, kind, key, data in cursor.fetchall():
            try:
                found.append((code, SubjectKey(kind, key), from_row_bytes(SUBJECT_CLASSES[kind], data)))
            except (TypeError, ValueError):
                by_code[code].trouble = f"subject {kind} {key} is damaged or of another program; replay makes it again"
        for code, place, subject in found:
            by_code[code].subjects[place] = subject
        wanted = {
            (code, place)
            for code, _, subject in found
            for place in subject.related
            if place not in by_code[code].subjects
        }


def _find(
    cursor: psycopg.Cursor[Any], by_code: Mapping[str, StationBatch], condition: str, keys: Sequence[tuple[Any, ...]]
) -> None:
    if not keys:
        return
    columns = list(zip(*keys, strict=True))
    kind = "int8" if isinstance(columns[1][0], int) else "text"
    names = ["station_code", "k1", "k2"][: len(columns)]
    arrays = ", ".join(["%b::text[]"] + [f"%b::{kind}[]"] * (len(columns) - 1))
    query = (
        f"SELECT DISTINCT p.station_code, {_PAYMENT_COLUMNS} FROM unnest({arrays}) AS k ({', '.join(names)}) "  # noqa: S608
        f"JOIN payments p ON p.station_code = k.station_code AND {condition}"
    )
    cursor.execute(query.encode(), [list(column) for column in columns], binary=True)
    for code, *values in cursor.fetchall():
        payment = payment_of_row(values)
        by_code[code].payments[payment.seq] = payment


def payment_of_row(values: Iterable[Any]) -> Payment:
    """Make a payment of a row in the order of ``PAYMENT_FIELDS``."""
    row = list(values)
    row[_STATUS], row[_CASH] = PaymentStatus(row[_STATUS]), CashStatus(row[_CASH])
    return Payment(*row)


def storable(*values: object) -> bool:
    """Tell whether the database can hold values of a record: numbers of 64 bits, text without a null character."""
    for value in values:
        if isinstance(value, int) and abs(value) > NUMBER_MAX:
            return False
        if isinstance(value, str) and "\x00" in value:
            return False
    return True
