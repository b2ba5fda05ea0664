"""Commission that branches pay 分销和保险酬金: settled to the branch as one order, which credits each owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server.commission.invoices import blocked
from hq_server.commission.paying import require_approved, source_of, unpaid_parts
from hq_server.commission.units import PayingUnit
from hq_server.db.reference_tables import stations
from hq_server.payment_orders.orders import Draft, Order, OrderKind, make_order
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import business_date_of
from hq_server.settlement.payees import PayeeKind, payee_on

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from hq_server.reference.staff import StaffMember


def order_branches(connection: Connection, by: StaffMember, month: int, now: datetime) -> Order:
    """Order what branches are to pay of an approved month: an item for each station, to its branch's account.

    Stations whose invoice is missing are left out, as in HQ's own payment.

    Raises:
        RefusedError: no right, not approved, nothing to pay, or a branch has no approved account.
    """
    by.require(Deed.MAKE_PAYMENT_ORDER)
    run, left_out = require_approved(connection, month), blocked(connection, month)
    parts = [one for one in unpaid_parts(connection, month, PayingUnit.BRANCH) if one.station_code not in left_out]
    rows = connection.execute(select(stations.c.station_code, stations.c.branch))
    branches = {row[0]: row[1] for row in rows}
    today = business_date_of(now)
    named = {branches[part.station_code] for part in parts}
    payees = {branch: payee_on(connection, PayeeKind.BRANCH, branch, today) for branch in sorted(named)}
    drafts = [
        Draft(
            part.station_code,
            source_of(month, part.service_line),
            payees[branches[part.station_code]].payee_name,
            payees[branches[part.station_code]].account_no,
            part.gross_fen,
            part.tax_fen,
        )
        for part in parts
    ]
    return make_order(connection, by.staff_no, (OrderKind.BRANCH, str(month)), run.pay_due, drafts, now)
