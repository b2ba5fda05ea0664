"""H01: an unfinished screen booked one remittance three more times; each copy had a receipt and a line in the log.

A pouch is booked at most once per station, whatever keys are pressed on a screen that does not answer.
"""

from __future__ import annotations

import os
import signal
import time

from station_journal.facts.cash import PouchAccepted
from station_pos.demo.headquarters import BRANCH, CLERK
from tests.horizon.harness import Case, books_agree
from tests.horizon.terminal import ENTER, ESCAPE, Terminal

POUCH_FEN = 800_000


def scan(counter: Terminal, code: str) -> None:
    """As a keyboard scanner does: the whole code within milliseconds."""
    os.write(counter._master, (code + ENTER).encode())  # noqa: SLF001  # faster than its keys


def test_h01_a_pouch_on_a_stalled_screen_is_booked_once_and_a_rescan_names_the_entry(drawer_case: Case) -> None:
    case = drawer_case
    label = f"PK{case.shop.code[-4:]}000001"
    entered = case.world.hq.ask(CLERK, "pouch", "send", case.shop.code, label, "100x80")
    case.world.hq.run(BRANCH, "pouch", "approve", case.shop.code, entered["entry_no"])
    case.heard(lambda: case.station.ask("pouches")["incoming"])
    before_fen = case.station.state()["drawer_fen"]
    papers = len(case.slips())
    case.station.stop()

    known = case.station.secrets
    with Terminal(case.station.environment) as counter:
        counter.shows("口令", 60.0)
        counter.keys(known.pass_phrase + ENTER, then="工号")
        counter.keys("2" + ENTER, then="密码")
        counter.keys(known.pins[2] + ENTER, then="今天")
        scan(counter, label)
        counter.shows("清单 8,000.00")
        os.kill(counter.child.pid, signal.SIGSTOP)
        for _ in range(20):
            os.write(counter._master, ENTER.encode())  # noqa: SLF001
        time.sleep(0.5)
        os.kill(counter.child.pid, signal.SIGCONT)
        counter.answered("已收", ENTER)
        counter.keys(ESCAPE, then="首字母")
        counter.keys("/12" + ENTER, then="已锁")
        counter.keys(known.pins[2] + ENTER, then="首字母")
        scan(counter, label)
        counter.shows("已经办完 (第")
    case.station.start()
    case.moved_fen += POUCH_FEN

    again = case.station.ask("accept_pouch", label=label, counted_fen=POUCH_FEN)
    journals = books_agree(case)
    (entry,) = [seq for seq, fact in journals.facts(PouchAccepted) if fact == PouchAccepted(label, POUCH_FEN)]
    assert (again["refused"], again["detail"]) == ("pouch_accepted", {"entry_seq": entry})
    assert case.station.state()["drawer_fen"] == before_fen + POUCH_FEN
    receipts = [slip for slip in case.slips()[papers:] if "调拨现金收妥单" in slip.text]
    assert len(receipts) == 1
    assert "8,000.00" in receipts[0].text
