"""Pages of commission: the month's list and its statements, and what branches report of their own services."""

from __future__ import annotations

from typing import Any

from hq_server.commission import branch_figures
from hq_server.commission.invoices import blocked, enter_invoice
from hq_server.commission.paying import pay_month, unpaid_parts
from hq_server.commission.queries import month_parts, station_months, unit_totals
from hq_server.commission.rates import RateNotKnown
from hq_server.commission.runs import list_month, totals
from hq_server.commission.stating import approve_month, untold_count
from hq_server.commission.units import LINE_WORDS, PayingUnit, ServiceLine
from hq_server.console.bank_files import chosen_profile, written
from hq_server.console.form_fields import fen_of, number_at, refusal_of
from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Download, Leave, Route, Shown, Visit
from hq_server.payment_orders.bank_file import known_profiles
from hq_server.reference.working_days import YearNotKnown
from hq_server.reference.year_lists import working_days
from hq_server.settlement.branch_pay import order_branches
from hq_server.statements.commission_list import (
    FIGURE_LIST,
    PART_WORDS,
    RUN_LIST,
    RUN_STATES,
    SERVICE_WORDS,
    month_list,
    station_lines,
)
from hq_server.statements.commission_statement import statement_of, statement_pdf
from hq_server.statements.invoice_list import INVOICE_LIST
from hq_server.wording import RefusedError, Sentence
from station_journal.facts.commission import DISTRIBUTION_PRODUCT

_MONTH_DIGITS = 6
_FIRST_MONTH, _LAST_MONTH = 200001, 209912


def _month(visit: Visit) -> int:
    return number_at(str(visit.path["month"]), _MONTH_DIGITS)


def _asked_month(visit: Visit) -> int:
    """Read a month of a form, as ``2026-11`` or ``202611``.

    Raises:
        RefusedError: it is none.
    """
    text = visit.form.get("month", "").strip().replace("-", "")
    month = number_at(text, _MONTH_DIGITS)
    if not _FIRST_MONTH <= month <= _LAST_MONTH or not 1 <= month % 100 <= 12:  # noqa: PLR2004 - months of a year
        raise RefusedError("month", "月份格式为 2026-11", "a month has the form 2026-11")
    return month


def _list_month(visit: Visit) -> Shown:
    month = _asked_month(visit)
    early = bool(visit.form.get("early"))
    try:
        list_month(visit.connection, visit.member, month, working_days(visit.connection), visit.now, early=early)
    except YearNotKnown as error:
        raise RefusedError("year", f'{error.year} 年的工作日还没有录入, 请先在 "工作日" 页录入', str(error)) from error
    except RateNotKnown as error:
        raise RefusedError("rate", f"费率未定: {error}", str(error)) from error
    return Leave(f"/commission/months/{month}?done=listed")


def _month_values(visit: Visit) -> dict[str, Any]:
    month = _month(visit)
    return {
        "run": totals(visit.connection, month),
        "units": unit_totals(visit.connection, month),
        "untold": untold_count(visit.connection, month),
        "without_invoice": len(blocked(visit.connection, month)),
        "of_branches": bool(unpaid_parts(visit.connection, month, PayingUnit.BRANCH)),
        "profiles": known_profiles(),
        "run_states": RUN_STATES,
        "unit_words": PART_WORDS,
        "line_words": SERVICE_WORDS,
    }


def _decide_month(visit: Visit) -> Shown:
    deed, month = visit.deed("approve", "branches", "pay"), _month(visit)
    if deed == "approve":
        approve_month(visit.connection, visit.member, month, visit.now)
        return Leave(f"/commission/months/{month}?done=approved")
    if deed == "branches":
        order = order_branches(visit.connection, visit.member, month, visit.now)
        return Leave(f"/settlement/orders/{order.order_no}?done=made")
    profile = chosen_profile(visit)
    return written(lambda: pay_month(visit.connection, visit.member, month, profile, visit.now).file)


def _station_values(visit: Visit) -> dict[str, Any]:
    month, code = _month(visit), str(visit.path["code"])
    rows = station_months(visit.connection, month, station_code=code)
    if not rows:
        raise RefusedError("not_listed", f"{code} 不在 {month} 的清单上", f"{code} is not on the list of {month}")
    return {
        "row": rows[0],
        "month": month,
        "parts": month_parts(visit.connection, month, code),
        "unit_words": PART_WORDS,
        "line_words": SERVICE_WORDS,
    }


def _statement(visit: Visit) -> Shown:
    code, month = str(visit.path["code"]), _month(visit)
    data = statement_pdf(statement_of(visit.connection, code, month))
    return Download(f"commission_{code}_{month}.pdf", "application/pdf", data)


def _enter_invoice(visit: Visit) -> Shown:
    form = visit.form
    place = (form.get("station_code", "").strip().upper(), _asked_month(visit))
    amount_fen, number = fen_of(form.get("amount", "")), form.get("invoice_no", "")
    enter_invoice(visit.connection, visit.member, place, number, amount_fen, visit.now)
    return Leave("/commission/invoices?done=entered")


def _figure_values(visit: Visit) -> dict[str, Any]:
    deeds = {
        ServiceLine.DISTRIBUTION: "APPROVE_DISTRIBUTION_FIGURES",
        ServiceLine.INSURANCE: "APPROVE_INSURANCE_FIGURES",
    }
    words = {line.value: Sentence(*LINE_WORDS[line]).said_in(visit.language) for line in deeds}
    return {
        "may_approve": {words[line.value] for line, deed in deeds.items() if visit.may(deed)},
        "distribution": DISTRIBUTION_PRODUCT,
    }


def _decide_figure(visit: Visit) -> Shown:
    deed, form = visit.deed("enter", "approve", "withdraw", "refuse"), visit.form
    code = form.get("station_code", "").strip().upper()
    if deed == "enter":
        base_fen = fen_of(form.get("base", ""), signed=True)
        of = (_asked_month(visit), visit.whole_number("product"))
        sums = (visit.whole_number("items"), base_fen)
        branch_figures.enter_figure(visit.connection, visit.member, code, of, sums, form.get("evidence", ""), visit.now)
        return Leave("/commission/figures?done=entered")
    number = visit.whole_number("figure_no")
    if deed == "withdraw":
        branch_figures.withdraw_figure(visit.connection, visit.member, code, number, visit.now)
        return Leave("/commission/figures?done=withdrawn")
    refusal = refusal_of(form)
    branch_figures.decide_figure(visit.connection, visit.member, code, number, visit.now, refusal=refusal)
    return Leave("/commission/figures?done=decided")


ROUTES = (
    *list_routes(
        "/commission",
        RUN_LIST,
        menu=Menu(MenuGroup.SETTLEMENT, Sentence("酬金", "Commission"), "m"),
        template="commission.html",
        do=_list_month,
    ),
    *list_routes(
        "/commission/figures",
        FIGURE_LIST,
        menu=Menu(MenuGroup.SETTLEMENT, Sentence("支局报数", "Branch figures"), "x"),
        template="branch_figures.html",
        more=_figure_values,
        do=_decide_figure,
    ),
    *list_routes(
        "/commission/invoices",
        INVOICE_LIST,
        menu=Menu(MenuGroup.SETTLEMENT, Sentence("酬金发票", "Commission invoices"), "7"),
        template="commission_invoices.html",
        do=_enter_invoice,
    ),
    *list_routes(
        "/commission/months/{month}",
        lambda visit: month_list(_month(visit)),
        template="commission_month.html",
        more=_month_values,
        do=_decide_month,
    ),
    *list_routes(
        "/commission/months/{month}/{code}",
        lambda visit: station_lines(_month(visit), str(visit.path["code"])),
        template="commission_station.html",
        more=_station_values,
    ),
    Route("/commission/statements/{month}/{code}", _statement),
)
