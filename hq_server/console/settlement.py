"""Pages of settlement: windows of what is due, their ledger lines, payment orders and their files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hq_server.console.bank_files import chosen_profile, written
from hq_server.console.form_fields import date_of, number_at
from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Download, Leave, Route, Shown, Visit
from hq_server.four_eyes import refusal_reason
from hq_server.payment_orders import orders as order_desk
from hq_server.payment_orders import outcomes
from hq_server.payment_orders.bank_file import known_profiles
from hq_server.payment_orders.orders import ItemState
from hq_server.reference.working_days import YearNotKnown, business_date_of
from hq_server.reference.year_lists import working_days
from hq_server.settlement import windows
from hq_server.settlement.lists import (
    ITEM_STATES,
    KINDS,
    NOBODY,
    ORDER_LIST,
    STATES,
    WINDOW_LIST,
    due_line_list,
    item_list,
)
from hq_server.settlement.payees import ACCOUNT_OF, PayeeKind
from hq_server.settlement.running_dues import no_due, running_lines, running_list
from hq_server.wording import RefusedError, Sentence


def _order_no(visit: Visit) -> int:
    return number_at(str(visit.path["order_no"]), 9)


def _settlement_values(visit: Visit) -> dict[str, Any]:
    del visit
    return {"kinds": {kind.value: KINDS[kind.value] for kind in PayeeKind if kind is not PayeeKind.BRANCH}}


def _settle(visit: Visit) -> Shown:
    deed, day = visit.deed("settle", "order"), date_of(visit.form.get("date", ""))
    if deed == "settle":
        try:
            windows.settle_date(visit.connection, visit.member, day, working_days(visit.connection), visit.now)
        except YearNotKnown as error:
            raise RefusedError(
                "year", f'{error.year} 年的工作日还没有录入, 请先在 "工作日" 页录入', str(error)
            ) from error
        return Leave("/settlement?done=settled")
    kind = visit.form.get("kind", "")
    if kind not in set(PayeeKind):
        raise RefusedError("kind", "请选择类别", "choose a kind")
    order = windows.order_due(visit.connection, visit.member, PayeeKind(kind), day, visit.now)
    return Leave(f"/settlement/orders/{order.order_no}?done=made")


def _window_lines(visit: Visit) -> Any:  # noqa: ANN401 - a list's specification
    kind, number = str(visit.path["kind"]), number_at(str(visit.path["window_no"]), 9)
    if kind not in set(PayeeKind):
        raise RefusedError("unknown_window", "没有这个清算窗口", "there is no such settlement window")
    party = str(visit.path["party"])
    window = windows.find_window(visit.connection, PayeeKind(kind), "" if party == NOBODY else party, number)
    return due_line_list(window)


def _running_lines(visit: Visit) -> Any:  # noqa: ANN401 - a list's specification
    kind, party = str(visit.path["kind"]), str(visit.path["party"])
    if kind not in set(ACCOUNT_OF):
        raise no_due()
    return running_lines(visit.connection, PayeeKind(kind), "" if party == NOBODY else party)


def _items(visit: Visit) -> Any:  # noqa: ANN401 - a list's specification
    order = order_desk.find_order(visit.connection, _order_no(visit))
    return item_list(order.order_no, order.kind.value)


def _order_values(visit: Visit) -> dict[str, Any]:
    order = order_desk.find_order(visit.connection, _order_no(visit))
    return {
        "order": order,
        "kinds": KINDS,
        "order_states": STATES,
        "item_states": ITEM_STATES,
        "profiles": known_profiles(),
        "rulings": outcomes.open_rulings(visit.connection, order.order_no),
        "results": outcomes.result_digests(visit.connection, order.order_no),
    }


def _decide_order(visit: Visit) -> Shown:
    number, deed = _order_no(visit), visit.deed(*_OF_OUTCOME, "approve", "withdraw", "refuse", "write")
    if deed in _OF_OUTCOME:
        _OF_OUTCOME[deed](visit, number)
        return Leave(f"/settlement/orders/{number}?done={deed}")
    if deed == "withdraw":
        order_desk.withdraw_order(visit.connection, visit.member, number, visit.now)
        return Leave(f"/settlement/orders/{number}?done=withdrawn")
    if deed == "approve":
        order_desk.approve_order(visit.connection, visit.member, number, visit.now)
        return Leave(f"/settlement/orders/{number}?done=approved")
    if deed == "refuse":
        order_desk.refuse_order(visit.connection, visit.member, number, visit.form.get("refusal", ""), visit.now)
        return Leave(f"/settlement/orders/{number}?done=refused")
    profile = chosen_profile(visit)
    return written(lambda: order_desk.write_order(visit.connection, visit.member, number, profile, visit.now))


def _take_result(visit: Visit, number: int) -> None:
    """Take in the bank's result of this order; the jobs give what was paid its effect.

    Raises:
        RefusedError: no file came, it is of another order, or it is refused.
    """
    if visit.upload is None:
        raise RefusedError("upload", "请选择文件", "choose a file")
    taken = outcomes.take_result(visit.connection, visit.member, visit.upload.data, visit.now)
    if taken.order.order_no != number:
        said = taken.order.reference
        raise RefusedError("other_order", f"这是 {said} 的结果文件", f"this is the result of {said}")


def _propose_ruling(visit: Visit, number: int) -> None:
    form, of = visit.form, (number, visit.whole_number("item_no"))
    if form.get("outcome", "") not in {ItemState.PAID.value, ItemState.RETURNED.value}:
        raise RefusedError("outcome", "请选择结果", "choose how it ended")
    finding = form.get("finding", "")
    outcomes.propose_ruling(visit.connection, visit.member, of, ItemState(form["outcome"]), finding, visit.now)


def _decide_ruling(visit: Visit, number: int) -> None:
    of, form = (number, visit.whole_number("item_no")), visit.form
    reason = refusal_reason(form.get("refusal", "")) if form["deed"] == "refuse_ruling" else ""
    outcomes.decide_ruling(visit.connection, visit.member, of, visit.now, refusal=reason)


def _withdraw_ruling(visit: Visit, number: int) -> None:
    outcomes.withdraw_ruling(visit.connection, visit.member, (number, visit.whole_number("item_no")), visit.now)


_OF_OUTCOME = {
    "result": _take_result,
    "propose_ruling": _propose_ruling,
    "approve_ruling": _decide_ruling,
    "refuse_ruling": _decide_ruling,
    "withdraw_ruling": _withdraw_ruling,
}


def _result_file(visit: Visit) -> Shown:
    digest = str(visit.path["digest"])
    data = outcomes.result_content(visit.connection, _order_no(visit), digest)
    return Download(f"result_{digest}.txt", "application/octet-stream", data)


_ORDER_FILE, _ORDER_PAGE = list_routes(
    "/settlement/orders/{order_no}",
    _items,
    template="payment_order.html",
    more=_order_values,
    do=_decide_order,
)
ROUTES = (
    *list_routes(
        "/settlement",
        WINDOW_LIST,
        menu=Menu(MenuGroup.SETTLEMENT, Sentence("清算窗口", "Settlement"), "z"),
        template="settlement.html",
        more=_settlement_values,
        do=_settle,
    ),
    *list_routes(
        "/settlement/running",
        lambda visit: running_list(business_date_of(visit.now)),
        menu=Menu(MenuGroup.SETTLEMENT, Sentence("本期应付", "Running dues"), "2"),
    ),
    *list_routes("/settlement/running/{kind}/{party}", _running_lines),
    *list_routes("/settlement/windows/{kind}/{party}/{window_no}", _window_lines),
    *list_routes(
        "/settlement/orders",
        ORDER_LIST,
        menu=Menu(MenuGroup.SETTLEMENT, Sentence("付款单", "Payment orders"), "p"),
    ),
    _ORDER_FILE,
    replace(_ORDER_PAGE, upload_bytes_max=outcomes.FILE_BYTES_MAX),
    Route("/settlement/orders/{order_no}/results/{digest}", _result_file),
)
