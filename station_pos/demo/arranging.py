"""What HQ arranges before a station's services run: terms, a courier and his manifest, sealed credit, goods.

Each is entered by one person of HQ's staff, and what moves money is approved by another.
"""

from __future__ import annotations

import json
import secrets
from functools import partial
from typing import TYPE_CHECKING

from station_pos.demo.headquarters import BRANCH, CLERK, ECOM, ECOM_SECOND, GOODS, INSURANCE
from station_pos.demo.outside.courier_book import CourierBook, Item
from station_pos.demo.processes import at_once, until
from station_pos.demo.shop import BEIJING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from station_pos.demo.headquarters import Headquarters
    from station_pos.demo.world import World

COURIER_NO, COURIER_NAME, COURIER_PIN, COURIER_COMPANY = 101, "李师傅", "246810", "JYPOST"
MANIFEST_NO = "M1125"
CODE_FEN = 50_000
ITEMS = (
    Item("YT0000000078120", "YTO", "张三", "13800006621", consented=True),
    Item("YT0000000078121", "YTO", "张三", "13800006621", cod_fen=19_900, sender="JLG", product="TV_SHOP"),
    Item("JT5200000073055", "JT", "李四", "15900000073"),
    Item("SF1100000042007", "SF", "王五", "13700006621", cod_fen=8_800, sender="JLG"),
    Item("7530000000600", "ZTO", "赵六", "13600000042"),
)
"""What the courier announces: two items of one person, two phones that end alike, two items with cash on delivery."""
EXTRA_WAYBILL = "YT0000000099001"
"""What he brings although it is on no manifest."""
_GOODS = (
    (11, "菜籽油 5 L", "Rapeseed oil 5 L", "桶", "62.00", 4),
    (12, "洗衣粉 1 kg", "Washing powder 1 kg", "袋", "8.50", 12),
    (13, "复合肥 40 kg", "Compound fertiliser 40 kg", "袋", "128.00", 1),
)


def arrange(world: World, station_code: str) -> CourierBook:
    """Have everything arranged for a station; it arrives with the station's next exchanges. Gives the courier's book.

    Raises:
        WorldError: HQ refused a step.
    """
    hq, day = world.hq, world.now().astimezone(BEIJING).date()
    courier = CourierBook(COURIER_COMPANY, COURIER_NO, COURIER_NAME, COURIER_PIN, station_code)
    manifest = world.folder / f"{MANIFEST_NO}.csv"
    manifest.write_bytes(courier.announce(MANIFEST_NO, day, ITEMS))
    goods = world.folder / "goods.json"
    names = ("code", "name", "name_en", "unit", "price", "pack")
    rows = [dict(zip(names, row, strict=True)) for row in _GOODS]
    goods.write_text(json.dumps({"version": f"{day:%Y-%m}", "items": rows}, ensure_ascii=False), "utf-8")

    def bring() -> str:
        words = ("parcel", "courier", COURIER_NO, COURIER_NAME, COURIER_COMPANY)
        hq.run(ECOM, *words, HQ_COURIER_PIN=COURIER_PIN)
        return hq.run(CLERK, "parcel", "announce", manifest)

    until = f"{day.year + 1}-12-31"
    filed = ("registration", "file", station_code, "51000000000012345", "--name", "张三", "--valid-until", until)
    arrangements: list[Callable[[], str]] = [
        partial(allow_withdrawals, hq, station_code, day),
        bring,
        partial(hq.run, GOODS, "goods", "publish", goods),
        partial(hq.run, INSURANCE, *filed),
        partial(seal_grants, hq, station_code),
    ]
    at_once(arrangements)
    return courier


def allow_withdrawals(hq: Headquarters, station_code: str, day: date) -> str:
    """Agree on the terms of withdrawals, from a day on: one person enters, another approves."""
    entered = hq.ask(ECOM, "withdrawal", "terms", "enter", station_code, "--effective-on", day)
    return hq.run(ECOM_SECOND, "withdrawal", "terms", "approve", station_code, entered["terms_no"])


def seal_grants(hq: Headquarters, station_code: str) -> str:
    """Put sealed grants of ``CODE_FEN`` into a station, before anybody buys them."""
    batch = hq.ask(ECOM, "credit", "seal", station_code, "--amount", f"{CODE_FEN // 100}:2")
    return hq.run(ECOM_SECOND, "credit", "seal-approve", station_code, batch["batch_no"])


def buy_by_code(hq: Headquarters, station_code: str) -> str:
    """Sell a sealed grant at the branch, once HQ knows from a record that the station has it; gives the code.

    Raises:
        WorldError: HQ never knew.
    """
    slip = f"P{secrets.randbelow(10**8):08d}"
    asked = ("credit", "enter", station_code, f"{CODE_FEN // 100}.00", "--evidence", slip, "--by-code")

    def entered() -> int:
        said = hq.run(CLERK, *asked, "--json", wrong_ok=True)
        return int(json.loads(said)["purchase_no"]) if said else 0

    purchase_no = until("HQ to know of the sealed grants at the station", entered, 60.0, 0.5)
    hq.run(BRANCH, "credit", "approve", station_code, purchase_no)
    return str(hq.ask(CLERK, "credit", "code", station_code, purchase_no)["code"])
