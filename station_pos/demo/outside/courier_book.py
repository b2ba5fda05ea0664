"""A courier company as an outside party: its own book of items, the manifest it writes from it, what it handed over.

It knows nothing of the system it delivers to but the layout of a manifest file. What it really carries may differ from
what it announced: items forgotten, items for another place, boxes crushed on the road.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Item:
    """One item in the courier's book; ``cod_fen`` is what its sender wants collected."""

    waybill: str
    carrier: str
    recipient: str
    phone: str
    cod_fen: int = 0
    sender: str = ""
    product: str = "ORDINARY"
    registered: bool = False
    consented: bool = False


@dataclass(slots=True)
class CourierBook:
    """The courier's book of one station: announced, handed over, taken back; by waybill."""

    company: str
    courier_no: int
    name: str
    pin: str
    station_code: str
    announced: dict[str, Item] = field(default_factory=dict)
    handed_over: set[str] = field(default_factory=set)
    taken_back: dict[str, str] = field(default_factory=dict)
    picked_up: set[str] = field(default_factory=set)

    def announce(self, manifest_no: str, day: date, items: tuple[Item, ...], encoding: str = "utf-8") -> bytes:
        """Enter items into the book and write their manifest."""
        self.announced |= {item.waybill: item for item in items}
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(["H", self.company, manifest_no, self.station_code, day.isoformat(), self.courier_no, 1])
        for number, item in enumerate(items, 1):
            writer.writerow(
                [
                    "D",
                    number,
                    item.waybill,
                    item.carrier,
                    item.product,
                    item.recipient,
                    item.phone,
                    item.sender,
                    item.cod_fen,
                    "Y" if item.registered else "N",
                    "Y" if item.consented else "N",
                ]
            )
        body = text.getvalue().encode(encoding)
        total_fen = sum(item.cod_fen for item in items)
        return body + f"T,{len(items)},{total_fen},{hashlib.sha256(body).hexdigest()}\r\n".encode()

    def hand_over(self, *waybills: str) -> None:
        """Note what was left at the station."""
        self.handed_over |= set(waybills)

    def take_back(self, waybill: str, why: str) -> None:
        """Note what came back from the station, and why."""
        self.handed_over.discard(waybill)
        self.taken_back[waybill] = why

    def pick_up(self, *waybills: str) -> None:
        """Note what the station gave for dispatch."""
        self.picked_up |= set(waybills)

    @property
    def left_there(self) -> set[str]:
        """What the station had from the courier and did not give back."""
        return self.handed_over - set(self.taken_back)

    @property
    def still_carried(self) -> set[str]:
        """What was announced and never left the van."""
        return set(self.announced) - self.handed_over - set(self.taken_back)
