"""A biller's settlement file 对账文件 in the default profile, read as a stream and taken whole or not at all.

    H|biller|YYYYMMDD|seq|ver
    D|seq|our_no|biller_no|account|YYYYMMDDHHMMSS|PAY or REV|amount|status      (seq 1, 2, 3, … without gaps)
    T|count of D|sum of amounts of D|SHA-256 over the bytes of all H and D lines with their line ends, in hex

Lines are cut as bytes and decoded before they are parted: in GB18030 the second byte of a character may be 0x7C, the
delimiter itself. An empty file named like the data file plus `.ok`, written last, says that the data file is whole.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, Literal, NoReturn

from hq_server.reconciliation.refusals import RefusalCode, SettlementFileRefused
from hq_server.reference.working_days import SHANGHAI
from station_journal.money import AmountRefusedError, parse_yuan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FLAG_SUFFIX = ".ok"


class LineKind(StrEnum):
    """What a detail line reports: a payment, or the taking back of one."""

    PAY = "PAY"
    REV = "REV"


class LineStatus(StrEnum):
    """What became of it at the counterparty; only SUCCESS is money."""

    SUCCESS = "SUCCESS"
    REVERSED = "REVERSED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class FileProfile:
    """How a counterparty writes its files: `status_map` reads its words, `line_bytes_max` bounds a line."""

    name: str = "default-1"
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    newline: Literal["lf", "crlf", "first line decides"] = "first line decides"
    delimiter: str = "|"
    version: str = "1"
    unit: Literal["fen", "yuan"] = "fen"
    status_map: Mapping[str, LineStatus] = field(
        default_factory=lambda: MappingProxyType({status.value: status for status in LineStatus}), hash=False
    )
    reference_chars_max: int = 32
    line_bytes_max: int = 1024


DEFAULT_PROFILE = FileProfile()
GB18030_PROFILE = FileProfile(name="default-1-gb18030", encoding="gb18030")


@dataclass(frozen=True, slots=True)
class FileHeader:
    """The H line; `seq` tells several files of one biller-day apart."""

    biller_code: str
    business_date: date
    seq: int


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One D line. `our_no` is empty when the counterparty did not keep ours; `at` is UTC, to the second."""

    seq: int
    our_no: str
    biller_no: str
    account_no: str
    at: datetime
    kind: LineKind
    amount_fen: int
    status: LineStatus


@dataclass(frozen=True, slots=True)
class FileTrailer:
    """The T line: number and sum of all D lines (of either kind), and the hash of everything above it, in hex."""

    count: int
    amount_fen: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SettlementFile:
    """A file read to its end that agrees with itself; `file_sha256` is over all its bytes, to refuse it twice."""

    header: FileHeader
    lines: tuple[SettlementLine, ...]
    trailer: FileTrailer
    file_sha256: str


_KINDS = {kind.value: kind for kind in LineKind}
_HEADER_FIELDS = 5
_DETAIL_FIELDS = 9
_TRAILER_FIELDS = 4
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_COUNT = re.compile(r"0|[1-9][0-9]{0,8}")
_FEN = re.compile(r"[1-9][0-9]{0,11}")
_TOTAL_FEN = re.compile(r"0|[1-9][0-9]{0,15}")
_TOTAL_YUAN = re.compile(r"([0-9]{1,14})(?:\.([0-9]{1,2}))?")
_DATE = re.compile(r"[0-9]{8}")
_TIME = re.compile(r"[0-9]{14}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_FILE_NAME = re.compile(r"(?P<biller>[0-9A-Za-z]{1,16})_(?P<date>[0-9]{8})_(?P<seq>[1-9][0-9]{0,8})\.txt")


class SettlementReader:
    """Reads one file in constant memory: the header at once, then its lines by iteration, once.

    No line may take effect before the iteration has ended, since only then count, total and hash are known to agree;
    `trailer` and `file_sha256` can be read from then on. Everything raises `SettlementFileRefused`.
    """

    def __init__(self, stream: BinaryIO, profile: FileProfile, *, biller_code: str, business_date: date) -> None:
        self._stream = stream
        self._profile = profile
        self._hash = hashlib.sha256()
        self._line_no = 0
        self._line_end = {"lf": b"\n", "crlf": b"\r\n"}.get(profile.newline)
        self._trailer: FileTrailer | None = None
        self._file_sha256 = ""
        self.header = self._read_header(biller_code, business_date)

    @property
    def trailer(self) -> FileTrailer:
        """The T line, once every line has been read."""
        if self._trailer is None:
            raise RuntimeError("The trailer is known only when every line has been read.")
        return self._trailer

    @property
    def file_sha256(self) -> str:
        """SHA-256 of all bytes of the file in hex, once every line has been read."""
        self.trailer  # noqa: B018 (raises when it is too early)
        return self._file_sha256

    def __iter__(self) -> Iterator[SettlementLine]:
        """Yield the D lines in order, then hold them against the T line."""
        if self._line_no != 1:
            raise RuntimeError("A settlement file is read once.")
        count = total_fen = 0
        while True:
            raw = self._next_raw()
            if raw is None:
                raise SettlementFileRefused(RefusalCode.TRAILER_MISSING, None)
            whole = raw.endswith(b"\n")
            fields = self._fields(raw)
            if fields[0] == "T":
                self._finish(raw, fields, count, total_fen)
                return
            if not whole:
                self._refuse(RefusalCode.HALF_LINE)
            line = self._detail(fields, count + 1)
            self._hash.update(raw)
            count += 1
            total_fen += line.amount_fen
            yield line

    def _next_raw(self) -> bytes | None:
        limit = self._profile.line_bytes_max
        raw = self._stream.readline(limit + 1)
        if not raw:
            return None
        self._line_no += 1
        if len(raw) > limit:
            self._refuse(RefusalCode.LINE_TOO_LONG, expected=str(limit))
        return raw

    def _fields(self, raw: bytes) -> list[str]:
        """Return the decoded fields of a line without its end. A last line without any end is let through here."""
        body = raw
        if raw.endswith(b"\n"):
            end = b"\r\n" if raw.endswith(b"\r\n") else b"\n"
            if self._line_end is None:
                self._line_end = end
            if end != self._line_end:
                self._refuse(RefusalCode.LINE_END_MIXED, expected="LF" if self._line_end == b"\n" else "CR LF")
            body = raw[: -len(end)]
        elif raw.endswith(b"\r"):
            self._refuse(RefusalCode.HALF_LINE)
        try:
            text = body.decode(self._profile.encoding)
        except UnicodeDecodeError:
            self._refuse(RefusalCode.BAD_BYTE, expected=self._profile.encoding.upper())
        if not text.isprintable():
            self._refuse(RefusalCode.BAD_FIELD, field=text.split(self._profile.delimiter)[0], found=text)
        return text.split(self._profile.delimiter)

    def _read_header(self, biller_code: str, business_date: date) -> FileHeader:
        raw = self._next_raw()
        if raw is None:
            raise SettlementFileRefused(RefusalCode.EMPTY_FILE, None)
        fields = self._fields(raw)
        if fields[0] == "H" and not raw.endswith(b"\n"):
            self._refuse(RefusalCode.HALF_LINE)
        if len(fields) != _HEADER_FIELDS or fields[0] != "H":
            self._refuse(RefusalCode.HEADER_MISSING, found="|".join(fields))
        _, biller, day, seq, version = fields
        if version != self._profile.version:
            self._refuse(RefusalCode.VERSION_NOT_KNOWN, found=version, expected=self._profile.version)
        if biller != biller_code:
            self._refuse(RefusalCode.WRONG_BILLER, found=biller, expected=biller_code)
        if self._date(day) != business_date:
            self._refuse(RefusalCode.WRONG_DATE, found=day, expected=f"{business_date:%Y%m%d}")
        if not _NUMBER.fullmatch(seq):
            self._refuse(RefusalCode.BAD_FIELD, field="seq", found=seq)
        self._hash.update(raw)
        return FileHeader(biller, business_date, int(seq))

    def _detail(self, fields: list[str], expected_seq: int) -> SettlementLine:
        if fields[0] != "D" or len(fields) != _DETAIL_FIELDS:
            self._refuse(RefusalCode.BAD_FIELD, field="D", found=self._profile.delimiter.join(fields))
        _, seq, our_no, biller_no, account_no, at, kind, amount, status = fields
        self._check_seq(seq, expected_seq)
        self._check_reference("our_no", our_no, may_be_empty=True)
        self._check_reference("biller_no", biller_no)
        self._check_reference("account", account_no)
        if kind not in _KINDS:
            self._refuse(RefusalCode.BAD_FIELD, field="type", found=kind)
        if status not in self._profile.status_map:
            self._refuse(RefusalCode.BAD_FIELD, field="status", found=status)
        return SettlementLine(
            expected_seq,
            our_no,
            biller_no,
            account_no,
            self._instant(at),
            _KINDS[kind],
            self._amount(amount),
            self._profile.status_map[status],
        )

    def _check_seq(self, seq: str, expected_seq: int) -> None:
        if seq == str(expected_seq):
            return
        if not _NUMBER.fullmatch(seq):
            self._refuse(RefusalCode.BAD_FIELD, field="seq", found=seq)
        code = RefusalCode.DUPLICATE_SEQ if int(seq) < expected_seq else RefusalCode.SEQ_BROKEN
        self._refuse(code, found=seq, expected=str(expected_seq))

    def _check_reference(self, name: str, value: str, *, may_be_empty: bool = False) -> None:
        if len(value) > self._profile.reference_chars_max or not (value or may_be_empty) or value != value.strip():
            self._refuse(RefusalCode.BAD_FIELD, field=name, found=value)

    def _date(self, text: str) -> date:
        day = _date_in(text)
        if day is None:
            self._refuse(RefusalCode.BAD_FIELD, field="date", found=text)
        return day

    def _instant(self, text: str) -> datetime:
        at = _instant_in(text)
        if at is None:
            self._refuse(RefusalCode.BAD_FIELD, field="time", found=text)
        return at

    def _amount(self, text: str) -> int:
        unit = self._profile.unit
        amount_fen = _positive_fen_in(text) if unit == "fen" else _positive_yuan_in(text)
        if amount_fen is None:
            self._refuse(RefusalCode.BAD_AMOUNT, found=text, expected=unit)
        return amount_fen

    def _total(self, text: str) -> int:
        match = (_TOTAL_FEN if self._profile.unit == "fen" else _TOTAL_YUAN).fullmatch(text)
        if match is None:
            self._refuse(RefusalCode.BAD_FIELD, field="amount", found=text)
        return int(text) if self._profile.unit == "fen" else int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))

    def _finish(self, raw: bytes, fields: list[str], count: int, total_fen: int) -> None:
        """Read the T line and what is after it; agree or refuse. Its own line end may be missing, its content not."""
        if len(fields) != _TRAILER_FIELDS or not _SHA256.fullmatch(fields[3]):
            if not raw.endswith(b"\n"):
                self._refuse(RefusalCode.HALF_LINE)
            self._refuse(RefusalCode.BAD_FIELD, field="T", found=self._profile.delimiter.join(fields))
        if not _COUNT.fullmatch(fields[1]):
            self._refuse(RefusalCode.BAD_FIELD, field="count", found=fields[1])
        trailer = FileTrailer(int(fields[1]), self._total(fields[2]), fields[3].lower())
        if (trailer.count, trailer.amount_fen) != (count, total_fen):
            self._refuse(
                RefusalCode.FILE_TOTAL_MISMATCH,
                found=f"{count} / {total_fen} fen",
                expected=f"{trailer.count} / {trailer.amount_fen} fen",
            )
        if trailer.sha256 != self._hash.hexdigest():
            self._refuse(RefusalCode.FILE_HASH_MISMATCH)
        if self._next_raw() is not None:
            self._refuse(RefusalCode.AFTER_TRAILER)
        self._hash.update(raw)
        self._file_sha256 = self._hash.hexdigest()
        self._trailer = trailer

    def _refuse(self, code: RefusalCode, *, field: str = "", found: str = "", expected: str = "") -> NoReturn:
        raise SettlementFileRefused(code, self._line_no, field=field, found=found, expected=expected) from None


def _date_in(text: str) -> date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _instant_in(text: str) -> datetime | None:
    day = _date_in(text[:8]) if _TIME.fullmatch(text) else None
    if day is None or day.year == 1:  # the first Shanghai hours of year 1 have no UTC date
        return None
    try:
        clock = time(int(text[8:10]), int(text[10:12]), int(text[12:]))
    except ValueError:
        return None
    return datetime.combine(day, clock, SHANGHAI).astimezone(UTC)


def _positive_fen_in(text: str) -> int | None:
    return int(text) if _FEN.fullmatch(text) else None


def _positive_yuan_in(text: str) -> int | None:
    try:
        amount_fen = parse_yuan(text)
    except AmountRefusedError:
        return None
    return amount_fen if amount_fen > 0 and text == text.strip() else None


def parse(
    stream: BinaryIO, profile: FileProfile = DEFAULT_PROFILE, *, biller_code: str, business_date: date
) -> SettlementFile:
    """Read a whole file of that biller and date. Raises `SettlementFileRefused`; for large files see the reader."""
    reader = SettlementReader(stream, profile, biller_code=biller_code, business_date=business_date)
    lines = tuple(reader)
    return SettlementFile(reader.header, lines, reader.trailer, reader.file_sha256)


@dataclass(frozen=True, slots=True, order=True)
class FileName:
    """What a data file's name says: `<biller>_<YYYYMMDD>_<seq>.txt`."""

    biller_code: str
    business_date: date
    seq: int

    def __str__(self) -> str:
        return f"{self.biller_code}_{self.business_date:%Y%m%d}_{self.seq}.txt"


def read_file_name(name: str) -> FileName | None:
    """Return what the bare name (no folder) says, or None when it is no settlement file's name."""
    match = _FILE_NAME.fullmatch(name)
    if match is None:
        return None
    day = _date_in(match["date"])
    return None if day is None else FileName(match["biller"], day, int(match["seq"]))


def is_complete(name: str, names_beside_it: Iterable[str]) -> bool:
    """Tell whether the data file's `.ok` flag stands beside it; without it the file may still be being written."""
    return name + FLAG_SUFFIX in names_beside_it
