"""The note beside the live counter: who signs in, whose bills can be paid, which card, parcels and code there are."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

from station_pos.demo.arranging import CODE_FEN, EXTRA_WAYBILL, MANIFEST_NO
from station_pos.demo.customers import Queue
from station_pos.demo.station_process import CLERK_NO, OWNER_NO
from station_pos.demo.tariff_document import biller_names
from station_pos.demo.wording import NOTE, yuan
from station_pos.text import either

if TYPE_CHECKING:
    from pathlib import Path

    from station_pos.demo.outside.courier_book import CourierBook
    from station_pos.demo.shop import Shop

APPROVED_FEN, DECLINED_FEN, UNKNOWN_FEN = 20_000, 13_000, 17_000
CARD_AFTER_S = 2.0
REHEARSED = (
    (DECLINED_FEN, '{"do": "decline", "code": 51}'),
    (UNKNOWN_FEN, '{"do": "cable_out", "at": "before_result", "for_s": 80}'),
)
"""What the card terminal does by the amount typed: no money on the card; its line lost for 80 s before the result."""
_TELL = "station_pos.demo.outside.control_lines"
_GROUP = 4


def note_of(shop: Shop, courier: CourierBook, code: str, hands: Path) -> str:
    """Write the note. ``hands`` is the folder of what can be done around the counter."""
    known = shop.station.secrets
    pins = {"owner": OWNER_NO, "owner_pin": known.pins[OWNER_NO], "clerk": CLERK_NO, "clerk_pin": known.pins[CLERK_NO]}
    grouped = " ".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))
    card = {"approved": yuan(APPROVED_FEN), "declined": yuan(DECLINED_FEN), "unknown": yuan(UNKNOWN_FEN)}
    brings = {"manifest": MANIFEST_NO, "courier": courier.courier_no, "pin": courier.pin}
    lines = [
        NOTE("sign_in", **pins),
        NOTE("bills"),
        *_bills(),
        NOTE("withdrawal", **card),
        NOTE("parcels", **brings),
        *_items(courier),
        NOTE("extra", waybill=EXTRA_WAYBILL),
        NOTE("hand_off"),
        NOTE("code", code=grouped, yuan=yuan(CODE_FEN)),
        NOTE("more"),
        NOTE("paper", folder=shop.paper),
        NOTE("hands", folder=hands),
        NOTE("leave"),
    ]
    return "\n".join(lines) + "\n"


def _bills() -> list[str]:
    queue, names = Queue(), biller_names()
    lines = []
    for biller in ("SCDL", "JYSW", "ZYRQ"):
        due = [queue.next(biller) for _ in range(3)]
        shown = "   ".join(f"{one.account_no} {yuan(one.amount_fen)}" for one in due)
        lines.append(f"    {either(*names[biller])}  {shown}")
    lines.append(f"    {either(*names['YDCZ'])}  {queue.top_up_numbers[0]}")
    return lines


def _items(courier: CourierBook) -> list[str]:
    return [
        f"    {one.waybill:<16} {one.recipient} {one.phone}"
        + (f"  {NOTE('collect', yuan=yuan(one.cod_fen))}" if one.cod_fen else "")
        for one in courier.announced.values()
    ]


def make_hands(shop: Shop, folder: Path) -> Path:
    """Write small programs for what somebody does around the counter: scan, put paper in, pull a cable."""
    person = '{"cmd": "card", "name": "张三", "number": "510781199003070010"}'
    deeds = {
        "scan": (shop.scanner, '{"cmd": "scan", "code": "{}"}'),
        "identity-card": (shop.id_reader, person),
        "paper-out": (shop.printer_control, '{"cmd": "paper_out"}'),
        "paper-in": (shop.printer_control, '{"cmd": "paper_in"}'),
        "terminal-out": (shop.terminal, '{"cmd": "cable", "out": true}'),
        "terminal-in": (shop.terminal, '{"cmd": "cable", "out": false}'),
        "link-down": (shop.link_control, '{"cmd": "down"}'),
        "link-up": (shop.link_control, '{"cmd": "clear"}'),
    }
    folder.mkdir(exist_ok=True)
    for name, (control, command) in deeds.items():
        words = shlex.join([sys.executable, "-m", _TELL, str(control), command])
        (folder / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n', "utf-8")
        os.chmod(folder / name, 0o755)  # noqa: PTH101, S103 - the visitor runs it
    return folder
