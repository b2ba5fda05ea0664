"""Opening a practice counter: its folder lies inside the real station's, and holds everything that practice makes."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from station_pos.bootstrap import begin_locally, open_station
from station_pos.bootstrap import now as real_now
from station_pos.config import PRACTICE_CODE, Settings
from station_pos.practice.headquarters import PracticeHq
from station_pos.practice.world import ANSWER_WAIT_S, LOG_NAME, PASSES_NAME, PracticeLink, PracticeWorld
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from station_pos.bootstrap import Station
    from station_pos.practice.world import PaperTray

FOLDER_NAME = "practice"
BAUD = 115_200
TEXT = Catalogue(
    {
        "station": ("练习站 (1 号, 密码 0000)", "Practice (number 1, PIN 0000)"),
        "operator": ("练习员", "Trainee"),
    }
)


@contextmanager
def practice_counter(
    station_folder: Path, *, printer: bool = True, clock: Callable[[], datetime] = real_now, by_itself: bool = True
) -> Iterator[tuple[Station, PracticeWorld]]:
    """Open the practice counter of a station's data folder, with a simulated printer unless told otherwise.

    Without ``by_itself`` whoever opened it lets the seconds pass at HQ.

    Nothing of it can reach HQ: no address is configured, no key of the station is opened, and HQ's half of the
    journals is sealed by a key made here.

    Raises:
        StoreError, RegisterFault, OSError: the folder cannot be used.
    """
    folder = station_folder / FOLDER_NAME
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as open_things:
        settings = Settings(answer_wait_s=ANSWER_WAIT_S)
        paper = None
        if printer:
            settings, paper = _simulated_printer(open_things, folder, settings)
        hq = PracticeHq(folder)
        begin_locally(folder, hq.key, PRACTICE_CODE, TEXT("station"))
        link = PracticeLink(clock)
        station = open_station(folder, clock, settings, link=link)
        open_things.callback(station.stop)
        books = station.register, station.queries
        files = station_folder / PASSES_NAME, folder / LOG_NAME
        world = PracticeWorld(station.counter, books, hq, link, clock, files)
        world.paper = paper
        world.furnish(TEXT("operator"))
        station.counter.practice = world
        station.start()
        if by_itself:
            world.start()
            open_things.callback(world.stop)
        yield station, world


def _simulated_printer(open_things: ExitStack, folder: Path, settings: Settings) -> tuple[Settings, PaperTray]:
    """Start the printer simulator on a pseudo-terminal; its paper lies in the practice folder as text."""
    from station_pos.demo.processes import Line, Process

    sockets = Path(tempfile.mkdtemp(prefix="spp-"))
    open_things.callback(shutil.rmtree, sockets, ignore_errors=True)
    arguments = ("--link", sockets / "tty", "--control", sockets / "control", "--paper", folder / "paper")
    name = "station_pos.demo.outside.printer_simulator"
    process = Process("printer", [name, *arguments, "--baud", BAUD, "--no-png"], folder / "printer.log")
    open_things.callback(process.stop)
    process.hello()
    line = Line(sockets / "control")

    def paper(*, out: bool) -> None:
        line.ask(cmd="paper_out" if out else "paper_in")

    return replace(settings, printer=str(sockets / "tty"), printer_baud=BAUD), paper


def _leave(*_: object) -> None:
    """End in order when the terminal is closed: the simulated printer is a process of its own."""
    raise SystemExit(1)


def run(station_folder: Path, *, printer: bool) -> int:
    """Practise at the screen until the operator ends it; gives the exit code."""
    from station_pos.tui.app import run as run_screen

    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, _leave)
    with practice_counter(station_folder, printer=printer) as (station, _):
        if not sys.stdin.isatty():
            return 2
        run_screen(station.counter, real_now, answer_wait_s=float(ANSWER_WAIT_S))
    return 0
