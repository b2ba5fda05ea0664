"""The state row and the three sums, computed from the journal's projections; where these stop there are no figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from station_journal.accounts import Account
from station_journal.rules.commission import BY_BRANCH
from station_pos.counter import CounterState
from station_pos.dispute_queries import waiting_in
from station_pos.register import upkeep
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from station_journal.posting import NotComputableError
    from station_pos.counter import LinkState
    from station_pos.queries import Queries
    from station_pos.register import Register
    from station_pos.workers.counter_devices import CounterDevices

_TEXT = Catalogue(
    {
        "S": ("本站第 {seq} 条", "station record {seq}"),
        "H": ("总部第 {seq} 条", "HQ record {seq}"),
        "not_computable": ("从{record}起金额算不出", "not computable from {record} on"),
    }
)


def _blocked(error: NotComputableError | None) -> str:
    """Name the record that stops the figures, if any; ``station-pos verify`` says what is wrong with it."""
    return _TEXT(error.side.value, seq=error.seq) if error else ""


def _without_figures(state: CounterState, stopped_at: str) -> CounterState:
    """Take every figure out of a state whose books stop at a record: an error, never a number."""
    return replace(
        state,
        credit_free_fen=None,
        credit_held_fen=None,
        bills_left=None,
        drawer_fen=None,
        customer_cash_fen=None,
        owner_account_fen=None,
        bank_due_fen=None,
        bills_today=None,
        bills_today_fen=None,
        withdrawals_today=None,
        withdrawals_today_fen=None,
        earned_today_fen=None,
        earned_month_fen=None,
        read_only=True,
        read_only_reason=state.read_only_reason or _TEXT("not_computable", record=stopped_at),
        not_computable=stopped_at,
    )


def state_row(
    connection: Connection,
    register: Register,
    queries: Queries,
    link_state: tuple[LinkState, datetime | None],
    devices: CounterDevices,
    now: datetime,
) -> CounterState:
    """Read the state row from one consistent state of the books; ``link_state`` is the link's word and since when."""
    link, link_since = link_state
    stopped_at = _blocked(register.blocked())
    view = queries.view(connection)
    day = queries.business_date(connection, now)
    sums = queries.day_sums(connection, day)
    delivery = queries.delivery(connection)
    average_fen = queries.average_bill_fen(connection, day)
    free_fen = view.balance_fen(Account.CREDIT_FREE)
    prints = upkeep.print_counts(connection)
    head = queries.head(connection)
    open_withdrawals, (paid, paid_fen) = queries.withdrawals(connection, day)
    state = CounterState(
        as_of_seq=head.seq,
        head=head.digest,
        station_code=register.station_code,
        station_name=upkeep.station_name(connection),
        business_date=day,
        credit_free_fen=free_fen,
        credit_held_fen=view.balance_fen(Account.CREDIT_HELD),
        bills_left=free_fen // average_fen if average_fen else None,
        drawer_fen=view.balance_fen(Account.DRAWER),
        customer_cash_fen=view.balance_fen(Account.CUSTOMER_CASH),
        owner_account_fen=sum(view.balance_fen(Account.COMMISSION_PAYABLE, party) for party in ("", BY_BRANCH)),
        bank_due_fen=view.total_fen(Account.BANK_RECEIVABLE),
        link=link,
        link_since=link_since,
        unsent=delivery.unsent,
        unsent_since=delivery.unsent_since,
        held_seq=delivery.held_seq,
        pending=queries.count_open_cases(connection) + len(open_withdrawals),
        doubtful_prints=prints.doubtful,
        queued_prints=prints.queued,
        printer=devices.printer_state(),
        bills_today=sums.bills,
        bills_today_fen=sums.bills_fen,
        earned_today_fen=sums.earned_fen,
        earned_month_fen=sums.earned_month_fen,
        read_only=bool(register.read_only_reason),
        read_only_reason=register.read_only_reason,
        devices=devices.rows(now),
        drawer_wired=devices.drawer_wired,
        open_withdrawals=open_withdrawals,
        tariff_from=queries.tariff_from(connection, day),
        disputes=waiting_in(connection, day),
        withdrawals_today=paid,
        withdrawals_today_fen=paid_fen,
    )
    return _without_figures(state, stopped_at) if stopped_at else state
