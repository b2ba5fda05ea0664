"""What became of the items of an order: the bank's result file, its statement, or a ruling of two people.

An item without an outcome stays open and listed; nothing but one of these three ends it. A result file is

    H|RESULT|PO000007|1
    R|seq|amount_fen|PAID or RETURNED|reason
    T|count|SHA-256 over the bytes of all H and R lines with their line ends, in hex

in UTF-8 or GB18030; it may speak of some items only, and further files of the rest.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.file_tables import received_chunks
from hq_server.db.payment_tables import item_rulings, payment_items, payment_orders
from hq_server.files.raw_content import keep_content, open_content
from hq_server.four_eyes import FourEyes, finding_of, refusal_reason
from hq_server.payment_orders.orders import ItemState, Order, find_order, order_items
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import business_date_of
from hq_server.wording import RefusedError, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from hq_server.reference.staff import StaffMember

FILE_BYTES_MAX = 64 * 1024 * 1024
_REASON_MAX = 120
_WITHOUT_FINDING = Sentence("裁定须写明结果和查明的事实", "a ruling states the outcome and what was found")
_RESULT = "result "
_DIGEST_CHARS = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is said of one item."""

    item_no: int
    state: ItemState
    reason: str


@dataclass(frozen=True, slots=True)
class ResultTaken:
    """What a result file came to: items paid, returned, and still without an outcome."""

    order: Order
    paid: int
    returned: int
    open: int


RULING_DESK = FourEyes(
    "payment item rulings",
    item_rulings,
    Deed.APPROVE_RESOLUTION,
    ("order_no", "item_no"),
    "没有待批的裁定",
    "no ruling on it waits for approval",
)


def _refused(zh: str, en: str) -> RefusedError:
    return RefusedError("result_file", f"银行结果文件不能用: {zh}", f"the bank's result file is refused: {en}")


def read_result(content: bytes) -> tuple[str, list[tuple[int, int, ItemState, str]]]:
    """Read a result file whole: the order's reference, and (seq, fen, state, reason) of each item.

    Raises:
        RefusedError: it is too large, no such file, or its control figures disagree.
    """
    if len(content) > FILE_BYTES_MAX:
        raise _refused("文件过大", "it is too large")
    place = content.rfind(b"T|")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise _refused("编码不对", "it is neither UTF-8 nor GB18030") from error
    rows = [line.split("|") for line in text.splitlines()]
    if len(rows) < 2 or rows[0][:2] != ["H", "RESULT"] or len(rows[0]) != 4 or rows[-1][0] != "T":  # noqa: PLR2004
        raise _refused("不是结果文件", "it is none: header or trailer is missing")
    if rows[-1][1:] != [str(len(rows) - 2), hashlib.sha256(content[:place]).hexdigest()]:
        raise _refused("笔数或校验码不符", "its count or digest disagrees with its lines")
    found = []
    for number, row in enumerate(rows[1:-1], 2):
        plain = len(row) == 5 and row[0] == "R" and row[1].isdigit() and row[2].isdigit()  # noqa: PLR2004
        if not plain or row[3] not in {ItemState.PAID.value, ItemState.RETURNED.value}:
            raise _refused(f"第 {number} 行不对", f"line {number} is none of a result")
        found.append((int(row[1]), int(row[2]), ItemState(row[3]), row[4][:_REASON_MAX]))
    return rows[0][2], found


def take_result(connection: Connection, by: StaffMember, content: bytes, now: datetime) -> ResultTaken:
    """Take in a result file whole or not at all, its bytes kept; taken again it changes nothing.

    Raises:
        RefusedError: no right, it is no such file, of no written order, an amount differs, or an item ended otherwise.
    """
    by.require(Deed.IMPORT_FILE)
    reference, rows = read_result(content)
    number = int(reference[2:]) if reference[:2] == "PO" and reference[2:].isdigit() else 0
    order = find_order(connection, number)
    items = {item.item_no: item for item in order_items(connection, order.order_no)}
    outcomes = []
    for seq, fen, state, reason in rows:
        item = items.get(seq)
        if item is None or item.amount_fen != fen:
            raise _refused(f"第 {seq} 笔金额或序号不符", f"item {seq} has another amount, or there is none")
        if item.state not in {ItemState.OPEN.value, state.value}:
            raise _refused(f"第 {seq} 笔已有不同结果", f"item {seq} has another outcome already")
        outcomes.append(Outcome(seq, state, reason))
    digest = hashlib.sha256(content).hexdigest()
    keep_content(connection, digest, io.BytesIO(content))
    evidence = f"{_RESULT}{digest[:_DIGEST_CHARS]}"
    end_items(connection, order, outcomes, evidence, business_date_of(now))
    states = [item.state for item in order_items(connection, order.order_no)]
    taken = ResultTaken(
        find_order(connection, order.order_no),
        states.count(ItemState.PAID.value),
        states.count(ItemState.RETURNED.value),
        states.count(ItemState.OPEN.value),
    )
    details = {"order_no": order.order_no, "evidence": evidence, "paid": taken.paid, "returned": taken.returned}
    audit.note(connection, AuditTag.ORDER_RESULT, audit.staff_actor(by.staff_no), now, details)
    return taken


def result_digests(connection: Connection, order_no: int) -> list[str]:
    """List the result files that ended items of an order, each by the first digits of its SHA-256."""
    table = payment_items.c
    said = select(table.evidence).where(table.order_no == order_no, table.evidence.startswith(_RESULT)).distinct()
    return sorted(row.evidence.removeprefix(_RESULT) for row in connection.execute(said))


def result_content(connection: Connection, order_no: int, digest: str) -> bytes:
    """Give the bytes of a result file that ended items of an order.

    Raises:
        RefusedError: no such file did.
    """
    table = received_chunks.c
    first = select(table.sha256).where(table.chunk_no == 0, table.sha256.between(digest, f"{digest}g"))
    sha256 = connection.scalar(first) if digest in result_digests(connection, order_no) else None
    if sha256 is None:
        raise RefusedError("no_result", "没有这个结果文件", "there is no such result file")
    return open_content(connection, sha256).read()


def end_items(connection: Connection, order: Order, outcomes: Iterable[Outcome], evidence: str, ended_on: date) -> int:
    """Give open items of a written order their outcomes; gives how many it ended. Others stay as they are.

    Raises:
        RefusedError: the order's file was not written, so the bank can know nothing of it.
    """
    if order.written_at is None:
        raise RefusedError(
            "not_written", f"{order.reference} 的文件还没有交给银行", f"the file of {order.reference} was never written"
        )
    table, ended = payment_items.c, 0
    for outcome in outcomes:
        this = (table.order_no == order.order_no) & (table.item_no == outcome.item_no)
        change = update(payment_items).where(this, table.state == ItemState.OPEN.value)
        values = {"state": outcome.state.value, "reason": outcome.reason, "evidence": evidence, "ended_on": ended_on}
        ended += connection.execute(change.values(values)).rowcount
    still = select(func.count()).where(table.order_no == order.order_no, table.state == ItemState.OPEN.value)
    if not connection.scalar(still):
        here = (payment_orders.c.order_no == order.order_no) & payment_orders.c.ended_on.is_(None)
        connection.execute(update(payment_orders).where(here).values(ended_on=ended_on))
    return ended


def propose_ruling(
    connection: Connection, by: StaffMember, of: tuple[int, int], outcome: ItemState, finding: str, now: datetime
) -> None:
    """Propose what became of an item (``of`` order and item) that neither result nor statement ends.

    Raises:
        RefusedError: no right, no finding, no such open item of a written order, or a ruling waits already.
    """
    by.require(Deed.RESOLVE_BREAK)
    (order_no, item_no), found = of, finding_of(finding, _WITHOUT_FINDING)
    if outcome not in {ItemState.PAID, ItemState.RETURNED}:
        raise RefusedError("finding", _WITHOUT_FINDING.zh, _WITHOUT_FINDING.en)
    order = find_order(connection, order_no)
    item = next((one for one in order_items(connection, order_no) if one.item_no == item_no), None)
    if item is None or item.state != ItemState.OPEN.value or order.written_at is None:
        raise RefusedError("not_open", "该笔没有待定的结果", "that item has no outcome to rule on")
    table = item_rulings.c
    this = (table.order_no == order_no) & (table.item_no == item_no)
    number = (connection.scalar(select(func.max(table.ruling_no)).where(this)) or 0) + 1
    row = {
        "station_code": item.station_code,
        "order_no": order_no,
        "item_no": item_no,
        "ruling_no": number,
        "outcome": outcome.value,
        "finding": found,
    }
    new = insert(item_rulings).values(**row, maker_no=by.staff_no, made_at=now)
    if connection.scalar(new.on_conflict_do_nothing().returning(table.ruling_no)) is None:
        raise RefusedError("proposed", "该笔已有待批的裁定", "a ruling on that item waits already")
    audit.note(connection, AuditTag.ITEM_RULING_PROPOSED, audit.staff_actor(by.staff_no), now, row)


def open_rulings(connection: Connection, order_no: int) -> dict[int, Row[Any]]:
    """Give the rulings on items of an order that wait for a second person, by the item's number."""
    table = item_rulings.c
    rows = connection.execute(select(item_rulings).where(table.order_no == order_no, table.state == "PROPOSED"))
    return {row.item_no: row for row in rows}


def decide_ruling(
    connection: Connection, by: StaffMember, of: tuple[int, int], now: datetime, *, refusal: str = ""
) -> str:
    """Approve the ruling that waits on an item as a second person, or refuse it; gives its outcome.

    Raises:
        RefusedError: no right, none waits, or the same person proposed it.
    """
    order_no, item_no = of
    table = item_rulings.c
    this = (table.order_no == order_no) & (table.item_no == item_no) & (table.state == "PROPOSED")
    if RULING_DESK.open_row(connection, by, this) is None:
        raise RULING_DESK.decided()
    reason = refusal_reason(refusal) if refusal else ""
    row = RULING_DESK.decide(connection, by, this, "REFUSED" if reason else "APPROVED", now, refusal=reason)
    if not reason:
        outcome = Outcome(item_no, ItemState(row.outcome), row.finding[:_REASON_MAX])
        order = find_order(connection, order_no)
        if not end_items(connection, order, [outcome], f"ruling {row.ruling_no}", business_date_of(now)):
            raise RefusedError("answered", "该笔已有结果", "that item has its outcome already")
    details = {"order_no": order_no, "item_no": item_no, "outcome": row.outcome, "state": row.state}
    audit.note(connection, AuditTag.ITEM_RULED, audit.staff_actor(by.staff_no), now, details)
    return str(row.outcome)


def withdraw_ruling(connection: Connection, by: StaffMember, of: tuple[int, int], now: datetime) -> None:
    """Take the ruling that waits on an item back before it is decided, as its maker.

    Raises:
        RefusedError: none waits, or somebody else proposed it.
    """
    order_no, item_no = of
    table = item_rulings.c
    this = (table.order_no == order_no) & (table.item_no == item_no) & (table.state == "PROPOSED")
    RULING_DESK.withdraw(connection, by, this, now)
