"""Where the rows of a file go: a biller's claims to the settlement lines, a bank's movements to the bank entries."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from hq_server.db import raw_connection
from hq_server.db.file_tables import bank_entries
from hq_server.files.intake import keep_none, take_in, upload_of
from hq_server.files.profile import Purpose
from hq_server.files.rows import BankEntry
from hq_server.files.times import CHINA
from hq_server.reference.stations import station_codes
from station_journal.reference_no import seq_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from hq_server.files.intake import ReceivedFile, Upload, Writer
    from hq_server.files.rows import FileFacts, FileRow
    from hq_server.reference.staff import StaffMember

_LINE_COLUMNS = (
    "station_code",
    "biller_code",
    "business_date",
    "file_seq",
    "line_seq",
    "our_no",
    "payment_seq",
    "biller_no",
    "account_no",
    "at",
    "kind",
    "amount_fen",
    "status",
    "fee_fen",
    "batch_no",
)
_COUNT_COLUMNS = (
    *("station_code", "biller_code", "business_date", "file_seq", "line_count", "amount_fen", "first_seq", "last_seq"),
    "may_repeat",
)
_PAYMENT_SEQ = _LINE_COLUMNS.index("payment_seq")
SPAN = 4096
"""Over how many of a station's records a file's repetitions are noticed line by line: several days of a busy one."""
_ENTRY_KEY = ("account_no", "business_date", "file_seq")


class LineTally:
    """What the lines of one station come to, whatever their order, without keeping them.

    Which payments they named is remembered bit by bit, over `SPAN` records; among lines further apart than that a
    repetition would not be noticed, so they count as if there were one.
    """

    __slots__ = ("amount_fen", "first_seq", "last_seq", "line_count", "may_repeat", "named")

    def __init__(self, payment_seq: int) -> None:
        """Begin with no line; ``payment_seq`` is the payment that the first one names."""
        self.line_count = self.amount_fen = self.named = 0
        self.first_seq = self.last_seq = payment_seq
        self.may_repeat = False

    def add(self, payment_seq: int, amount_fen: int) -> None:
        """Count a line."""
        self.line_count += 1
        self.amount_fen += amount_fen
        if payment_seq > self.last_seq:
            self.last_seq = payment_seq
        elif payment_seq < self.first_seq:
            self.named <<= min(self.first_seq - payment_seq, SPAN)
            self.first_seq = payment_seq
        if self.may_repeat or self.last_seq - self.first_seq >= SPAN:
            self.may_repeat = True
            return
        bit = 1 << (payment_seq - self.first_seq)
        self.may_repeat = self.named & bit != 0
        self.named |= bit

    def counts(self) -> tuple[int, int, int, int, bool]:
        """Give count, sum in fen, lowest and highest payment, and whether one may stand on two lines."""
        return self.line_count, self.amount_fen, self.first_seq, self.last_seq, self.may_repeat


def pseudo_station(biller_code: str) -> str:
    """Name the place where a biller's lines rest that carry no number of ours."""
    return f"BILLER:{biller_code}"


def import_file(
    engine: Engine,
    by: StaffMember,
    path: Path,
    now: datetime,
    *,
    profile_name: str = "",
    stated: FileFacts | None = None,
) -> ReceivedFile:
    """Take in a file of a folder, whatever it is for; see `hq_server.files.intake.take_in`.

    Raises:
        RefusedError: as there.
    """
    with upload_of(path) as upload:
        return import_upload(engine, by, upload, now, profile_name=profile_name, stated=stated)


def import_upload(
    engine: Engine,
    by: StaffMember,
    upload: Upload,
    now: datetime,
    *,
    profile_name: str = "",
    stated: FileFacts | None = None,
) -> ReceivedFile:
    """Take in a file that arrived in any way.

    Raises:
        RefusedError: as `hq_server.files.intake.take_in`.
    """
    return take_in(engine, by, upload, now, _WRITERS, profile_name=profile_name, stated=stated)


def write_lines(connection: Connection, file: ReceivedFile, rows: Iterator[FileRow]) -> None:
    """Write a biller's claims as they are read, and what those that name a station come to."""
    codes = frozenset(station_codes(connection))
    resting = pseudo_station(file.party_code)
    midnight = datetime.combine(file.business_date, time(), CHINA).astimezone(UTC)
    head = (file.party_code, file.business_date, file.seq)

    def line_of(row: FileRow) -> tuple[Any, ...]:
        code = row.our_no.rpartition("-")[0].rpartition("-")[0]
        payment_seq = seq_of(row.our_no, code) if code in codes else None
        station_code = code if payment_seq is not None else resting
        tail = (
            row.account_no,
            row.at or midnight,
            row.kind.value,
            row.amount_fen,
            row.status.value,
            row.fee_fen,
            row.batch_no,
        )
        return (station_code, *head, row.row_no, row.our_no, payment_seq, row.their_no, *tail)

    tallies: dict[str, LineTally] = {}

    def tallied() -> Iterator[tuple[Any, ...]]:
        for row in rows:
            line = line_of(row)
            station_code, payment_seq = line[0], line[_PAYMENT_SEQ]
            if payment_seq is not None:
                tally = tallies.get(station_code)
                if tally is None:
                    tally = tallies[station_code] = LineTally(payment_seq)
                tally.add(payment_seq, row.amount_fen)
            yield line

    _copy(connection, "settlement_lines", _LINE_COLUMNS, tallied())
    counts = ((code, *head, *tally.counts()) for code, tally in tallies.items())
    _copy(connection, "settlement_line_counts", _COUNT_COLUMNS, counts)


def write_entries(connection: Connection, file: ReceivedFile, rows: Iterator[BankEntry]) -> None:
    """Write a bank's movements as they are read."""
    head = (file.party_code, file.business_date, file.seq)
    _copy(connection, bank_entries.name, (*_ENTRY_KEY, *BankEntry._fields), ((*head, *row) for row in rows))


def _copy(connection: Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows by COPY: a day may have a million, and they pass through one at a time."""
    with (
        raw_connection(connection).cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


_WRITERS: dict[Purpose, Writer] = {
    Purpose.BILLER: write_lines,
    Purpose.ACCOUNT: write_entries,
    Purpose.ACQUIRER: keep_none,
}
