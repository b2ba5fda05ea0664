"""Taking in a file: whole or not at all, once, read by its profile as a stream, with its raw bytes kept either way."""

from __future__ import annotations

import io
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy import insert, select, text

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.file_tables import received_files
from hq_server.files.numbers import TOTAL_DIGITS
from hq_server.files.opening import FILE_BYTES_MAX, in_its_encoding, reader_of
from hq_server.files.profile import Purpose, Totals
from hq_server.files.profiles import choose_profile, current_profiles, store_shipped, stored_profile
from hq_server.files.raw_content import digest_of, keep_content, open_content
from hq_server.files.refusals import FileRefused, RefusalCode
from hq_server.files.rows import FileFacts
from hq_server.files.rows import Totals as Sums
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from sqlalchemy import Connection, Engine, Row

    from hq_server.files.profile import FileProfile
    from hq_server.reference.staff import StaffMember

    Writer = Callable[[Connection, "ReceivedFile", Iterator[Any]], None]
    """Writes the rows of a file being taken. It reads to the end: only there the rows are known to be sound."""

_LOCK = 7_201_012
_FLAG_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it arrives: its bare name, its bytes, and how to look for the flag beside it.

    `beside` gives the content of a file whose name is longer by an ending, None where there is none; without `beside`
    the bytes are known to be whole, as those of an upload in a browser are.
    """

    name: str
    stream: BinaryIO
    beside: Callable[[str], bytes | None] | None = None


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that is being taken, or was: whose, of which date, and what its rows add up to, in fen."""

    file_name: str
    sha256: str
    purpose: Purpose
    party_code: str
    business_date: date
    seq: int
    profile_name: str
    profile_version: int
    line_count: int = 0
    amount_fen: int = 0
    net_fen: int = 0


def keep_none(_connection: Connection, _file: ReceivedFile, rows: Iterator[Any]) -> None:
    """Check the rows of a file and write none: they are read from the kept bytes when they are needed."""
    deque(rows, maxlen=0)


@contextmanager
def upload_of(path: Path) -> Iterator[Upload]:
    """Open a file of a folder for intake.

    Raises:
        RefusedError: it cannot be read.
    """

    def beside(suffix: str) -> bytes | None:
        flag = path.with_name(path.name + suffix)
        if not flag.is_file():
            return None
        with flag.open("rb") as stream:
            return stream.read(_FLAG_BYTES_MAX)

    try:
        with path.open("rb") as stream:
            yield Upload(path.name, stream, beside)
    except OSError as error:
        raise RefusedError(
            "file_unreadable", f"读不到文件 {path.name}", f"file {path.name} cannot be read: {error.strerror}"
        ) from error


def take_in(
    engine: Engine,
    by: StaffMember,
    upload: Upload,
    now: datetime,
    writers: Mapping[Purpose, Writer],
    *,
    profile_name: str = "",
    stated: FileFacts | None = None,
) -> ReceivedFile:
    """Take in a file by the profile that its name is of, or the one named; `writers` write rows by purpose.

    `stated` is what a person says of a file that does not say it itself: its date, and its control totals.

    Raises:
        RefusedError: name, flag, bytes or totals are wrong, control totals are missing, or the file was received
            before. A file that was read and refused is kept with its reason; nothing of it takes effect.
    """
    by.require(Deed.IMPORT_FILE)
    with engine.begin() as connection:
        store_shipped(connection, now)
        stored = current_profiles(connection)
    profile = choose_profile([one.read() for one in stored], upload.name, profile_name)
    if profile.purpose not in writers:
        raise RefusedError(
            "file_purpose", f"文件 {upload.name} 不在这里收", f"file {upload.name} is not taken in at this place"
        )
    expected = _expected(profile, upload, stated or FileFacts())
    size = upload.stream.seek(0, io.SEEK_END)
    if size > FILE_BYTES_MAX:
        raise RefusedError(
            "file_size",
            f"文件 {upload.name} 超过 {FILE_BYTES_MAX // 1024**3} GB, 请让对方分成几个文件",
            f"file {upload.name} is larger than {FILE_BYTES_MAX // 1024**3} GB; have it sent in parts",
        )
    sha256 = digest_of(upload.stream)
    with engine.begin() as connection:
        _refuse_second_time(connection, profile, upload, sha256, _on_record(stated))
    intake = _Intake(by, upload, profile, expected, _on_record(stated), sha256, size, now)
    try:
        with engine.begin() as connection:
            return intake.take(connection, writers[profile.purpose])
    except FileRefused as refused:
        with engine.begin() as connection:
            intake.keep_refused(connection, refused)
        raise RefusedError(
            f"file_{refused.code.value.lower()}",
            f"文件 {upload.name} 整份不收: {refused.text_zh}",
            f"file {upload.name} is refused as a whole: {refused.text_en}",
        ) from refused


def _on_record(stated: FileFacts | None) -> dict[str, object]:
    """Put what a person stated into the form in which it is kept."""
    if stated is None:
        return {}
    return {**stated.sums, **({"date": stated.date.isoformat()} if stated.date else {})}


def _expected(profile: FileProfile, upload: Upload, stated: FileFacts) -> FileFacts:
    """Put together what name, flag and person say, and refuse where nobody states the control totals."""
    named = profile.names_of(upload.name)
    if named is None:
        raise RefusedError(
            "file_name", f"文件名 {upload.name} 不合方案", f"the name {upload.name} is not the profile's"
        )
    if named.date and stated.date and named.date != stated.date:
        raise RefusedError(
            "file_date",
            f"文件名写的是 {named.date}, 不是 {stated.date}",
            f"the file's name says {named.date}, not {stated.date}",
        )
    facts = replace(stated, party=named.party, date=named.date or stated.date, seq=named.seq)
    flag = _flag_facts(profile, upload)
    facts = replace(facts, sums={**flag.sums, **facts.sums}, sha256=flag.sha256 or facts.sha256)
    if profile.totals is not Totals.FILE and not facts.sha256:
        missing = ", ".join(sorted(profile.controls - set(facts.sums)))
        if missing:
            raise RefusedError(
                "file_totals",
                f"文件 {upload.name} 自己不带合计, 请按对方通知单填写 {missing}",
                f"file {upload.name} states no totals of its own; state {missing} from the counterparty's notice",
            )
    return facts


def _flag_facts(profile: FileProfile, upload: Upload) -> FileFacts:
    """Read the flag beside a file; one without its flag may still be being written."""
    if profile.flag is None or upload.beside is None:
        return FileFacts()
    content = upload.beside(profile.flag.suffix)
    if content is None:
        raise RefusedError(
            "file_not_complete",
            f"文件 {upload.name} 旁边没有 {profile.flag.suffix} 标志, 可能还没写完",
            f"file {upload.name} has no {profile.flag.suffix} flag beside it and may still be being written",
        )
    if profile.flag.text is None:
        return FileFacts()
    found = profile.flag.text.match(content.decode("utf-8", "replace").strip())
    if found is None:
        raise RefusedError(
            "file_flag",
            f"{upload.name}{profile.flag.suffix} 的内容应为 {profile.flag.text.text}",
            f"{upload.name}{profile.flag.suffix} should read {profile.flag.text.text}",
        )
    sums = {name: _sum(profile, name, value) for name, value in found.items() if name != "sha256"}
    return FileFacts(sums=sums, sha256=found.get("sha256", ""))


def _sum(profile: FileProfile, name: str, value: str) -> int:
    fen = int(value) if name.startswith("count") else profile.total_form.reader(TOTAL_DIGITS).read(value)
    if fen is None:
        raise RefusedError("file_flag", f"标志文件里的 {name} 不对", f"the flag's {name} is no amount")
    return fen


def _refuse_second_time(
    connection: Connection, profile: FileProfile, upload: Upload, sha256: str, stated: dict[str, object]
) -> None:
    """Refuse what was taken, or was refused when nothing about it was different: name, profile, what was stated."""
    table = received_files.c
    known = connection.execute(select(received_files).where(table.sha256 == sha256).order_by(table.file_no)).all()
    for one in known:
        before = (one.profile_name, one.profile_version, one.file_name, one.stated)
        is_same = before == (profile.name, profile.version, upload.name, stated)
        if (one.state == "ACCEPTED" and one.line_count) or (one.state == "REFUSED" and is_same):
            before_zh = f"; 当时整份不收: {one.refusal_zh}" if one.refusal_zh else ""
            before_en = f"; it was refused then: {one.refusal_en}" if one.refusal_en else ""
            raise RefusedError(
                "file_twice",
                f"这个文件已经收过 ({one.file_name}), 不再重复处理{before_zh}",
                f"this very file was received before as {one.file_name} and is not taken twice{before_en}",
            )


@dataclass(frozen=True, slots=True)
class _Intake:
    """One file on its way in, and all that is known of it before it is read."""

    by: StaffMember
    upload: Upload
    profile: FileProfile
    expected: FileFacts
    stated: dict[str, object]
    sha256: str
    size: int
    now: datetime

    def take(self, connection: Connection, write: Writer) -> ReceivedFile:
        def attempt(encoding: str) -> tuple[ReceivedFile, Sums]:
            with connection.begin_nested():
                return self._read(connection, write, encoding)

        file, sums = in_its_encoding(self.profile, self.upload.stream, attempt)
        whose = FileFacts(file.party_code, file.business_date, file.seq)
        self._keep(connection, whose, sums, {"state": "ACCEPTED"})
        self._note(connection, AuditTag.FILE_IMPORTED, {"lines": sums.count})
        return replace(file, line_count=sums.count, amount_fen=sums.total, net_fen=sums.net)

    def _read(self, connection: Connection, write: Writer, encoding: str) -> tuple[ReceivedFile, Sums]:
        with reader_of(self.upload.stream, self.profile, self.expected, self.size, encoding) as reader:
            file = ReceivedFile(
                self.upload.name,
                self.sha256,
                self.profile.purpose,
                reader.party,
                reader.business_date,
                reader.seq or 1,
                self.profile.name,
                self.profile.version,
            )
            _refuse_second_number(connection, file)
            write(connection, file, iter(reader))
            return file, reader.totals

    def keep_refused(self, connection: Connection, refused: FileRefused) -> None:
        why = {"refusal_code": refused.code.value, "refusal_zh": refused.text_zh, "refusal_en": refused.text_en}
        self._keep(connection, self.expected, Sums(), {"state": "REFUSED", **why})
        self._note(connection, AuditTag.FILE_REFUSED, {"code": refused.code.value})

    def _keep(self, connection: Connection, whose: FileFacts, sums: Sums, state: dict[str, str]) -> None:
        row = {
            "sha256": self.sha256,
            "file_name": self.upload.name,
            "purpose": self.profile.purpose.value,
            "party_code": whose.party,
            "business_date": whose.date,
            "file_seq": whose.seq or 1,
            "profile_name": self.profile.name,
            "profile_version": self.profile.version,
            "line_count": sums.count,
            "amount_fen": sums.total,
            "net_fen": sums.net,
            "fee_fen": sums.fee,
            "opening_fen": sums.opening,
            "closing_fen": sums.closing,
            "stated": self.stated,
            "byte_count": self.size,
            "imported_by": self.by.staff_no,
            "imported_at": self.now,
            **state,
        }
        connection.execute(insert(received_files).values(row))
        keep_content(connection, self.sha256, self.upload.stream)

    def _note(self, connection: Connection, tag: AuditTag, more: dict[str, object]) -> None:
        details = {"file": self.upload.name, "sha256": self.sha256, "profile": self.profile.name, **more}
        audit.note(connection, tag, audit.staff_actor(self.by.staff_no), self.now, details)


def _refuse_second_number(connection: Connection, file: ReceivedFile) -> None:
    """Refuse a second file under one party, date and number; two that arrive at once wait for each other here."""
    of_party = {"lock": _LOCK, "party": f"{file.purpose.value}:{file.party_code}"}
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock, hashtext(:party))"), of_party)
    table = received_files.c
    same = (table.purpose == file.purpose.value) & (table.party_code == file.party_code)
    same &= (table.business_date == file.business_date) & (table.file_seq == file.seq)
    taken = select(table.file_name, table.sha256).where(same, table.state == "ACCEPTED")
    known = connection.execute(taken).one_or_none()
    if known is not None and known.sha256 == file.sha256:
        raise RefusedError(
            "file_twice",
            f"这个文件已经收过 ({known.file_name}), 不再重复处理",
            f"this very file was received before as {known.file_name} and is not taken twice",
        )
    if known is not None:
        raise RefusedError(
            "file_number",
            f"{file.party_code} {file.business_date} 序号 {file.seq} 的文件已经入账, 内容不同的文件要用新序号",
            f"a file of {file.party_code} for {file.business_date} numbered {file.seq} was taken already; "
            "other content needs a new number",
        )


def accepted_files(connection: Connection, purpose: Purpose, party_code: str, day: date) -> list[Row[Any]]:
    """List the files taken of a party's day, in the order of their numbers."""
    table = received_files.c
    mine = (table.purpose == purpose.value) & (table.party_code == party_code) & (table.business_date == day)
    query = select(received_files).where(mine, table.state == "ACCEPTED").order_by(table.file_seq)
    return list(connection.execute(query))


def kept_rows(connection: Connection, file: Row[Any]) -> Iterable[Any]:
    """Read the rows of a file that was taken once more from its kept bytes, by the version that read it then."""
    profile = stored_profile(connection, file.profile_name, file.profile_version).read()
    stream = open_content(connection, file.sha256)
    expected = FileFacts(file.party_code, file.business_date, file.file_seq)

    def attempt(encoding: str) -> list[Any]:
        with reader_of(stream, profile, expected, file.byte_count, encoding) as reader:
            return list(reader)

    try:
        return in_its_encoding(profile, stream, attempt)
    except FileRefused as refused:
        raise RefusedError("file_kept", "存档的文件读不出来", f"the kept file cannot be read: {refused}") from refused


def refused_totals(connection: Connection, party_code: str, day: date) -> int:
    """Count a biller-day's files that were refused because their totals or their hash disagreed."""
    codes = (RefusalCode.FILE_TOTAL_MISMATCH.value, RefusalCode.FILE_HASH_MISMATCH.value)
    table = received_files.c
    of_day = (table.purpose == Purpose.BILLER.value) & (table.party_code == party_code) & (table.business_date == day)
    return len(connection.execute(select(table.file_no).where(of_day, table.refusal_code.in_(codes))).all())
