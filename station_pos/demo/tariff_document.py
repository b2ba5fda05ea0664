"""The tariff of the demonstration, as a person at HQ writes it: four billers, each with its own habits.

Commission follows the franchise rules' appendix in kind: electricity, water and gas by the item, top-ups by a ratio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

ELECTRICITY, WATER, GAS, TOP_UP = 101, 102, 103, 104
BILLER_OF = {ELECTRICITY: "SCDL", WATER: "JYSW", GAS: "ZYRQ", TOP_UP: "YDCZ"}
PRODUCT_OF = {biller: product for product, biller in BILLER_OF.items()}
_NAMES = {
    "SCDL": ("四川电力", "Sichuan Power"),
    "JYSW": ("江油水务", "Jiangyou Water"),
    "ZYRQ": ("中源燃气", "Zhongyuan Gas"),
    "YDCZ": ("移动充值", "Mobile Top-up"),
}


def biller_names() -> dict[str, tuple[str, str]]:
    """Give the Chinese and English name of each biller, by code."""
    return dict(_NAMES)


def tariff_document(version: str, effective_on: date, **changes: dict[str, Any] | None) -> dict[str, Any]:
    """Give the document that ``hq-server tariff publish`` reads.

    ``changes`` names a product as ``p101`` and gives fields to change, or None to withdraw it.
    """
    rows = [_electricity(), _water(), _gas(), _top_up()]
    kept = [
        row | (changes.get(f"p{row['code']}") or {}) for row in rows if changes.get(f"p{row['code']}", {}) is not None
    ]
    return {"version": version, "effective_on": effective_on.isoformat(), "products": kept}


def _product(code: int, service: str, name: str, name_en: str, pattern: str) -> dict[str, Any]:
    biller = BILLER_OF[code]
    biller_name, biller_name_en = _NAMES[biller]
    return {
        "code": code,
        "biller_code": biller,
        "biller_name": biller_name,
        "biller_name_en": biller_name_en,
        "service": service,
        "name": name,
        "name_en": name_en,
        "account_pattern": pattern,
        "query_first": True,
        "fee_fen": 0,
        "amount_min_fen": 1,
        "amount_max_fen": 500_000,
        "part_payment": False,
        "reversal_minutes": 30,
        "offline": {"count": 5, "value_fen": 80_000, "hours": 24},
        "commission": {"basis": "per_item", "value": 36, "version": "2026-1"},
    }


def _electricity() -> dict[str, Any]:
    return _product(ELECTRICITY, "electricity", "电费", "Electricity bill", r"\d{10}")


def _water() -> dict[str, Any]:
    return _product(WATER, "water", "水费", "Water bill", r"\d{8}") | {
        "commission": {"basis": "per_item", "value": 50, "version": "2026-1"}
    }


def _gas() -> dict[str, Any]:
    return _product(GAS, "gas", "燃气费", "Gas bill", r"\d{9}") | {"fee_fen": 100}


def _top_up() -> dict[str, Any]:
    return _product(TOP_UP, "mobile", "话费充值", "Mobile top-up", r"1[3-9]\d{9}") | {
        "query_first": False,
        "amount_min_fen": 1_000,
        "amount_max_fen": 50_000,
        "part_payment": True,
        "reversal_minutes": 0,
        "offline": None,
        "commission": {"basis": "ratio", "value": 5_000, "version": "2026-1"},
    }
