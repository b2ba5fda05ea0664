"""The live counter: the same world, with the counter's screens in this terminal and a note of what to try."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from station_pos.demo.arranging import arrange, buy_by_code
from station_pos.demo.note import CARD_AFTER_S, REHEARSED, make_hands, note_of
from station_pos.demo.wording import TEXT, say

if TYPE_CHECKING:
    from station_pos.demo.world import World

CREDIT_FEN = 200_000
FLOAT_NOTES = ((10_000, 5), (5_000, 4), (1_000, 20), (500, 10), (100, 30))
"""What lies in the drawer at the start: face in fen and pieces, 980.00 in all."""
LIVE_BAUD = 9_600
NOTE_NAME = "README.txt"


def serve(world: World) -> int:
    """Open the counter in this terminal and wait until it is left; gives its exit code.

    Raises:
        WorldError: HQ or the station does not come up.
    """
    shop = world.open_shop(baud=LIVE_BAUD)
    courier = arrange(world, shop.code)
    shop.buy_credit(CREDIT_FEN)
    shop.count_float(FLOAT_NOTES)
    code = buy_by_code(world.hq, shop.code)
    say(TEXT("arranged"))
    shop.station.stop()
    shop.put_on_the_counter()
    shop.put_card_terminal(REHEARSED, auto_after_s=CARD_AFTER_S)
    note = note_of(shop, courier, code, make_hands(shop, world.folder / "hands"))
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
