"""Whom a station's commission is paid to and how it is taxed: dated terms of the agency agreement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from hq_server.commission.tax import TaxRegime
from hq_server.db.commission_tables import agreements
from hq_server.reference.staff import Deed
from hq_server.reference.stations import station_profile
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from hq_server.reference.staff import StaffMember


@dataclass(frozen=True, slots=True)
class Agreement:
    """The terms in force from a date on."""

    station_code: str
    valid_from: date
    payee_name: str
    settlement_account: str
    tax_regime: TaxRegime


def enter_agreement(connection: Connection, by: StaffMember, terms: Agreement, now: datetime) -> None:
    """Enter the terms of a station from a date on; earlier months keep theirs.

    Raises:
        RefusedError: no such station, an empty name or account, or terms from that date exist already.
    """
    by.require(Deed.MAKE_COMMISSION_LIST)
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
        raise RefusedError(
            "no_agreement",
            f"站点 {station_code} 在 {day} 没有登记收款账户",
            f"station {station_code} has no payee account entered for {day}",
        )
    regime = TaxRegime(row.tax_regime)
    return Agreement(station_code, row.valid_from, row.payee_name, row.settlement_account, regime)
