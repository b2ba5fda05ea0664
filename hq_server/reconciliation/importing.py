"""Taking in a settlement file: whole or not at all, once, with its raw bytes kept either way."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.reconciliation_tables import settlement_files, settlement_lines
from hq_server.reconciliation.refusals import RefusalCode, SettlementFileRefused
from hq_server.reconciliation.settlement_file import (
    DEFAULT_PROFILE,
    GB18030_PROFILE,
    is_complete,
    parse,
    read_file_name,
)
from hq_server.reference.staff import Deed
from hq_server.reference.stations import station_codes
from hq_server.wording import RefusedError
from station_journal.reference_no import seq_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from hq_server.reconciliation.settlement_file import FileName, SettlementFile, SettlementLine
    from hq_server.reference.staff import StaffMember

FILE_BYTES_MAX = 256 * 1024 * 1024
"""Largest file taken: the raw bytes are kept in the database."""
_COPY_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What was taken in."""

    file_name: str
    biller_code: str
    business_date: str
    line_count: int
    amount_fen: int
    sha256: str


def pseudo_station(biller_code: str) -> str:
    """Name the place where a biller's lines rest that carry no number of ours."""
    return f"BILLER:{biller_code}"


def import_file(engine: Engine, by: StaffMember, path: Path, now: datetime) -> ImportedFile:
    """Take in a settlement file named ``<biller>_<YYYYMMDD>_<seq>.txt`` whose ``.ok`` flag lies beside it.

    Raises:
        RefusedError: the name, the flag, the bytes or the totals are wrong, or the file was received before. A file
            that was read and refused is kept with its reason; nothing of it takes effect.
    """
    by.require(Deed.IMPORT_FILE)
    name, content = _read(path)
    digest = hashlib.sha256(content).hexdigest()
    with engine.begin() as connection:
        _refuse_second_time(connection, digest)
    try:
        file = _parse(content, name)
    except SettlementFileRefused as refused:
        with engine.begin() as connection:
            _keep_refused(connection, by, name, content, digest, refused, now)
        raise RefusedError(f"file_{refused.code.value.lower()}", refused.text_zh, refused.text_en) from refused
    with engine.begin() as connection:
        _refuse_second_number(connection, name)
        _keep(connection, by, name, content, file, now)
    day = f"{name.business_date:%Y-%m-%d}"
    return ImportedFile(path.name, name.biller_code, day, file.trailer.count, file.trailer.amount_fen, digest)


def _read(path: Path) -> tuple[FileName, bytes]:
    name = read_file_name(path.name)
    if name is None:
        raise RefusedError(
            "file_name",
            f"文件名 {path.name} 不是 收费单位_日期_序号.txt 的样式",
            f"the file name {path.name} is not of the form biller_date_number.txt",
        )
    try:
        if not is_complete(path.name, {entry.name for entry in path.parent.iterdir()}):
            raise RefusedError(
                "file_not_complete",
                f"文件 {path.name} 旁边没有 .ok 标志, 可能还没写完",
                f"file {path.name} has no .ok flag beside it and may still be being written",
            )
        if path.stat().st_size > FILE_BYTES_MAX:
            raise RefusedError("file_size", f"文件 {path.name} 过大", f"file {path.name} is too large")
        return name, path.read_bytes()
    except OSError as error:
        raise RefusedError(
            "file_unreadable", f"读不到文件 {path.name}", f"file {path.name} cannot be read: {error.strerror}"
        ) from error


def _parse(content: bytes, name: FileName) -> SettlementFile:
    """Read as UTF-8, or as GB18030 where a byte is not UTF-8; the trailer's hash holds the bytes either way."""
    what = {"biller_code": name.biller_code, "business_date": name.business_date}
    try:
        return parse(io.BytesIO(content), DEFAULT_PROFILE, **what)  # type: ignore[arg-type]
    except SettlementFileRefused as refused:
        if refused.code is not RefusalCode.BAD_BYTE:
            raise
        return parse(io.BytesIO(content), GB18030_PROFILE, **what)  # type: ignore[arg-type]


def _refuse_second_time(connection: Connection, digest: str) -> None:
    table = settlement_files.c
    known = connection.execute(select(table.file_name, table.state).where(table.sha256 == digest)).one_or_none()
    if known is not None:
        raise RefusedError(
            "file_twice",
            f"这个文件已经收过 ({known.file_name}), 不再重复处理",
            f"this very file was received before as {known.file_name} and is not taken twice",
        )


def _refuse_second_number(connection: Connection, name: FileName) -> None:
    table = settlement_files.c
    same = (table.biller_code == name.biller_code) & (table.business_date == name.business_date)
    query = select(table.sha256).where(same, table.file_seq == name.seq, table.state == "ACCEPTED")
    if connection.scalar(query) is not None:
        raise RefusedError(
            "file_number",
            f"{name} 这个序号的文件已经入账, 内容不同的文件要用新序号",
            f"a file numbered {name} was taken already; other content needs a new number",
        )


def _row(name: FileName, by: StaffMember, content: bytes, digest: str, now: datetime) -> dict[str, object]:
    return {
        "sha256": digest,
        "file_name": str(name),
        "biller_code": name.biller_code,
        "business_date": name.business_date,
        "file_seq": name.seq,
        "content": content,
        "imported_by": by.staff_no,
        "imported_at": now,
        "line_count": 0,
        "amount_fen": 0,
    }


def _keep_refused(
    connection: Connection,
    by: StaffMember,
    name: FileName,
    content: bytes,
    digest: str,
    refused: SettlementFileRefused,
    now: datetime,
) -> None:
    row = _row(name, by, content, digest, now)
    why = {"state": "REFUSED", "refusal_code": refused.code.value, "refusal": refused.text_en}
    connection.execute(insert(settlement_files).values(**row, **why))
    details = {"file": str(name), "sha256": digest, "code": refused.code.value}
    audit.note(connection, AuditTag.FILE_REFUSED, audit.staff_actor(by.staff_no), now, details)


def _keep(
    connection: Connection, by: StaffMember, name: FileName, content: bytes, file: SettlementFile, now: datetime
) -> None:
    totals = {"state": "ACCEPTED", "line_count": file.trailer.count, "amount_fen": file.trailer.amount_fen}
    row = {**_row(name, by, content, file.file_sha256, now), **totals}
    connection.execute(insert(settlement_files).values(**row))
    codes = frozenset(station_codes(connection))
    rows = [_line_row(name, line, codes) for line in file.lines]
    for start in range(0, len(rows), _COPY_ROWS):
        connection.execute(insert(settlement_lines), rows[start : start + _COPY_ROWS])
    details = {"file": str(name), "sha256": file.file_sha256, "lines": file.trailer.count}
    audit.note(connection, AuditTag.FILE_IMPORTED, audit.staff_actor(by.staff_no), now, details)


def _line_row(name: FileName, line: SettlementLine, codes: frozenset[str]) -> dict[str, object]:
    code = line.our_no.rpartition("-")[0].rpartition("-")[0]
    payment_seq = seq_of(line.our_no, code) if code in codes else None
    return {
        "station_code": code if payment_seq is not None else pseudo_station(name.biller_code),
        "biller_code": name.biller_code,
        "business_date": name.business_date,
        "file_seq": name.seq,
        "line_seq": line.seq,
        "our_no": line.our_no,
        "payment_seq": payment_seq,
        "biller_no": line.biller_no,
        "account_no": line.account_no,
        "at": line.at,
        "kind": line.kind.value,
        "amount_fen": line.amount_fen,
        "status": line.status.value,
    }
