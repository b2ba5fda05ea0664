"""One shop: its station, the printer on its counter, and its own bad line to HQ; each a real process."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from station_pos.demo.processes import Line, Process, Starter, WorldError, start_afresh, until
from station_pos.demo.station_process import StationProcess, new_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from station_pos.demo.biller_line import BillerLine
    from station_pos.demo.headquarters import Headquarters

BEIJING = timezone(timedelta(hours=8))
BAUD = 115_200
DRAWER_PIN = 2
ANSWER_WAIT_S = 4
"""How long this counter waits for a biller before it prints a pending slip: short, as the day is."""


class Shop:
    """A station with what stands around it. Sockets have a folder of their own: their paths must be short."""

    def __init__(
        self,
        hq: Headquarters,
        biller: BillerLine,
        folder: Path,
        code: str,
        fees_fen: dict[int, int],
        starter: Starter = start_afresh,
    ) -> None:
        """Name the folder, and say how the counter and what stands around it are started; nothing runs yet.

        ``fees_fen`` gives each product's fee as the tariff on the wall says.
        """
        self.hq, self.biller, self.folder, self.code = hq, biller, folder, code
        self._fees_fen, self._starter = fees_fen, starter
        self._sockets = Path(tempfile.mkdtemp(prefix="spd-"))
        self._logs = folder / "logs"
        self._processes: list[Process] = []
        self.printer = Line(self.printer_control)
        self._line = Line(self.link_control)
        known = new_secrets()
        self.station = StationProcess(folder / "station", self._logs, known, runner=hq.runner, starter=starter)
        self.link_url = ""
        self._settings: dict[str, str | int] = {}

    @property
    def paper(self) -> Path:
        """The printer's tray."""
        return self.folder / "paper"

    def begin(
        self, *, baud: int = BAUD, png: bool = True, answer_wait_s: int = ANSWER_WAIT_S, hq_port: int = 0, **more: int
    ) -> None:
        """Start the printer and the line to HQ, or to another port in its stead; HQ need not answer yet.

        ``more`` are further settings of the station.
        """
        printer = self._outside(
            "printer_simulator",
            *("--link", self._sockets / "tty", "--control", self.printer_control),
            *("--paper", self.paper, "--baud", baud),
            *(() if png else ("--no-png",)),
        )
        link = self._outside(
            "faulty_link", "--to", f"127.0.0.1:{hq_port or self.hq.port}", "--control", self.link_control
        )
        self.link_url = f"http://127.0.0.1:{link.hello()['port']}"
        printer.hello()
        self._settings = {
            "printer": str(self._sockets / "tty"),
            "printer_baud": baud,
            "drawer_pin": DRAWER_PIN,
            "answer_wait_s": answer_wait_s,
            "hq_url": self.link_url,
            **more,
        }
        self.station.settings(**self._settings)

    def put_on_the_counter(self) -> None:
        """Add a scanner in serial mode and a reader of identity cards; the station takes them up when it is opened."""
        for name, control in (("scanner", self.scanner), ("id_reader", self.id_reader)):
            tty = self._sockets / f"{name}-tty"
            self._outside(f"{name}_simulator", "--link", tty, "--control", control).hello()
            self._settings[name] = str(tty)
        self.station.settings(**self._settings)

    def put_card_terminal(self, rehearsed: Iterable[tuple[int, str]] = (), **options: float) -> None:
        """Add a card terminal with a bank of its own, whose customer puts a card in by himself.

        ``rehearsed`` gives faults (as JSON) by the amount in fen that meets them.
        """
        tty = self._sockets / "terminal-tty"
        words: list[object] = [
            word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)
        ]
        for amount_fen, fault in rehearsed:
            words += ["--rehearse", f"{amount_fen}={fault}"]
        self._outside(
            "zvt_terminal",
            *("--link", tty, "--control", self.terminal, "--book", self.bank_book, "--auto-card", 0),
            *("--terminal", self.terminal_no),
            *words,
        ).hello()
        self._settings["card_terminal"] = str(tty)
        self.station.settings(**self._settings)

    @property
    def printer_control(self) -> Path:
        """The control side of the printer."""
        return self._sockets / "printer"

    @property
    def link_control(self) -> Path:
        """The control side of the line to HQ."""
        return self._sockets / "link"

    @property
    def terminal(self) -> Path:
        """The control side of the card terminal."""
        return self._sockets / "terminal"

    @property
    def terminal_no(self) -> str:
        """The number of the station's card terminal, which is no other station's."""
        digits = "".join(character for character in self.code if character.isdecimal())
        return f"29{digits[-6:]:0>6}"

    @property
    def bank_book(self) -> Path:
        """The bank's own book behind the card terminal."""
        return self.folder / "bank.json"

    @property
    def scanner(self) -> Path:
        """The scanner's trigger, as a control socket."""
        return self._sockets / "scanner"

    @property
    def id_reader(self) -> Path:
        """Where cards are put on the reader, as a control socket."""
        return self._sockets / "id_reader"

    def _outside(self, name: str, *arguments: object) -> Process:
        words = [f"station_pos.demo.outside.{name}", *arguments]
        process = Process(name, words, self._logs / f"{name}.log", starter=self._starter)
        self._processes.append(process)
        return process

    def enrol(self) -> None:
        """Enrol the station with a second person's approval, and open its operators' accounts; it does not run yet.

        Raises:
            WorldError: a step was refused.
        """
        secret = self.hq.add_station(self.code)
        asked = ("enroll", "--station", self.code, "--hq", self.link_url, "--code", secret)
        self.station.run(*asked, "--no-wait", key=True, wrong_ok=True)
        self.hq.approve_station(self.code)
        self.station.run(*asked, key=True)
        self.station.add_operators()

    def open(self) -> None:
        """Start the counter and wait until it has a tariff to sell by."""
        self.station.start()
        until("the tariff to be adopted", lambda: self.station.find("df"), 60.0, 0.2)

    def stop(self) -> None:
        """End every process by its own pid, the counter first."""
        self.station.stop()
        for process in reversed(self._processes):
            process.stop()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def fee_fen(self, product_code: int) -> int:
        """Give the fee of a product as the tariff on the wall says."""
        return self._fees_fen[product_code]

    def buy_credit(self, amount_fen: int) -> None:
        """Have a credit purchase entered by a clerk and approved by a second person; wait until the station has it."""
        arrived = self.station.state()["credit_free_fen"] + amount_fen
        self.hq.buy_credit(self.code, amount_fen)
        self.station.sync()
        until("the credit to arrive", lambda: self.station.state()["credit_free_fen"] == arrived, 60.0, 0.1)

    def count_float(self, notes: Iterable[tuple[int, int]]) -> None:
        """Have the cash that is in the drawer at the start counted: face in fen and pieces.

        Raises:
            WorldError: the counter refused it.
        """
        answer = self.station.ask("count_float", notes=[list(line) for line in notes])
        if not answer["accepted"]:
            raise WorldError(f"the counter does not take the count of the float: {answer}")
        self.station.sync()

    def line(self, **command: Any) -> dict[str, Any]:
        """Tell the bad line what to do."""
        return self._line.ask(**command)

    def link_down(self) -> None:
        """Cut the line and wait until the station has noticed."""
        self.line(cmd="down")
        self.station.sync()
        until("the station to notice the cut", lambda: self.station.state()["link"] == "down", 30.0, 0.1)

    def link_up(self) -> None:
        """Mend the line and have the station try it."""
        self.line(cmd="clear")
        self.station.sync()
        until("the station to notice the line", lambda: self.station.state()["link"] == "up", 30.0, 0.1)

    def cut_upload_after(self, count: int) -> None:
        """Have the line break once ``count`` more bytes have gone up."""
        self.line(cmd="rate_bytes_s", n=4_000)
        self.line(cmd="cut_after", n=count, direction="up")

    def end_day(self) -> date:
        """Start the counter again as of a minute after the cut-off; gives the business date that ends by itself."""
        ending = date.fromisoformat(self.station.state()["business_date"])
        self.station.stop()
        now = datetime.now(UTC)
        ahead = next_cut_off(now) - now + timedelta(minutes=1)
        self.station.start(clock_ahead_s=int(ahead.total_seconds()))
        return ending


def next_cut_off(now: datetime) -> datetime:
    """Give the next 23:00 in Beijing."""
    cut_off = now.astimezone(BEIJING).replace(hour=23, minute=0, second=0, microsecond=0)
    return cut_off if cut_off > now else cut_off + timedelta(days=1)
