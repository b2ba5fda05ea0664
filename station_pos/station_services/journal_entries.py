"""What F7 lists beside bill payments and withdrawals: parcels, cash, closes, codes, goods and leads, from the journal.

Only what an operator did counts as an entry. Most of it is not undone by a key: a parcel that left the shop comes back
through its own door, a count is counted again. For each kind stands here what to do instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from station_journal.facts.cash import CashMoved, DayClosed, PouchAccepted, PouchCancelled, PouchSealed, notes_fen
from station_journal.facts.disputes import CaseNoted, CorrectionAnswered, DisputeRaised
from station_journal.facts.distribution import (
    GoodsOrdered,
    GoodsReceived,
    GoodsSigned,
    LeadNoted,
    LeadTaken,
    OrderCancelled,
    OrderPlaced,
)
from station_journal.facts.grants import SealedGrantReleased
from station_journal.facts.parcels import (
    CodReturned,
    ParcelAccepted,
    ParcelRefused,
    ParcelsHandedOff,
    ParcelsReceived,
    ParcelsReturned,
    UpliftSigned,
)
from station_journal.rules.distribution import OrderState
from station_journal.waybill import waybill_tail
from station_pos import evidence_queries
from station_pos.commands.cash_orders import CancelPouch
from station_pos.commands.distribution_orders import CancelOrder
from station_pos.credit_queries import grant_fen
from station_pos.distribution_queries import order_of
from station_pos.receipts.service_slips import SLIPS
from station_pos.services.entries import ON_RECORD, Entry, UndoOffer, WayOut
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from station_journal.records import Record
    from station_pos.register import Register

LOOKED_AT = 2_000
"""How many of the newest records are looked through; the evidence screen pages through all of them."""
RECORDS_AN_ENTRY = 50
"""A short list looks through so many for each of its lines, and no further: what is older is not among the newest."""
_DONE = "done"
TITLES = Catalogue(
    {
        _DONE: ("已记", "recorded"),
        ParcelsReceived.__name__: ("收件一批", "Parcels in"),
        ParcelsHandedOff.__name__: ("取件", "Handed off"),
        CodReturned.__name__: ("退代收货款", "COD back"),
        ParcelRefused.__name__: ("拒收", "Refused"),
        ParcelsReturned.__name__: ("退件", "Sent back"),
        ParcelAccepted.__name__: ("寄件", "Accepted"),
        UpliftSigned.__name__: ("寄件交出", "Collected"),
        CashMoved.__name__: ("现金进出", "Cash moved"),
        PouchSealed.__name__: ("封袋交款", "Pouch sealed"),
        PouchCancelled.__name__: ("取消封袋", "Pouch off"),
        PouchAccepted.__name__: ("收封袋", "Pouch in"),
        DayClosed.__name__: ("日终", "Day closed"),
        SealedGrantReleased.__name__: ("凭证码充值", "Credit code"),
        GoodsOrdered.__name__: ("分销订货", "Goods order"),
        GoodsReceived.__name__: ("到货签收", "Goods in"),
        GoodsSigned.__name__: ("到货签收", "Goods in"),
        LeadTaken.__name__: ("保险线索", "Lead"),
        OrderPlaced.__name__: ("分销订货", "Goods order"),
        OrderCancelled.__name__: ("取消订货", "Order off"),
        LeadNoted.__name__: ("保险线索", "Lead"),
        CorrectionAnswered.__name__: ("答复更正", "Answer to HQ"),
        DisputeRaised.__name__: ("提争议", "Dispute"),
        CaseNoted.__name__: ("争议补充", "Case note"),
    }
)
WAYS_OUT = Catalogue(
    {
        ParcelsReceived.__name__: (
            "收进来的件在货架上, 不用撤。收错的按 F6 退给投递员",
            "They are on the shelf. What came by mistake goes back by F6",
        ),
        ParcelsHandedOff.__name__: (
            "交出去的件不能撤。请顾客拿回来, 按 F6 扫它重新入架; 当天收的货款按 F4 找到它再退",
            "It comes back through the door: scan it by F6; cash collected today is given back by F4",
        ),
        CodReturned.__name__: (
            "货款已退给顾客。顾客又要了, 按 F4 交给他, 再收一次货款",
            "The cash is given back. If he wants it after all, hand it over by F4 and collect again",
        ),
        ParcelRefused.__name__: (
            "拒收的件等退件。顾客又要了, 按 F4 当面交给他",
            "It waits to go back. If the customer wants it after all, hand it over by F4",
        ),
        ParcelsReturned.__name__: (
            "件已交投递员, 双方签了字。交错了等他送回来, 按 F6 收",
            "Both signed for it. A wrong one comes back with the courier: F6",
        ),
        ParcelAccepted.__name__: (
            "寄件已收寄。不寄了请顾客带凭条到网点办撤回",
            "It is accepted. To take it back, the customer brings the slip to the branch",
        ),
        UpliftSigned.__name__: (
            "双方都签了字, 不能撤。数不对报总部立案",
            "Both signed for it. If the count is wrong, HQ opens a case",
        ),
        CashMoved.__name__: (
            "记错了不用撤: 按 F10 再记一笔相反的现金进出",
            "Not undone: record the opposite move of cash by F10",
        ),
        PouchCancelled.__name__: ("封袋已经取消, 不用再撤", "The pouch is cancelled already"),
        PouchAccepted.__name__: (
            "封袋已拆已数, 不能撤。数目不对报总部立案",
            "It was opened and counted. If the count is wrong, HQ opens a case",
        ),
        DayClosed.__name__: (
            "日终不删。数错了按 F10 再数一次, 两次都留着",
            "A close is not deleted. Count again by F10; both counts stay",
        ),
        SealedGrantReleased.__name__: (
            "额度已到账, 凭证码只用一次。充错了到网点办退",
            "The credit has arrived; a code works once. The branch takes it back",
        ),
        GoodsOrdered.__name__: (
            "订单已记, 货款不动额度。不要了打网点电话, 或到货时少收退给送货人",
            "The order is recorded, no credit used. Call the branch, or send it back when it comes",
        ),
        GoodsReceived.__name__: (
            "双方都签了字, 不能撤。数不对补打签收单, 报总部",
            "Both signed for it. If the count is wrong, copy the slip and tell HQ",
        ),
        GoodsSigned.__name__: (
            "双方都签了字, 不能撤。数不对补打签收单, 报总部",
            "Both signed for it. If the count is wrong, copy the slip and tell HQ",
        ),
        LeadTaken.__name__: (
            "线索已报, 不能撤。顾客改主意, 接电话时说不要就行",
            "The lead is sent. A customer who changed his mind says so on the phone",
        ),
        OrderPlaced.__name__: (
            "总部已答复或货已到, 不能取消。不要了打网点电话, 或到货时少收退给送货人",
            "HQ has answered or it came: call the branch, or send it back when it comes",
        ),
        OrderCancelled.__name__: (
            "订单已取消。还要就重新订一次",
            "The order is cancelled already. To have it after all, order again",
        ),
        LeadNoted.__name__: (
            "线索已报, 不能撤。顾客改主意, 接电话时说不要就行",
            "The lead is sent. A customer who changed his mind says so on the phone",
        ),
        CorrectionAnswered.__name__: (
            "答复已记。认可的后来发现不对, 按 gz 对总部记录再提争议; 争议的可以不再争议",
            "The answer is recorded. Type gz: dispute it if it proves wrong, or dispute it no longer",
        ),
        DisputeRaised.__name__: (
            "争议已记, 总部会答复。不想争了, 按 gz 打开它再按 -",
            "HQ will answer. To dispute it no longer, type gz, open it and press -",
        ),
        CaseNoted.__name__: ("补充已记在争议里, 要再说就再补一条", "It stands in the case; add another to say more"),
    }
)


class JournalEntries:
    """Entries of every service, as the journal has them."""

    SERVICE = ON_RECORD

    def __init__(self, register: Register) -> None:
        """Read the register's books."""
        self._register = register

    def entries(self, limit: int) -> tuple[Entry, ...]:
        """List the newest entries."""
        return self._register.read(lambda connection: _entries(connection, limit))

    def undo(self, seq: int) -> UndoOffer | WayOut:
        """Say how an entry is undone, or what to do instead."""
        record = self._register.read(lambda connection: evidence_queries.station_record(connection, seq))
        fact: Any = record.fact if record is not None else None
        if isinstance(fact, PouchSealed):
            label = fact.label
            return UndoOffer(lambda operator_no, _reason: CancelPouch(operator_no, label))
        if isinstance(fact, OrderPlaced | GoodsOrdered) and self._cancellable(seq):
            return UndoOffer(lambda operator_no, _reason: CancelOrder(operator_no, seq))
        return WayOut(WAYS_OUT(type(fact).__name__))

    def _cancellable(self, order_seq: int) -> bool:
        order = self._register.read(lambda connection: order_of(connection, order_seq))
        return order is not None and order.state is OrderState.ORDERED


def _entries(connection: Connection, limit: int) -> tuple[Entry, ...]:
    found: list[Entry] = []
    for seq, record in evidence_queries.station_records(connection, min(LOOKED_AT, limit * RECORDS_AN_ENTRY)):
        if type(record.fact).__name__ in TITLES:
            found.append(_entry(connection, seq, record))
        if len(found) == limit:
            break
    return tuple(found)


def _entry(connection: Connection, seq: int, record: Record) -> Entry:
    fact: Any = record.fact
    return Entry(
        service=JournalEntries.SERVICE,
        seq=seq,
        at=record.recorded_at,
        title=TITLES(type(fact).__name__),
        amount_fen=_amount_fen(connection, fact),
        status=TITLES(_DONE),
        issued_seq=seq if type(fact) in SLIPS else 0,
        about=_about(fact),
        is_followed=isinstance(fact, SealedGrantReleased),
    )


def _about(fact: Any) -> str:  # noqa: ANN401  any fact of the table
    """Name what an entry is about by what stands on its paper: a waybill's tail, a pouch, an order, a Z number."""
    waybills = [one if isinstance(one, str) else one.waybill for one in getattr(fact, "parcels", ())]
    waybills = waybills or list(getattr(fact, "waybills", ())) or [getattr(fact, "waybill", "")]
    if waybills[0]:
        more = f" +{len(waybills) - 1}" if len(waybills) > 1 else ""
        return waybill_tail(waybills[0]) + more
    if isinstance(fact, DayClosed):
        return f"Z {fact.z_no:04d}"
    if isinstance(fact, GoodsReceived | GoodsSigned | OrderCancelled):
        return f"{fact.order_seq:04d}"
    return str(getattr(fact, "label", "") or getattr(fact, "manifest_no", ""))


def _amount_fen(connection: Connection, fact: Any) -> int:  # noqa: ANN401  any fact of the table
    """Give what an entry moved, 0 for one that moved no money."""
    if isinstance(fact, SealedGrantReleased):
        return grant_fen(connection, fact.grant_no)
    if isinstance(fact, PouchSealed):
        return notes_fen(fact.notes, fact.coins_fen)
    for name in ("amount_fen", "collected_fen", "postage_fen", "counted_fen"):
        value = getattr(fact, name, None)
        if value is not None:
            return int(value)
    return 0
