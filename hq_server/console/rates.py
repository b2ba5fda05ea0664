"""The page of branches' commission rates: one person enters what no tariff sells, another approves it."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from hq_server.commission import branch_figures
from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Leave, Shown, Visit
from hq_server.statements.rate_list import BASES, RATE_LIST
from hq_server.wording import RefusedError, Sentence
from station_journal.facts.commission import DISTRIBUTION_PRODUCT, INSURANCE_PRODUCT, INSURANCE_PRODUCTS_END
from station_journal.money import parse_yuan

if TYPE_CHECKING:
    from datetime import date

_PERCENT = 10_000  # parts per million
_PERCENT_MAX = 100
_COUNT_DIGITS = 7


def _day(visit: Visit) -> date:
    try:
        return datetime.strptime(visit.form.get("from", "").strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - no zone
    except ValueError as error:
        raise RefusedError("date", "日期格式为 2026-11-23", "a date has the form 2026-11-23") from error


def _fen(text: str) -> int:
    try:
        return parse_yuan(text.strip())
    except ValueError as error:
        raise RefusedError("amount", "金额不对, 例: 500.00", "the amount has the form 500.00") from error


def _per_million(text: str) -> int:
    """Read a percentage of at most four decimals.

    Raises:
        RefusedError: it is none.
    """
    try:
        parts = Decimal(text.strip().removesuffix("%")) * _PERCENT
        if parts.is_finite() and 0 <= parts <= _PERCENT_MAX * _PERCENT and parts == parts.to_integral_value():
            return int(parts)
    except InvalidOperation:
        pass
    raise RefusedError("percent", "百分比不对, 例: 0.5", "the percentage has the form 0.5")


def _tiers(text: str) -> list[list[int]]:
    """Read tiers, a line each: the last item of it (none in the last line) and yuan an item.

    Raises:
        RefusedError: a line is no tier.
    """
    tiers = []
    for line in filter(None, map(str.strip, text.splitlines())):
        upto, _, yuan = line.rpartition(" ")
        upto = upto.strip()
        if upto and not (upto.isascii() and upto.isdigit() and len(upto) <= _COUNT_DIGITS):
            raise RefusedError("tiers", "分档每行: 到第几笔 元/笔", "a tier is a line: its last item, yuan an item")
        tiers.append([int(upto or 0), _fen(yuan)])
    return tiers


def _document(visit: Visit) -> str:
    form, basis = visit.form, visit.form.get("basis", "")
    version = form.get("version", "").strip()
    if basis == "TIERS":
        return json.dumps({"basis": basis, "tiers": _tiers(form.get("rate", "")), "version": version})
    if basis not in BASES:
        raise RefusedError("basis", "请选择计法", "choose the basis")
    value = _per_million(form.get("rate", "")) if basis == "RATIO" else _fen(form.get("rate", ""))
    return json.dumps({"basis": basis, "value": value, "version": version})


def _decide(visit: Visit) -> Shown:
    form, connection, deed = visit.form, visit.connection, visit.form.get("deed", "")
    product, since = visit.whole_number("product"), _day(visit)
    if deed in {"approve", "refuse"}:
        reason = form.get("refusal", "").strip() if deed == "refuse" else ""
        if deed == "refuse" and not reason:
            raise RefusedError("refusal", "请填写退回原因", "give the reason of the refusal")
        branch_figures.decide_rate(connection, visit.member, (product, since), visit.now, refusal=reason)
        return Leave("/commission/rates?done=decided")
    branch_figures.enter_rate(connection, visit.member, product, since, _document(visit), visit.now)
    return Leave("/commission/rates?state=PROPOSED&done=entered")


def _values(visit: Visit) -> dict[str, Any]:
    del visit
    return {
        "bases": BASES,
        "distribution": DISTRIBUTION_PRODUCT,
        "insurance": (INSURANCE_PRODUCT, INSURANCE_PRODUCTS_END - 1),
    }


ROUTES = list_routes(
    "/commission/rates",
    RATE_LIST,
    menu=Menu(MenuGroup.SETTLEMENT, Sentence("支局费率", "Branch rates"), "3"),
    template="branch_rates.html",
    more=_values,
    do=_decide,
)
