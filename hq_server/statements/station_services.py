"""A station's things beside payments as HQ holds them: withdrawals, parcels, pouches, sealed grants, goods, leads.

Each is the newest of its kind; names and phones are as masked as the journals keep them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server import pouches
from hq_server.db.ledger_tables import subjects
from hq_server.statements.record_wording import VALUES, worded
from hq_server.statements.service_wording import ANSWERS, GRANTS, ORDERS, PURPOSES, WITHDRAWALS
from hq_server.wording import Sentence
from station_journal.facts.parcels import Place
from station_journal.money import format_yuan
from station_journal.parcel import Parcel
from station_journal.rules.distribution import GoodsOrder, Lead
from station_journal.rules.grants import Grant
from station_journal.rules.withdrawal import Withdrawal
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from sqlalchemy import Connection

    from station_journal.subject import Subject

    Kind = TypeVar("Kind", bound=Subject)

LISTED = 50
_NONE = Sentence("", "")


@dataclass(frozen=True, slots=True)
class Block:
    """Things of one kind: heads, and rows of texts, the first cell a record's number or a name."""

    title: Sentence
    heads: tuple[Sentence, ...]
    rows: tuple[tuple[Sentence, ...], ...]


def service_blocks(connection: Connection, station_code: str) -> list[Block]:
    """Give a block for every service of a station, the newest of each first."""
    return [
        _withdrawals(connection, station_code),
        _parcels(connection, station_code),
        _pouches(connection, station_code),
        _grants(connection, station_code),
        _orders(connection, station_code),
        _leads(connection, station_code),
    ]


def _newest(connection: Connection, station_code: str, kind: type[Kind]) -> list[Kind]:
    table = subjects.c
    query = select(table.data).where(table.station_code == station_code, table.kind == kind.SUBJECT)
    rows = connection.scalars(query.order_by(table.key.desc()).limit(LISTED))
    return [from_row_bytes(kind, data) for data in rows]


def _same(value: object) -> Sentence:
    text = "" if value is None else str(value)
    return Sentence(text, text)


def _fen(amount_fen: int) -> Sentence:
    return _same(format_yuan(amount_fen))


def _block(
    title: tuple[str, str], heads: tuple[tuple[str, str], ...], things: list[Any], row: Callable[[Any], tuple[Any, ...]]
) -> Block:
    rows = tuple(tuple(cell if isinstance(cell, Sentence) else _same(cell) for cell in row(one)) for one in things)
    return Block(Sentence(*title), tuple(Sentence(*head) for head in heads), rows)


def _withdrawals(connection: Connection, code: str) -> Block:
    heads = (
        ("记录", "Record"),
        ("营业日", "Date"),
        ("金额 (元)", "Amount (yuan)"),
        ("状态", "State"),
        ("卡尾", "Card"),
        ("终端流水", "Trace no."),
        ("参考号", "Reference"),
    )

    def row(one: Withdrawal) -> tuple[Any, ...]:
        state = WITHDRAWALS[one.state]
        return (
            one.seq,
            one.business_date,
            _fen(one.amount_fen),
            state,
            one.card_last4,
            one.trace_no,
            one.reference_no,
        )

    return _block(("取款", "Withdrawals"), heads, _newest(connection, code, Withdrawal), row)


def _parcels(connection: Connection, code: str) -> Block:
    heads = (
        ("运单", "Waybill"),
        ("清单", "Manifest"),
        ("在哪里", "Where"),
        ("代收款 (元)", "On delivery (yuan)"),
        ("收件人", "Recipient"),
        ("记录", "Record"),
    )

    def row(one: Parcel) -> tuple[Any, ...]:
        where = worded(VALUES, Place(one.custody).name)
        return one.waybill, one.manifest_no, where, _fen(one.cod_fen), one.recipient, one.custody_seq or ""

    return _block(("包裹", "Parcels"), heads, _newest(connection, code, Parcel), row)


def _pouches(connection: Connection, code: str) -> Block:
    heads = (
        ("序号", "No."),
        ("袋号", "Label"),
        ("方向", "Way"),
        ("金额 (元)", "Amount (yuan)"),
        ("状态", "State"),
        ("录入 / 审批", "Entered / decided by"),
    )

    def row(one: pouches.PouchEntry) -> tuple[Any, ...]:
        people = f"{one.maker_no} / {one.approver_no or ''}"
        way, state = PURPOSES[one.direction.value], ANSWERS[one.state.value]
        return one.entry_no, one.label, way, _fen(one.amount_fen), state, people

    newest = pouches.entries(connection, code)[::-1][:LISTED]
    return _block(("款袋", "Pouches of cash"), heads, newest, row)


def _grants(connection: Connection, code: str) -> Block:
    heads = (
        ("序号", "No."),
        ("金额 (元)", "Amount (yuan)"),
        ("状态", "State"),
        ("有效至", "Valid until"),
        ("购买", "Purchase"),
        ("启用记录", "Opened in"),
    )

    def row(one: Grant) -> tuple[Any, ...]:
        return (
            one.grant_no,
            _fen(one.amount_fen),
            GRANTS[one.state],
            one.valid_until,
            one.purchase_no or "",
            one.released_seq or "",
        )

    return _block(("密封额度", "Sealed grants"), heads, _newest(connection, code, Grant), row)


def _orders(connection: Connection, code: str) -> Block:
    heads = (("记录", "Record"), ("日期", "Date"), ("状态", "State"), ("品种", "Items"), ("送达期限", "Due"))

    def row(one: GoodsOrder) -> tuple[Any, ...]:
        due = one.due_on if one.answered_seq and one.due_on.year > 1970 else ""  # noqa: PLR2004 - 1970 stands for none
        return one.seq, one.ordered_on, ORDERS[one.state], len(one.lines), due

    return _block(("要货", "Orders of goods"), heads, _newest(connection, code, GoodsOrder), row)


def _leads(connection: Connection, code: str) -> Block:
    heads = (("记录", "Record"), ("日期", "Date"), ("类别", "Kind"), ("顾客", "Customer"), ("结果", "Outcome"))

    def row(one: Lead) -> tuple[Any, ...]:
        outcome = ANSWERS[f"LEAD{one.state_no}"]
        return one.seq, one.taken_on, PURPOSES[one.kind.name], one.customer_name, outcome

    return _block(("保险线索", "Insurance leads"), heads, _newest(connection, code, Lead), row)
