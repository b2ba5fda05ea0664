"""The live counter: the same world, with the counter's screens in this terminal and a note of what to try."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from station_pos.demo.customers import Queue
from station_pos.demo.station_process import CLERK_NO, OWNER_NO
from station_pos.demo.tariff_document import biller_names
from station_pos.demo.wording import TEXT, say, yuan
from station_pos.text import either

if TYPE_CHECKING:
    from station_pos.demo.shop import Shop
    from station_pos.demo.world import World

CREDIT_FEN = 200_000
LIVE_BAUD = 9_600
NOTE_NAME = "README.txt"
_SCANNER = "station_pos.demo.outside.scanner_simulator"


def note_of(shop: Shop) -> str:
    """Write the note: how to sign in, whose bills can be paid, where the paper comes out, how to make trouble."""
    queue, names = Queue(), biller_names()
    known = shop.station.secrets
    lines = [
        TEXT(
            "note_operators",
            owner=OWNER_NO,
            owner_pin=known.pins[OWNER_NO],
            clerk=CLERK_NO,
            clerk_pin=known.pins[CLERK_NO],
        ),
        TEXT("note_accounts"),
    ]
    for biller in ("SCDL", "JYSW", "ZYRQ"):
        for _ in range(3):
            one = queue.next(biller)
            lines.append(f"  {either(*names[biller])}  {one.account_no}  {yuan(one.amount_fen)}")
    lines += [
        f"  {either(*names['YDCZ'])}  {queue.top_up_numbers[0]}",
        TEXT("note_paper", folder=shop.paper),
        TEXT("note_scan", command=f"{sys.executable} -m {_SCANNER} --control {shop.scanner} --scan"),
        TEXT("note_leave"),
    ]
    return "\n".join(lines) + "\n"


def serve(world: World) -> int:
    """Open the counter in this terminal and wait until it is left; gives its exit code.

    Raises:
        WorldError: HQ or the station does not come up.
    """
    shop = world.open_shop(baud=LIVE_BAUD)
    shop.buy_credit(CREDIT_FEN)
    shop.station.stop()
    shop.put_on_the_counter()
    note = note_of(shop)
    (world.folder / NOTE_NAME).write_text(note, "utf-8")
    say(TEXT("folder", folder=world.folder))
    print(note, file=sys.stderr)
    print(TEXT("press_enter"), end="", file=sys.stderr, flush=True)
    sys.stdin.readline()
    counter = subprocess.Popen(
        [sys.executable, "-m", "station_pos", "run", "--pass-phrase-file", str(shop.station.phrase_file)],
        env={**os.environ, **shop.station.environment},
    )
    try:
        return counter.wait()
    finally:
        if counter.poll() is None:  # the demonstration was told to end: the counter goes first
            counter.terminate()
            counter.wait()
