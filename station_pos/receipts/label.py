"""The shelf label of a parcel: its place in large letters, the waybill as Code 128, and little of the person.

Masking by GB/T 41833-2022 (domain rule 4.5): at least one character of the name and six digits of the phone hidden.
A label is no receipt: it carries no amount, no number of its own and no digest, and printing it again does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from station_journal.masking import mask_phone_on_label
from station_pos.receipts.paper import (
    BARCODE_LENGTH_MAX,
    SIZE_MAX,
    Barcode,
    Cut,
    Feed,
    Item,
    Pair,
    Paper,
    Text,
    display_columns,
)
from station_pos.receipts.parcel_words import carrier_words
from station_pos.receipts.wording import TEXT

if TYPE_CHECKING:
    from datetime import date

_CODE_SIZE_MAX: Final = 4
LABEL_COLUMNS: Final = 32
"""A 58 mm printer, which a receipt printer with narrow paper is too."""


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """What a label says. ``recipient`` is masked; ``phone`` is three and four digits of the number, or the last four.

    ``shelf_code`` is the pickup code as written (``A-04-013``); ``station_name`` may be empty.
    """

    shelf_code: str
    waybill: str
    carrier: str
    recipient: str
    phone: str
    received_on: date
    station_name: str = ""


def compose_label(facts: LabelFacts, columns: int = LABEL_COLUMNS) -> Paper:
    """Compose a shelf label.

    Raises:
        PaperRefusedError: the paper is narrower or wider than any paper is.
    """
    size = max(1, min(_CODE_SIZE_MAX, SIZE_MAX, columns // max(1, display_columns(facts.shelf_code))))
    items: list[Item] = [Text(facts.shelf_code, "centre", size=(size, size), bold=True)]
    items.append(Pair(facts.recipient, mask_phone_on_label(facts.phone), size=(1, 2)))
    items.append(_waybill(facts.waybill))
    items.append(Pair(carrier_words(facts.carrier), TEXT("label_received", day=f"{facts.received_on:%m-%d}")))
    if facts.station_name:
        items.append(Text(facts.station_name, "centre"))
    return Paper((*items, Feed(2), Cut()), columns)


def _waybill(waybill: str) -> Item:
    """Give the number as a symbol, or as text where a symbol cannot hold it: no label is refused for its waybill."""
    as_symbol = waybill.isascii() and waybill.isprintable() and 0 < len(waybill) <= BARCODE_LENGTH_MAX
    return Barcode(waybill) if as_symbol else Text(waybill, "centre")
