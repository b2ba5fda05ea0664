"""Opening a practice counter: its folder lies inside the real station's, and holds everything that practice makes."""

from __future__ import annotations

import shutil
import signal
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from station_pos.bootstrap import begin_locally, open_station
from station_pos.bootstrap import now as real_now
from station_pos.config import PRACTICE_CODE, Settings
from station_pos.data_folder import operators_of
from station_pos.drill_passes import PASSES_NAME
from station_pos.practice.headquarters import PracticeHq
from station_pos.practice.link import PracticeLink
from station_pos.practice.world import ANSWER_WAIT_S, LOG_NAME, PracticeWorld
from station_pos.text import Catalogue
from station_pos.workers.card_steps import CardTimes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from station_pos.bootstrap import Station
    from station_pos.practice.world import PaperTray, TerminalHand

FOLDER_NAME = "practice"
BAUD = 115_200
DRAWER_PIN = 2
CARD_AFTER_S = 2.0
TERMINAL_NO = "29000000"
"""The number of the practice terminal, as no acquirer gives one."""
_PATIENCE_S = 2.0
"""How long the simulated terminal waits for the counter's answers before it gives up on one."""
_TIMES = CardTimes(slip_after_s=float(ANSWER_WAIT_S))
TEXT = Catalogue(
    {
        "station": ("练习站 (本站的工号, 密码 0000)", "Practice (your own number, PIN 0000)"),
        "operator": ("练习员", "Trainee"),
    }
)


@contextmanager
def practice_counter(
    station_folder: Path,
    *,
    devices: bool = True,
    clock: Callable[[], datetime] = real_now,
    by_itself: bool = True,
) -> Iterator[tuple[Station, PracticeWorld]]:
    """Open the practice counter of a station's data folder, with a simulated printer and card terminal.

    Without ``devices`` there is neither. Without ``by_itself`` whoever opened it lets the seconds pass at HQ.

    Nothing of it can reach HQ: no address is configured, no key of the station is opened, and HQ's half of the
    journals is sealed by a key made here.

    Raises:
        StoreError, RegisterFault, OSError: the folder cannot be used.
    """
    folder = station_folder / FOLDER_NAME
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as open_things:
        settings = Settings(answer_wait_s=ANSWER_WAIT_S)
        paper = terminal = None
        if devices:
            sockets = Path(tempfile.mkdtemp(prefix="spp-"))
            open_things.callback(shutil.rmtree, sockets, ignore_errors=True)
            settings, paper = _simulated_printer(open_things, sockets, folder, settings)
            settings, terminal = _simulated_terminal(open_things, sockets, folder, settings)
        hq = PracticeHq(folder)
        begin_locally(folder, hq.key, PRACTICE_CODE, TEXT("station"))
        link = PracticeLink(clock)
        station = open_station(folder, clock, settings, link=link, card_times=_TIMES)
        open_things.callback(station.stop)
        books = station.register, station.queries
        files = station_folder / PASSES_NAME, folder / LOG_NAME
        world = PracticeWorld(station.counter, books, hq, link, clock, files)
        world.paper, world.terminal = paper, terminal
        world.furnish(operators_of(station_folder), TEXT("operator"))
        station.counter.practice, station.counter.passes_folder = world, station_folder
        station.start()
        if by_itself:
            world.start()
            open_things.callback(world.stop)
        yield station, world


def _simulated_printer(
    open_things: ExitStack, sockets: Path, folder: Path, settings: Settings
) -> tuple[Settings, PaperTray]:
    """Start the printer simulator on a pseudo-terminal; its paper lies in the practice folder as text."""
    from station_pos.demo.processes import Line, Process

    arguments = ("--link", sockets / "tty", "--control", sockets / "control", "--paper", folder / "paper")
    name = "station_pos.demo.outside.printer_simulator"
    process = Process("printer", [name, *arguments, "--baud", BAUD, "--no-png"], folder / "printer.log")
    open_things.callback(process.stop)
    process.hello()
    line = Line(sockets / "control")

    def paper(*, out: bool) -> None:
        line.ask(cmd="paper_out" if out else "paper_in")

    return replace(settings, printer=str(sockets / "tty"), printer_baud=BAUD, drawer_pin=DRAWER_PIN), paper


def _simulated_terminal(
    open_things: ExitStack, sockets: Path, folder: Path, settings: Settings
) -> tuple[Settings, TerminalHand]:
    """Start the ZVT simulator, with a bank of practice's own, whose customer puts a card in by himself."""
    from station_pos.demo.processes import Line, Process

    tty, control = sockets / "terminal-tty", sockets / "terminal"
    arguments: list[object] = ["--link", tty, "--control", control, "--book", folder / "bank.json", "--auto-card", 0]
    arguments += ["--auto-after-s", CARD_AFTER_S, "--answer-s", _PATIENCE_S, "--acknowledge-s", _PATIENCE_S]
    arguments += ["--terminal", TERMINAL_NO]
    name = "station_pos.demo.outside.zvt_terminal"
    process = Process("zvt_terminal", [name, *arguments], folder / "terminal.log")
    open_things.callback(process.stop)
    process.hello()
    line = Line(control)

    def hand(**command: Any) -> None:
        line.ask(**command)

    return replace(settings, card_terminal=str(tty)), hand


def _leave(*_: object) -> None:
    """End in order when the terminal is closed: the simulated printer is a process of its own."""
    raise SystemExit(1)


def run(station_folder: Path, *, devices: bool) -> None:
    """Practise at the screen until the operator ends it."""
    from station_pos.tui.app import run as run_screen

    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, _leave)
    with practice_counter(station_folder, devices=devices) as (station, _):
        run_screen(station.counter, real_now, answer_wait_s=float(ANSWER_WAIT_S))
