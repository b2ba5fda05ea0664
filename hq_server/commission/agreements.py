"""Whom a station's commission is paid to and how it is taxed: dated terms of the agency agreement, by two people.

Another account is where money goes that was somebody else's, so one person enters it and a second compares and
approves; nothing is paid to it before. What was approved before stays in force meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.commission.tax import AGREED_REGIMES, TaxRegime
from hq_server.db.commission_tables import agreements
from hq_server.four_eyes import FourEyes, refusal_reason
from hq_server.reference.staff import Deed
from hq_server.reference.stations import station_profile
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from hq_server.reference.staff import StaffMember

NOBODY = 0
"""Approver of terms that were entered before a second person was asked for."""
_NAME_MAX, _ACCOUNT_DIGITS_MAX, _LICENCE_MAX = 60, 40, 30


@dataclass(frozen=True, slots=True)
class Agreement:
    """The terms in force from a date on."""

    station_code: str
    valid_from: date
    payee_name: str
    settlement_account: str
    tax_regime: TaxRegime
    licence_no: str = ""
    terms_no: int = 0
    state: str = "PROPOSED"
    maker_no: int = 0
    approver_no: int | None = None


FOUR_EYES = FourEyes(
    "commission_account",
    agreements,
    Deed.NAME_PAYEE,
    ("terms_no", "payee_name"),
    "没有待批的酬金账户",
    "no commission account of that number waits for approval",
)


def enter_agreement(connection: Connection, by: StaffMember, terms: Agreement, now: datetime) -> Agreement:
    """Propose the terms of a station from a date on; they hold once a second person approves.

    Earlier months keep theirs. Terms with the owner's own invoice are entered by Finance, with the business licence on
    file.

    Raises:
        RefusedError: no right, no such station, an empty name or account, no licence where one is needed, terms from
            that date hold already, or others of the station wait for approval.
    """
    by_invoice = terms.tax_regime is TaxRegime.BUSINESS_INVOICE
    by.require(Deed.PAY_COMMISSION if by_invoice else Deed.MAKE_COMMISSION_LIST)
    if terms.tax_regime not in AGREED_REGIMES or by_invoice != bool(terms.licence_no.strip()):
        raise RefusedError(
            "licence",
            "按经营所得凭票结算须登记营业执照号, 按劳务报酬则不填",
            "payment against an invoice needs the business licence's number; labour remuneration has none",
        )
    station_profile(connection, terms.station_code)
    written = _written(terms)
    table = agreements.c
    mine = table.station_code == terms.station_code
    same = mine & (table.valid_from == terms.valid_from) & (table.state == "APPROVED")
    if connection.scalar(select(table.terms_no).where(same)) is not None:
        raise _twice(terms.station_code, terms.valid_from)
    row = {
        "station_code": terms.station_code,
        "terms_no": (connection.scalar(select(func.max(table.terms_no)).where(mine)) or 0) + 1,
        "valid_from": terms.valid_from,
        "tax_regime": terms.tax_regime.value,
        **written,
    }
    try:
        with connection.begin_nested():
            made = connection.execute(
                insert(agreements).values(**row, maker_no=by.staff_no, made_at=now).returning(agreements)
            ).one()
    except IntegrityError as error:
        raise RefusedError(
            "agreement_waits",
            f"站点 {terms.station_code} 已有一个酬金账户待批",
            f"a commission account of station {terms.station_code} waits for approval already",
        ) from error
    details = {**row, "valid_from": terms.valid_from.isoformat()}
    actor = audit.staff_actor(by.staff_no)
    audit.note(connection, AuditTag.COMMISSION_ACCOUNT_ENTERED, actor, now, details, terms.station_code)
    return _agreement(made)


def _written(terms: Agreement) -> dict[str, str]:
    """Give payee, account and licence as they are stored.

    Raises:
        RefusedError: one of them is too long, cannot be printed or is no such thing.
    """
    name, account = " ".join(terms.payee_name.split()), terms.settlement_account
    is_account = account.isascii() and account.isdigit() and len(account) <= _ACCOUNT_DIGITS_MAX
    licence = terms.licence_no.strip()
    if len(licence) > _LICENCE_MAX or not licence.isprintable():
        raise RefusedError(
            "licence", "营业执照号不对", "the business licence's number is too long or cannot be printed"
        )
    if not 0 < len(name) <= _NAME_MAX or not name.isprintable() or not is_account:
        raise RefusedError(
            "agreement",
            "收款人姓名不能为空, 账号只能是数字",
            "the payee's name is not empty and the account is digits only",
        )
    return {"payee_name": name, "settlement_account": account, "licence_no": licence}


def decide_agreement(
    connection: Connection, by: StaffMember, of: tuple[str, int], now: datetime, *, refusal: str = ""
) -> Agreement:
    """Approve terms (``of`` station, number) as a second person, or refuse them with a reason.

    Raises:
        RefusedError: no right, nothing waits, the same person entered them, or terms from that date hold meanwhile.
    """
    this = _this(of)
    if FOUR_EYES.open_row(connection, by, this) is None:
        raise FOUR_EYES.decided()
    reason = refusal_reason(refusal) if refusal else ""
    try:
        with connection.begin_nested():
            row = FOUR_EYES.decide(connection, by, this, "REFUSED" if reason else "APPROVED", now, refusal=reason)
    except IntegrityError as error:
        raise _twice(*of) from error
    return _noted(connection, by, row, now)


def withdraw_agreement(connection: Connection, by: StaffMember, of: tuple[str, int], now: datetime) -> Agreement:
    """Take one's own proposal back before it is decided.

    Raises:
        RefusedError: somebody else entered it, or nothing waits.
    """
    return _agreement(FOUR_EYES.withdraw(connection, by, _this(of), now))


def confirm_agreement(connection: Connection, by: StaffMember, of: tuple[str, int], now: datetime) -> Agreement:
    """Compare terms that one person entered before a second was asked for; from then on they are paid to.

    Raises:
        RefusedError: no right, the same person entered them, or they have a second person already.
    """
    by.require(Deed.NAME_PAYEE)
    table = agreements.c
    old = _this(of) & (table.state == "APPROVED") & (table.approver_no == NOBODY) & (table.maker_no != by.staff_no)
    row = connection.execute(
        update(agreements).where(old).values(approver_no=by.staff_no).returning(agreements)
    ).one_or_none()
    if row is None:
        raise FOUR_EYES.decided()
    return _noted(connection, by, row, now)


def waiting_of(connection: Connection, station_code: str) -> int:
    """Give the number of the terms of a station that wait for a second person.

    Raises:
        RefusedError: none do.
    """
    table = agreements.c
    mine = (table.station_code == station_code) & (table.state == "PROPOSED")
    number = connection.scalar(select(table.terms_no).where(mine))
    if number is None:
        raise FOUR_EYES.decided()
    return int(number)


def refuse_uncompared(terms: Collection[Agreement]) -> None:
    """Refuse to pay where one person alone entered an account.

    Raises:
        RefusedError: so it is of one of them.
    """
    alone = [one.station_code for one in terms if one.approver_no in {None, NOBODY}]
    if alone:
        raise RefusedError(
            "account_alone",
            f"{len(alone)} 个站点的酬金账户只有一人录入, 如 {min(alone)}, 须另一人核对批准后才能付款",
            f"the accounts of {len(alone)} stations, such as {min(alone)}, were entered by one person alone: "
            "a second person compares them before they are paid to",
        )


def _this(of: tuple[str, int]) -> ColumnElement[bool]:
    return (agreements.c.station_code == of[0]) & (agreements.c.terms_no == of[1])


def _noted(connection: Connection, by: StaffMember, row: Row[Any], now: datetime) -> Agreement:
    details = {"terms_no": row.terms_no, "account": row.settlement_account, "state": row.state, "refusal": row.refusal}
    actor = audit.staff_actor(by.staff_no)
    audit.note(connection, AuditTag.COMMISSION_ACCOUNT_DECIDED, actor, now, details, row.station_code)
    return _agreement(row)


def _twice(station_code: str, since: object) -> RefusedError:
    return RefusedError(
        "agreement_twice",
        f"站点 {station_code} 从该日起的酬金账户已经批准",
        f"terms of station {station_code} from that date were approved already ({since})",
    )


def agreement_on(connection: Connection, station_code: str, day: date) -> Agreement:
    """Give the terms in force on a date.

    Raises:
        RefusedError: none are; nobody's account is guessed.
    """
    table = agreements.c
    approved = (table.station_code == station_code) & (table.valid_from <= day) & (table.state == "APPROVED")
    row = connection.execute(
        select(agreements).where(approved).order_by(table.valid_from.desc()).limit(1)
    ).one_or_none()
    if row is None:
        raise _none(station_code, day)
    return _agreement(row)


def _agreement(row: Row[Any]) -> Agreement:
    who = (row.terms_no, row.state, row.maker_no, row.approver_no)
    regime = TaxRegime(row.tax_regime)
    return Agreement(
        row.station_code, row.valid_from, row.payee_name, row.settlement_account, regime, row.licence_no, *who
    )


_OF_ALL = text("""
    SELECT DISTINCT ON (station_code) * FROM agreements
    WHERE station_code = ANY(:codes) AND valid_from <= :day AND state = 'APPROVED' AND decided_at <= :known_at
    ORDER BY station_code, valid_from DESC
""")
_FIRST = text(
    "SELECT station_code, min(valid_from) FROM agreements WHERE state = 'APPROVED' AND decided_at <= :known_at "
    "GROUP BY station_code"
)


def agreements_on(connection: Connection, codes: list[str], day: date, known_at: datetime) -> dict[str, Agreement]:
    """Give the terms of stations in force on a date, as they were approved by a moment.

    Raises:
        RefusedError: a station has none; nobody's account is guessed.
    """
    rows = connection.execute(_OF_ALL, {"codes": codes, "day": day, "known_at": known_at})
    found = {row.station_code: _agreement(row) for row in rows}
    for code in codes:
        if code not in found:
            raise _none(code, day)
    return found


def first_days(connection: Connection, known_at: datetime) -> dict[str, date]:
    """Give the day from which each station had terms, as they were approved by a moment."""
    return {row[0]: row[1] for row in connection.execute(_FIRST, {"known_at": known_at})}


def _none(station_code: str, day: date) -> RefusedError:
    return RefusedError(
        "no_agreement",
        f"站点 {station_code} 在 {day} 没有批准的酬金账户",
        f"station {station_code} has no approved payee account for {day}",
    )
