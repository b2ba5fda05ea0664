"""Goods and leads: HQ's list, the station's orders, the registration on file, and leads with what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from station_journal.goods_list import GoodsItem
    from station_journal.rules.distribution import Filing, GoodsOrder, Lead


@dataclass(frozen=True, slots=True)
class GoodsOffered:
    """The list in force; ``items`` is empty while its content is on its way."""

    list_hash: bytes
    version: str
    items: tuple[GoodsItem, ...]


class Distribution(Protocol):
    """What the screens ask about goods and leads."""

    def offered(self) -> GoodsOffered | None:
        """Give the list in force; None before HQ published one."""

    def orders(self) -> tuple[GoodsOrder, ...]:
        """List the orders, newest first."""

    def items_of(self, order: GoodsOrder) -> tuple[GoodsItem, ...]:
        """Give the items of the list that an order was made by; empty where it is not here."""

    def registration(self) -> Filing | None:
        """Give the registration in force today; None if there is none."""

    def salt(self) -> bytes:
        """Give 16 bytes of chance for the document that keeps a lead's name and number."""

    def leads(self) -> tuple[Lead, ...]:
        """List the leads, newest first."""
