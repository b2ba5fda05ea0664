"""The page of branches' commission rates: one person enters what no tariff sells, another approves it."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from hq_server.commission import branch_figures
from hq_server.console.form_fields import date_of, fen_of, refusal_of
from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Leave, Shown, Visit
from hq_server.statements.rate_list import BASES, RATE_LIST
from hq_server.wording import RefusedError, Sentence
from station_journal.facts.commission import DISTRIBUTION_PRODUCT, INSURANCE_PRODUCT, INSURANCE_PRODUCTS_END

_PERCENT = 10_000  # parts per million
_PERCENT_MAX = 100
_COUNT_DIGITS = 7


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
        tiers.append([int(upto or 0), fen_of(yuan)])
    return tiers


def _document(visit: Visit) -> str:
    form, basis = visit.form, visit.form.get("basis", "")
    version = form.get("version", "").strip()
    if basis == "TIERS":
        return json.dumps({"basis": basis, "tiers": _tiers(form.get("rate", "")), "version": version})
    if basis not in BASES:
        raise RefusedError("basis", "请选择计法", "choose the basis")
    value = _per_million(form.get("rate", "")) if basis == "RATIO" else fen_of(form.get("rate", ""))
    return json.dumps({"basis": basis, "value": value, "version": version})


def _decide(visit: Visit) -> Shown:
    deed, form, connection = visit.deed("enter", "approve", "withdraw", "refuse"), visit.form, visit.connection
    product, since = visit.whole_number("product"), date_of(form.get("from", ""))
    if deed in {"approve", "refuse"}:
        branch_figures.decide_rate(connection, visit.member, (product, since), visit.now, refusal=refusal_of(form))
        return Leave("/commission/rates?done=decided")
    if deed == "withdraw":
        branch_figures.withdraw_rate(connection, visit.member, (product, since), visit.now)
        return Leave("/commission/rates?done=withdrawn")
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
