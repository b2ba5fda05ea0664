"""A courier's manifest file: read whole or refused whole, with one sentence.

Comma-separated lines (RFC 4180 quoting), UTF-8 or GB18030, LF or CRLF::

    H,<company>,<manifest no>,<station>,<YYYY-MM-DD>,<courier no>,1
    D,<n>,<waybill>,<carrier>,<product>,<recipient>,<phone>,<sender>,<cod fen>,<registered Y|N>,<consented Y|N>
    T,<count>,<cod fen in all>,<SHA-256 of every byte before this line>

A file that was cut anywhere has no T line, half a one, or one that does not fit what stands before it.
"""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from datetime import date

from hq_server.wording import RefusedError
from station_journal.contacts import Contact
from station_journal.facts.parcels import ManifestLine, ParcelProduct
from station_journal.masking import phone_key
from station_journal.money import FEN_MAX
from station_journal.waybill import WaybillRefusedError, read_waybill

VERSION = "1"
LINES_MAX = 500
FILE_BYTES_MAX = 1024 * 1024
_TEXT_MAX = 32
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,31}")
_PHONE = re.compile(r"[0-9+][0-9 -]{3,19}")
_NUMBER = re.compile(r"[0-9]{1,14}")
_HEAD_CELLS, _LINE_CELLS, _TRAILER_CELLS = 7, 11, 4


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A whole manifest as its courier wrote it; ``contacts`` hold what the journal does not."""

    company: str
    manifest_no: str
    station_code: str
    day: date
    courier_no: int
    lines: tuple[ManifestLine, ...]
    contacts: tuple[Contact, ...]
    sha256: str

    @property
    def cod_fen(self) -> int:
        """Cash on delivery of all items."""
        return sum(line.cod_fen for line in self.lines)


def refused(zh: str, en: str, line_no: int = 0) -> RefusedError:
    """Make the refusal of a whole file, naming the line where there is one."""
    where_zh, where_en = (f"第 {line_no} 行: ", f"line {line_no}: ") if line_no else ("", "")
    return RefusedError("manifest", f"预报单整份不收: {where_zh}{zh}", f"the manifest is refused whole: {where_en}{en}")


def parse_manifest(content: bytes) -> ManifestFile:
    """Read a manifest file.

    Raises:
        RefusedError: anything in it is not as it must be; no line of it may be used.
    """
    if len(content) > FILE_BYTES_MAX:
        raise refused(f"文件大于 {FILE_BYTES_MAX} 字节", f"the file is above {FILE_BYTES_MAX} bytes")
    body, trailer = _parts(content)
    rows = _rows(body)
    head = _head(rows)
    lines, contacts = [], []
    for number, row in enumerate(rows[1:], 1):
        line, contact = _line(number, row)
        lines.append(line)
        contacts.append(contact)
    waybills = [line.waybill for line in lines]
    twice = next((one for place, one in enumerate(waybills) if one in waybills[:place]), "")
    if twice:
        raise refused(f"运单号 {twice} 重复", f"waybill {twice} appears twice")
    file = ManifestFile(*head, tuple(lines), tuple(contacts), hashlib.sha256(content).hexdigest())
    _check_trailer(trailer, file, hashlib.sha256(body).hexdigest())
    return file


def _parts(content: bytes) -> tuple[bytes, list[str]]:
    """Part the file before its T line; the T line has an end of its own, so that half of one is seen."""
    if not content.endswith(b"\n"):
        raise refused("最后一行不完整, 文件被截断", "its last line is cut short; the file is incomplete")
    at = content.rfind(b"\n", 0, len(content) - 1) + 1
    last = content[at:].strip()
    if not last.startswith(b"T,") or not last.isascii():
        raise refused("没有 T 结尾行, 文件被截断", "the T line is missing; the file is incomplete")
    return content[:at], last.decode().split(",")


def _rows(body: bytes) -> list[list[str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = body.decode("gb18030")
        except UnicodeDecodeError as error:
            raise refused("既不是 UTF-8 也不是 GB18030", "it is neither UTF-8 nor GB18030") from error
    try:
        rows = list(csv.reader(text.splitlines(), strict=True))
    except csv.Error as error:
        raise refused(f"引号或分隔不对: {error}", f"its quoting is wrong: {error}") from error
    if not 0 < len(rows) - 1 <= LINES_MAX:
        raise refused(f"要有 1 到 {LINES_MAX} 件", f"a manifest has 1 to {LINES_MAX} items")
    return rows


def _head(rows: list[list[str]]) -> tuple[str, str, str, date, int]:
    row = rows[0]
    if len(row) != _HEAD_CELLS or row[0] != "H":
        raise refused("首行不是完整的 H 行", "its first line is no complete H line", 1)
    _, company, manifest_no, station_code, day, courier_no, version = row
    if version != VERSION:
        raise refused(f"版本 {version[:8]} 不认识", f"its layout version {version[:8]!r} is not known", 1)
    if not _CODE.fullmatch(company) or not _CODE.fullmatch(manifest_no):
        raise refused("公司或预报单号写法不对", "company or manifest number has a wrong form", 1)
    if not _NUMBER.fullmatch(courier_no) or not 0 < int(courier_no) <= 10**9:
        raise refused("投递员号不是数字", "the courier's number is no number", 1)
    try:
        return company, manifest_no, station_code, date.fromisoformat(day), int(courier_no)
    except ValueError as error:
        raise refused(f"日期 {day[:10]} 不对", f"{day[:10]!r} is no date", 1) from error


def _line(number: int, row: list[str]) -> tuple[ManifestLine, Contact]:
    line_no = number + 1
    if len(row) != _LINE_CELLS or row[0] != "D":
        raise refused("不是完整的 D 行", "it is no complete D line", line_no)
    _, at, waybill, carrier, product, recipient, phone, sender, cod, registered, consented = row
    if at != str(number):
        raise refused(f"行号 {at[:8]} 应为 {number}", f"its number is {at[:8]!r} where {number} should follow", line_no)
    try:
        waybill = read_waybill(waybill)
    except WaybillRefusedError as error:
        raise refused(f"运单号 {waybill[:_TEXT_MAX]} 不对", str(error), line_no) from error
    if product not in ParcelProduct.__members__:
        raise refused(f"产品 {product[:_TEXT_MAX]} 不认识", f"product {product[:_TEXT_MAX]!r} is not known", line_no)
    if not _NUMBER.fullmatch(cod) or int(cod) > FEN_MAX:
        raise refused("代收货款要写整数分", "cash on delivery is whole fen", line_no)
    if not _CODE.fullmatch(carrier) or (sender and not _CODE.fullmatch(sender)):
        raise refused("承运或寄件人代码不对", "carrier or sender code has a wrong form", line_no)
    if int(cod) and not sender:
        raise refused("代收货款没有写寄件人", "cash on delivery without a sender", line_no)
    if not recipient.strip() or len(recipient) > _TEXT_MAX or not recipient.isprintable():
        raise refused("收件人姓名不对", "the recipient's name is empty, too long or not printable", line_no)
    if not _PHONE.fullmatch(phone) or not phone_key(phone):
        raise refused("电话不对", "the phone number has a wrong form", line_no)
    if {registered, consented} - {"Y", "N"}:
        raise refused("给据和同意只写 Y 或 N", "registered and consented are Y or N", line_no)
    line = ManifestLine(waybill, carrier, ParcelProduct[product], sender, int(cod), registered == "Y", consented == "Y")
    return line, Contact(waybill, recipient.strip(), phone.strip())


def _check_trailer(trailer: list[str], file: ManifestFile, body_sha256: str) -> None:
    if len(trailer) != _TRAILER_CELLS:
        raise refused("T 结尾行不完整", "its T line is not complete")
    _, count, cod, sha256 = trailer
    if count != str(len(file.lines)) or cod != str(file.cod_fen):
        raise refused(
            f"结尾行为 {count[:8]} 件 {cod[:15]} 分, 明细合计 {len(file.lines)} 件 {file.cod_fen} 分",
            f"its T line says {count[:8]} items, {cod[:15]} fen; the lines make {len(file.lines)} and {file.cod_fen}",
        )
    if sha256.lower() != body_sha256:
        raise refused("校验值不符, 内容被改动或损坏", "its SHA-256 does not fit: it was altered or damaged")
