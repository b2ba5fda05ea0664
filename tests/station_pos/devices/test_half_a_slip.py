"""A counter that was killed while it sent a slip: the next one's first slip is whole, wherever the bytes ended."""

from __future__ import annotations

import itertools
from typing import Any

from station_pos.demo.outside.printer_machine import PrinterMachine
from station_pos.devices.ports import PrintResult
from station_pos.devices.printer import EscposPrinter, PrinterTimes
from station_pos.receipts.escpos import PrinterProfile, encode, job_marker
from station_pos.receipts.paper import Barcode, Cut, Pair, Paper, Qr, Text

PROFILE = PrinterProfile("p", job_marker="process_id", baud=1_000_000)
SLIP = encode(
    Paper(
        (
            Text("代收费收据", "centre", (2, 2), bold=True),
            Pair("金额", "72.60"),
            Barcode("JY0427000031"),
            Qr("JY0427-000031-18cfe388|7260"),
            Cut(),
        )
    ),
    PROFILE,
)
ITEMS = 4
SENT = SLIP + job_marker(PROFILE.job_marker, b"0000")
TIMES = PrinterTimes(reply_s=9.0, mechanical_s=9.0, margin_s=9.0, poll_s=9.0)


class Bench:
    """A printer at the end of a line that loses nothing and takes no time; its receipts as (lines, codes)."""

    name = "bench"

    def __init__(self):
        self.slips: list[Any] = []
        self._answers = bytearray()
        self._machine = PrinterMachine(32, 1, self._answers.extend, self.slips.append)

    def open(self):
        pass

    def close(self):
        pass

    def write(self, data):
        self._machine.receive(data)

    def read(self, size, timeout_s):
        del timeout_s
        taken = bytes(self._answers[:size])
        del self._answers[:size]
        return taken

    def drain_input(self):
        self._answers.clear()

    def tear_off(self):
        self._machine.act({"cmd": "tear"})
        self.slips.clear()


def printed_after(sent):
    """What a new program's first slip looks like, after one that ended when so many bytes had left."""
    bench = Bench()
    bench.write(SENT[:sent])
    bench.tear_off()
    ticks = itertools.count()
    printer = EscposPrinter(bench, PROFILE, TIMES, clock=lambda: float(next(ticks)))
    for _ in range(2):
        printer.status()  # as the spooler looks at its printer before it has anything to print
    if printer.print_job(SLIP, b"0001").result is not PrintResult.DONE:
        return None
    (slip,) = bench.slips
    return slip.items[-ITEMS:]  # half a code may come out above it


def test_the_next_slip_is_whole_wherever_the_bytes_of_the_one_before_ended():
    whole = printed_after(0)
    assert whole[0].text == "代收费收据"
    assert [sent for sent in range(len(SENT)) if printed_after(sent) != whole] == []
