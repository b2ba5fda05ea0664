"""Drivers as the settings name them: which line, which speed, which model. Nothing is opened here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from station_pos.devices.serial_line import SerialLine
from station_pos.receipts.escpos import PrinterProfile

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime
    from pathlib import Path

    from station_pos.config import Settings
    from station_pos.devices.card_terminal import CardTerminal
    from station_pos.devices.id_reader import SamVReader
    from station_pos.devices.printer import EscposPrinter
    from station_pos.receipts.escpos import JobMarker

LOCKS_NAME: Final = "lines"
"""Folder in the data folder with a file for each line in use, so that a second program is told who has it."""


def receipt_printer(
    settings: Settings, folder: Path, stopping: Callable[[], bool] = lambda: False
) -> tuple[EscposPrinter, PrinterProfile]:
    """Make the receipt printer's driver and what its model can do."""
    from station_pos.devices.printer import EscposPrinter

    profile = PrinterProfile(
        "receipt",
        gbk_only=settings.printer_gbk_only,
        job_marker=cast("JobMarker", settings.printer_marker),
        baud=settings.printer_baud,
    )
    line = SerialLine(settings.printer, baud=settings.printer_baud, lock_folder=folder / LOCKS_NAME)
    return EscposPrinter(line, profile, stopping=stopping), profile


def label_printer(
    settings: Settings, folder: Path, stopping: Callable[[], bool] = lambda: False
) -> tuple[EscposPrinter, PrinterProfile]:
    """Make the driver of the second printer, for labels, and what its model can do."""
    from station_pos.devices.printer import EscposPrinter

    profile = PrinterProfile(
        "label",
        gbk_only=settings.label_printer_gbk_only,
        job_marker=cast("JobMarker", settings.label_printer_marker),
        baud=settings.label_printer_baud,
    )
    line = SerialLine(settings.label_printer, baud=settings.label_printer_baud, lock_folder=folder / LOCKS_NAME)
    return EscposPrinter(line, profile, stopping=stopping), profile


def scanner_line(settings: Settings, folder: Path) -> SerialLine:
    """Make the line of the scanner in serial mode."""
    return SerialLine(settings.scanner, baud=settings.scanner_baud, lock_folder=folder / LOCKS_NAME)


def id_reader(settings: Settings, folder: Path, today: Callable[[], date]) -> SamVReader:
    """Make the identity card reader's driver; its line may write no protocol of its bytes."""
    from station_pos.devices.id_reader import SamVReader

    lock_folder = folder / LOCKS_NAME
    line = SerialLine(settings.id_reader, baud=settings.id_reader_baud, lock_folder=lock_folder, private=True)
    return SamVReader(line, today)


def card_terminal(settings: Settings, folder: Path, now: Callable[[], datetime]) -> CardTerminal:
    """Make the card terminal's driver; `now` gives Beijing time.

    Raises:
        DriverError: the named driver is not installed or cannot be used; one sentence.
    """
    from station_pos.devices.card_drivers import DriverSetup, make_driver

    setup = DriverSetup(
        line=settings.card_terminal,
        now=now,
        baud=settings.card_terminal_baud,
        password=settings.card_terminal_password,
        lock_folder=folder / LOCKS_NAME,
    )
    return make_driver(settings.card_terminal_driver, setup)
