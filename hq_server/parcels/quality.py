"""A station's quality indicators of a month beside article 1's targets, of all its items and of each product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hq_server.parcels.indicators import TARGETS, Name, Rate, Target, rates
from hq_server.parcels.lives import item_lives
from hq_server.wording import Sentence
from station_journal.facts.parcels import ParcelProduct

if TYPE_CHECKING:
    from sqlalchemy import Connection

INDICATORS = {
    Name.RECEIPT: Sentence("信息接收及时率", "receipt in time"),
    Name.TIMELY: Sentence("投递及时率", "first notice in time"),
    Name.SAME_DAY: Sentence("当日妥投率", "delivered on the day"),
    Name.THREE_DAY: Sentence("三日妥投率", "delivered in three days"),
    Name.SUCCESS: Sentence("妥投率", "delivered of ended"),
    Name.REFUSAL: Sentence("拒收率", "refused"),
    Name.COMPLAINT: Sentence("申告率", "complaints"),
    Name.REMITTANCE: Sentence("货款结算及时率", "cash remitted in time"),
    Name.FEEDBACK: Sentence("实时反馈率", "feedback in ten minutes"),
}
ALL_PRODUCTS = "ALL"
PRODUCTS = {
    ALL_PRODUCTS: Sentence("全部", "all"),
    ParcelProduct.ORDINARY.name: Sentence("普通", "ordinary"),
    ParcelProduct.JD.name: Sentence("京东", "JD"),
    ParcelProduct.TV_SHOP.name: Sentence("电视购物", "TV shopping"),
}


@dataclass(frozen=True, slots=True)
class Quality:
    """One indicator of one product (``ALL`` for all items), with its target and whether it is met, if there is one."""

    product: str
    rate: Rate
    target: Target | None
    met: bool | None

    def target_shown(self) -> str:
        """Write the target as its rate is written; empty for none."""
        return f"{'>=' if self.target.at_least else '<'} {self.target.per_mille / 10:g}%" if self.target else ""


def month_quality(connection: Connection, station_code: str, year: int, month: int) -> list[Quality]:
    """Compute a station's month; a product without any item is left out."""
    lives = item_lives(connection, station_code)
    found = []
    for product in (None, *ParcelProduct):
        of_product = [one for one in lives if product in {None, one.product}]
        for rate in rates(of_product, year, month) if of_product or product is None else ():
            target = TARGETS.get((product, rate.name))
            met = target.met_by(rate) if target else None
            found.append(Quality(product.name if product else ALL_PRODUCTS, rate, target, met))
    return found
