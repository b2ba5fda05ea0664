"""Credit purchases: a branch clerk enters one, a second person approves it, and the station is granted the credit.

Rule (article 8, part three, item four 1(3)): credit is bought at the designated branch, as often as wanted, at least
500.00 each time. Maker and approver differ by a constraint of the table; of two decisions at once one wins.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.desk_tables import credit_purchases
from hq_server.four_eyes import FourEyes, refusal_reason
from hq_server.hq_journal import held_head
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import business_date_of
from hq_server.sealed_grants import grant_to_sell
from hq_server.wording import RefusedError
from station_journal.facts.grants import SealedGrantSold
from station_journal.money import format_yuan
from station_journal.records import Actor, ActorKind, CreditGranted
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember

PURCHASE_MIN_FEN = 50_000
PURCHASE_MAX_FEN = 1_000_000_000
"""More than any branch sells at once: an amount above it is a slip of the hand."""
_TEXT_MAX = 200


class PurchaseState(StrEnum):
    """How far a purchase is."""

    ENTERED = "ENTERED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Purchase:
    """A credit purchase of a station, numbered per station without a gap. ``evidence`` names the paid-in slip."""

    station_code: str
    purchase_no: int
    amount_fen: int
    evidence: str
    state: PurchaseState
    maker_no: int
    approver_no: int | None
    entered_at: datetime
    decided_at: datetime | None
    refusal: str
    hq_seq: int | None
    by_code: bool = False
    grant_no: int = 0


_COLUMNS = [credit_purchases.c[field.name] for field in fields(Purchase)]
FOUR_EYES = FourEyes(
    desk="credit",
    table=credit_purchases,
    approve=Deed.APPROVE_CREDIT,
    item=("purchase_no",),
    amount="amount_fen",
    open_state=PurchaseState.ENTERED.value,
    made_at="entered_at",
    decided_zh="该笔额度购买已处理过",
    decided_en="this purchase was decided before",
)


def _purchase(row: Row[Any]) -> Purchase:
    values = {field.name: getattr(row, field.name) for field in fields(Purchase)}
    return Purchase(**{**values, "state": PurchaseState(row.state)})


def _this(station_code: str, purchase_no: int) -> ColumnElement[bool]:
    table = credit_purchases.c
    return (table.station_code == station_code) & (table.purchase_no == purchase_no)


def enter(
    connection: Connection,
    by: StaffMember,
    station_code: str,
    amount_fen: int,
    evidence: str,
    now: datetime,
    *,
    by_code: bool = False,
) -> Purchase:
    """Enter a purchase that was paid at the branch; nothing is granted before a second person approves.

    ``by_code``: it is handed over as the code of a sealed grant that lies at the station, for one that is offline.

    Raises:
        RefusedError: no right, an amount that cannot be bought, no slip named, a station that is not open, or no
            sealed grant of that amount.
    """
    by.require(Deed.ENTER_CREDIT)
    named = " ".join(evidence.split())
    if not PURCHASE_MIN_FEN <= amount_fen <= PURCHASE_MAX_FEN:
        least, most = format_yuan(PURCHASE_MIN_FEN), format_yuan(PURCHASE_MAX_FEN)
        raise RefusedError(
            "amount",
            f"每次购买额度 {least} 至 {most} 元",
            f"a purchase is between {least} and {most} yuan",
        )
    if not named or len(named) > _TEXT_MAX:
        raise RefusedError("evidence", "请填写缴款凭证号", "name the slip that shows the payment")
    # The lock on the station's head makes purchase numbers dense.
    if held_head(connection, station_code, Side.HQ, lock=True) is None:
        raise RefusedError(
            "not_approved", f"站点 {station_code} 不存在或尚未开通", f"station {station_code} is not known or not open"
        )
    if by_code:
        grant_to_sell(connection, station_code, amount_fen, business_date_of(now))
    row = connection.execute(
        insert(credit_purchases)
        .values(
            station_code=station_code,
            purchase_no=_next_number(connection, station_code),
            amount_fen=amount_fen,
            evidence=named,
            state=PurchaseState.ENTERED.value,
            maker_no=by.staff_no,
            entered_at=now,
            by_code=by_code,
        )
        .returning(*_COLUMNS)
    ).one()
    details = {"purchase_no": row.purchase_no, "amount_fen": amount_fen, "evidence": named}
    audit.note(connection, AuditTag.CREDIT_ENTERED, audit.staff_actor(by.staff_no), now, details, station_code)
    return _purchase(row)


def approve(
    connection: Connection, journal: HqJournal, by: StaffMember, station_code: str, purchase_no: int, now: datetime
) -> Purchase:
    """Approve a purchase as a second person and grant the credit in HQ's journal, both in this transaction.

    One that is handed over by code takes a sealed grant instead; the code can be read from then on.

    Raises:
        RefusedError: no right, the approver entered it, it was decided before, or no sealed grant is left for it.
    """
    held_head(connection, station_code, Side.HQ, lock=True)
    purchase = _open_purchase(connection, by, station_code, purchase_no)
    grant: CreditGranted | SealedGrantSold
    if purchase.by_code:
        sold = grant_to_sell(connection, station_code, purchase.amount_fen, business_date_of(now))
        grant = SealedGrantSold(sold.grant_no, purchase_no, purchase.maker_no, by.staff_no)
    else:
        grant = CreditGranted(purchase.amount_fen, purchase_no, purchase.maker_no, by.staff_no)
    (seq,) = journal.append(connection, station_code, [grant], Actor(ActorKind.PERSON, by.staff_no), now)
    grant_no = grant.grant_no if isinstance(grant, SealedGrantSold) else 0
    changes = {"hq_seq": seq, "grant_no": grant_no}
    this = _this(station_code, purchase_no)
    decided = _purchase(FOUR_EYES.decide(connection, by, this, PurchaseState.APPROVED.value, now, **changes))
    details = {"purchase_no": purchase_no, "amount_fen": purchase.amount_fen, "hq_seq": seq}
    audit.note(connection, AuditTag.CREDIT_APPROVED, audit.staff_actor(by.staff_no), now, details, station_code)
    return decided


def grant_debited(
    connection: Connection,
    journal: HqJournal,
    people: tuple[int, int],
    station_code: str,
    amount_fen: int,
    evidence: str,
    now: datetime,
) -> Purchase:
    """Grant what the bank debited from the owner's account by mandate 委托扣款, in this transaction.

    ``people`` are the maker and the approver of the debit, whose decision it was; the bank's word makes it credit.

    Raises:
        RefusedError: the station is not open, or its program does not read grants.
    """
    maker_no, approver_no = people
    # The lock on the station's head makes purchase numbers dense.
    held_head(connection, station_code, Side.HQ, lock=True)
    number = _next_number(connection, station_code)
    grant = CreditGranted(amount_fen, number, maker_no, approver_no)
    (seq,) = journal.append(connection, station_code, [grant], Actor(ActorKind.PERSON, approver_no), now)
    row = {
        "station_code": station_code,
        "purchase_no": number,
        "amount_fen": amount_fen,
        "evidence": evidence,
        "state": PurchaseState.APPROVED.value,
        "maker_no": maker_no,
        "approver_no": approver_no,
        "entered_at": now,
        "decided_at": now,
        "hq_seq": seq,
    }
    made = connection.execute(insert(credit_purchases).values(row).returning(*_COLUMNS)).one()
    details = {"purchase_no": number, "amount_fen": amount_fen, "evidence": evidence, "hq_seq": seq}
    audit.note(connection, AuditTag.CREDIT_APPROVED, audit.staff_actor(approver_no), now, details, station_code)
    return _purchase(made)


def _next_number(connection: Connection, station_code: str) -> int:
    mine = credit_purchases.c.station_code == station_code
    return (connection.scalar(select(func.max(credit_purchases.c.purchase_no)).where(mine)) or 0) + 1


def refuse(
    connection: Connection, by: StaffMember, station_code: str, purchase_no: int, refusal: str, now: datetime
) -> Purchase:
    """Refuse a purchase as a second person, with the reason.

    Raises:
        RefusedError: no right, no reason, the same person entered it, or it was decided before.
    """
    by.require(Deed.APPROVE_CREDIT)
    reason = refusal_reason(refusal)
    purchase = _open_purchase(connection, by, station_code, purchase_no)
    this = _this(station_code, purchase_no)
    decided = _purchase(FOUR_EYES.decide(connection, by, this, PurchaseState.REFUSED.value, now, refusal=reason))
    details = {"purchase_no": purchase_no, "amount_fen": purchase.amount_fen, "refusal": reason}
    audit.note(connection, AuditTag.CREDIT_REFUSED, audit.staff_actor(by.staff_no), now, details, station_code)
    return decided


def withdraw(connection: Connection, by: StaffMember, station_code: str, purchase_no: int, now: datetime) -> Purchase:
    """Take back one's own purchase before it is decided.

    Raises:
        RefusedError: somebody else entered it, it was decided before, or there is none.
    """
    return _purchase(FOUR_EYES.withdraw(connection, by, _this(station_code, purchase_no), now))


def _open_purchase(connection: Connection, by: StaffMember, station_code: str, purchase_no: int) -> Purchase:
    """Find a purchase that this person may decide, and hold other deciders off it until the transaction ends."""
    row = FOUR_EYES.open_row(connection, by, _this(station_code, purchase_no))
    if row is None:
        raise RefusedError(
            "unknown_purchase",
            f"站点 {station_code} 没有第 {purchase_no} 号额度购买",
            f"station {station_code} has no purchase {purchase_no}",
        )
    return _purchase(row)


def find(connection: Connection, station_code: str, purchase_no: int) -> Purchase | None:
    """Find a purchase."""
    row = connection.execute(select(*_COLUMNS).where(_this(station_code, purchase_no))).one_or_none()
    return None if row is None else _purchase(row)


def purchases(
    connection: Connection, station_code: str | None = None, state: PurchaseState | None = None, limit: int = 200
) -> list[Purchase]:
    """List purchases, of one station or one state if asked, the newest first."""
    table = credit_purchases.c
    query = select(*_COLUMNS).order_by(table.entered_at.desc(), table.station_code, table.purchase_no.desc())
    if station_code is not None:
        query = query.where(table.station_code == station_code)
    if state is not None:
        query = query.where(table.state == state.value)
    return [_purchase(row) for row in connection.execute(query.limit(limit))]
