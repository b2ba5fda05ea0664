"""Names of carriers, as paper and screens say them."""

from __future__ import annotations

from station_pos.text import Catalogue

CARRIERS = Catalogue(
    {
        "POST": ("邮政", "Post"),
        "EMS": ("特快", "EMS"),
        "SF": ("顺丰", "SF"),
        "JD": ("京东", "JD"),
        "YTO": ("圆通", "YTO"),
        "JT": ("极兔", "J&T"),
        "ZTO": ("中通", "ZTO"),
    }
)


def carrier_words(code: str) -> str:
    """Name a carrier; one that is not known keeps its code."""
    return CARRIERS(code) if code in CARRIERS else code or "-"
