"""Whom a station's commission is paid to and how it is taxed: dated terms of the agency agreement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, text

from hq_server.commission.tax import AGREED_REGIMES, TaxRegime
from hq_server.db.commission_tables import agreements
from hq_server.reference.staff import Deed
from hq_server.reference.stations import station_profile
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from hq_server.reference.staff import StaffMember


@dataclass(frozen=True, slots=True)
class Agreement:
    """The terms in force from a date on."""

    station_code: str
    valid_from: date
    payee_name: str
    settlement_account: str
    tax_regime: TaxRegime
    licence_no: str = ""


def enter_agreement(connection: Connection, by: StaffMember, terms: Agreement, now: datetime) -> None:
    """Enter the terms of a station from a date on; earlier months keep theirs.

    Terms with the owner's own invoice are entered by Finance, with the business licence on file.

    Raises:
        RefusedError: no right, no such station, an empty name or account, no licence where one is needed, or terms from
            that date exist already.
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
    if not terms.payee_name.strip() or not terms.settlement_account.isdigit():
        raise RefusedError(
            "agreement",
            "收款人姓名不能为空, 账号只能是数字",
            "the payee's name is not empty and the account is digits only",
        )
    same = (agreements.c.station_code == terms.station_code) & (agreements.c.valid_from == terms.valid_from)
    if connection.scalar(select(agreements.c.payee_name).where(same)) is not None:
        raise RefusedError(
            "agreement_twice",
            f"站点 {terms.station_code} 从 {terms.valid_from} 起的协议已经登记",
            f"terms of station {terms.station_code} from {terms.valid_from} are entered already",
        )
    row = {
        "station_code": terms.station_code,
        "valid_from": terms.valid_from,
        "payee_name": terms.payee_name.strip(),
        "settlement_account": terms.settlement_account,
        "tax_regime": terms.tax_regime.value,
        "licence_no": terms.licence_no.strip(),
    }
    connection.execute(insert(agreements).values(**row, entered_by=by.staff_no, entered_at=now))


def agreement_on(connection: Connection, station_code: str, day: date) -> Agreement:
    """Give the terms in force on a date.

    Raises:
        RefusedError: none are; nobody's account is guessed.
    """
    table = agreements.c
    query = select(agreements).where(table.station_code == station_code, table.valid_from <= day)
    row = connection.execute(query.order_by(table.valid_from.desc()).limit(1)).one_or_none()
    if row is None:
        raise _none(station_code, day)
    return _agreement(row)


def _agreement(row: Row[Any]) -> Agreement:
    regime = TaxRegime(row.tax_regime)
    return Agreement(row.station_code, row.valid_from, row.payee_name, row.settlement_account, regime, row.licence_no)


_OF_ALL = text("""
    SELECT DISTINCT ON (station_code) * FROM agreements
    WHERE station_code = ANY(:codes) AND valid_from <= :day AND entered_at <= :known_at
    ORDER BY station_code, valid_from DESC
""")
_FIRST = text(
    "SELECT station_code, min(valid_from) FROM agreements WHERE entered_at <= :known_at GROUP BY station_code"
)


def agreements_on(connection: Connection, codes: list[str], day: date, known_at: datetime) -> dict[str, Agreement]:
    """Give the terms of stations in force on a date, as they were entered by a moment.

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
    """Give the day from which each station had terms, as they were entered by a moment."""
    return {row[0]: row[1] for row in connection.execute(_FIRST, {"known_at": known_at})}


def _none(station_code: str, day: date) -> RefusedError:
    return RefusedError(
        "no_agreement",
        f"站点 {station_code} 在 {day} 没有登记收款账户",
        f"station {station_code} has no payee account entered for {day}",
    )
