"""The composition root of the counter: where the real clock, the disk, the lines and the workers are put together."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from station_pos.config import Settings, read_settings
from station_pos.counter import PrinterState
from station_pos.queries import Queries
from station_pos.register import Register
from station_pos.station_counter import StationCounter
from station_pos.store.database import Database
from station_pos.workers.confirmer import Confirmer
from station_pos.workers.day_ender import DayEnder
from station_pos.workers.hq_link import HqLink
from station_pos.workers.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.receipts.escpos import JobMarker
    from station_pos.workers.spooler import Spooler

DATA_VARIABLE = "STATION_POS_DATA"


def now() -> datetime:
    """Read the machine's clock, in UTC."""
    return datetime.now(UTC)


def data_folder(asked: Path | None) -> Path:
    """Give the data folder: as asked for, else by ``STATION_POS_DATA``, else where the system keeps such data."""
    if asked is not None:
        return asked
    named = os.environ.get(DATA_VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("station-pos")


@dataclass(slots=True)
class Station:
    """One running counter. ``start`` begins the work in the background, ``stop`` ends it in order."""

    folder: Path
    settings: Settings
    database: Database
    register: Register
    queries: Queries
    writer: Writer
    confirmer: Confirmer
    day_ender: DayEnder
    link: HqLink
    counter: StationCounter
    spooler: Spooler | None = None
    closers: list[Callable[[], None]] = field(default_factory=list)

    def start(self) -> None:
        """Begin to print, to watch the payments that wait, and to end business days."""
        if self.spooler is not None:
            self.register.subscribe(self.spooler.wake)
            self.spooler.start()
        self.register.subscribe(self.confirmer.wake)
        self.confirmer.start()
        self.day_ender.start()

    def stop(self) -> None:
        """End every worker, the last the disk; what was asked for is finished first."""
        self.writer.stop()
        self.day_ender.stop()
        self.link.stop()
        self.confirmer.stop()
        if self.spooler is not None:
            self.spooler.stop()
        self.counter.close()
        for close in self.closers:
            close()
        self.database.close()


def open_station(folder: Path, clock: Callable[[], datetime] = now, settings: Settings | None = None) -> Station:
    """Open an enrolled station's data folder and put the counter together; nothing runs yet.

    Raises:
        StoreError: nothing enrolled there, in use by another process, not writable, damaged.
        RegisterFault: the books cannot be opened.
        SettingsRefusedError: the settings file holds something that is no setting.
    """
    settings = settings or read_settings(folder)
    database = Database(folder)
    try:
        register = Register(database, clock)
    except BaseException:
        database.close()
        raise
    queries = Queries(database, register.tariffs)
    writer = Writer(register.execute)
    confirmer = Confirmer(queries, register.execute, clock, settings.answer_wait_s)
    link = HqLink(folder, settings.hq_url, register, clock, random.SystemRandom().random)
    spooler, closers = _spooler(register, settings)

    def printer_state() -> PrinterState:
        return PrinterState.ABSENT if spooler is None else spooler.state

    return Station(
        folder=folder,
        settings=settings,
        database=database,
        register=register,
        queries=queries,
        writer=writer,
        confirmer=confirmer,
        day_ender=DayEnder(lambda: queries.next_date_to_end(clock()), register.execute),
        link=link,
        counter=StationCounter(register, queries, writer, confirmer, link, printer_state, clock),
        spooler=spooler,
        closers=closers,
    )


def _spooler(register: Register, settings: Settings) -> tuple[Spooler | None, list[Callable[[], None]]]:
    """Make the spooler of the printer in the settings; None where there is none."""
    if not settings.printer:
        return None, []
    from station_pos.devices.printer import EscposPrinter
    from station_pos.devices.serial_line import SerialLine
    from station_pos.receipts.escpos import PrinterProfile
    from station_pos.workers.spooler import Spooler

    profile = PrinterProfile(
        "receipt",
        gbk_only=settings.printer_gbk_only,
        job_marker=cast("JobMarker", settings.printer_marker),
        baud=settings.printer_baud,
    )
    stopping: list[Spooler] = []
    printer = EscposPrinter(
        SerialLine(settings.printer, baud=settings.printer_baud),
        profile,
        stopping=lambda: bool(stopping) and stopping[0].stopping(),
    )
    spooler = Spooler(register, printer, profile)
    stopping.append(spooler)
    return spooler, [printer.close]
