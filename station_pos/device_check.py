"""Each configured device tried once and explained in plain words: what was tried, what came back, what to do.

Runs beside nothing: a line that the counter has open is said to be in use, by whom, and left alone.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from station_journal.masking import mask_name
from station_pos.device_words import CONDITION_TODO, FAULT_TODO, TEXT
from station_pos.devices import from_settings
from station_pos.devices.card_drivers import DriverError
from station_pos.devices.card_terminal_state import TERMINAL_WORDS, TerminalCondition
from station_pos.devices.line_holders import holders_of
from station_pos.devices.ports import (
    CONDITION_WORDS,
    Condition,
    Connection,
    LineError,
    LineFault,
    PaperState,
    PrinterStatus,
    PrintOutcome,
    describe,
)
from station_pos.devices.sam_v import ID_TROUBLES, IdReadError, IdTrouble
from station_pos.devices.scan_reader import SILENCE_S, Code, ScanReader
from station_pos.receipts.escpos import encode
from station_pos.receipts.paper import Cut, Feed, Paper, Rule, Text
from station_pos.text import Language, language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from station_pos.config import Settings
    from station_pos.devices.printer import EscposPrinter
    from station_pos.devices.serial_line import SerialLine
    from station_pos.receipts.escpos import PrinterProfile

_PRINT_TAG: Final = b"TEST"
_TERMINAL_ITSELF: Final = {
    TerminalCondition.BUSY,
    TerminalCondition.CARD_LEFT_IN,
    TerminalCondition.PRINTER_NOT_READY,
    TerminalCondition.NOT_SIGNED_ON,
    TerminalCondition.FAULT,
}
"""What the terminal answers where its line and its driver are right."""


class Result(StrEnum):
    """How a device did. NOT_TRIED is no bad news: what would have shown it was not asked for."""

    GOOD = "good"
    BAD = "bad"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class Finding:
    """One device: its name in the settings, its line, and the three sentences (``todo`` is empty where all is well)."""

    device: str
    line: str
    result: Result
    tried: str
    answer: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try beyond asking.

    ``print_page`` prints a test slip on each printer, ``open_drawer`` sends the drawer's pulse, ``wait_s`` is how long
    a code to scan and a card to read are waited for, each; 0 asks for neither.
    """

    print_page: bool = False
    open_drawer: bool = False
    wait_s: float = 0.0


def check_devices(settings: Settings, folder: Path, trial: Trial, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Try every device of the settings, one after the other."""
    if settings.printer:
        yield from _receipt_printer(settings, folder, trial)
    if settings.label_printer:
        printer, profile = from_settings.label_printer(settings, folder)
        with ExitStack() as stack:
            stack.callback(printer.close)
            yield _printer("label_printer", settings.label_printer, (printer, profile), trial, settings)
    if settings.card_terminal:
        yield _card_terminal(settings, folder, now)
    if settings.scanner:
        yield _scanner(settings, from_settings.scanner_line(settings, folder), trial)
    if settings.id_reader:
        yield _id_reader(settings, folder, trial, lambda: now().date())


def _receipt_printer(settings: Settings, folder: Path, trial: Trial) -> Iterator[Finding]:
    printer, profile = from_settings.receipt_printer(settings, folder)
    with ExitStack() as stack:
        stack.callback(printer.close)
        yield _printer("printer", settings.printer, (printer, profile), trial, settings)
        if settings.drawer_pin:
            yield _drawer(settings, printer, trial)


def _printer(
    device: str, url: str, driver: tuple[EscposPrinter, PrinterProfile], trial: Trial, settings: Settings
) -> Finding:
    printer, profile = driver
    tried = TEXT("tried_printer")
    error = printer.try_line()
    if error is not None:
        return _line_failed(device, error, tried)
    status = printer.status()
    condition = describe(status)
    todo = _condition_todo(condition, device, settings)
    if condition is Condition.NO_ANSWER:
        todo += _others(url)
    if not (status.ready and trial.print_page):
        result = Result.GOOD if status.ready else Result.BAD
        return Finding(device, url, result, tried, _status_words(status), todo)
    outcome = printer.print_job(encode(_test_page(device), profile), _PRINT_TAG)
    return _printed(device, url, outcome, settings)


def _printed(device: str, url: str, outcome: PrintOutcome, settings: Settings) -> Finding:
    tried = TEXT("tried_print")
    if outcome.printed:
        return Finding(device, url, Result.GOOD, tried, TEXT(f"printed_{outcome.result.value}"), TEXT("look_at_page"))
    answer = _either(CONDITION_WORDS[outcome.reason])
    return Finding(device, url, Result.BAD, tried, answer, _condition_todo(outcome.reason, device, settings))


def _drawer(settings: Settings, printer: EscposPrinter, trial: Trial) -> Finding:
    device, line = "drawer", TEXT("drawer_line", pin=settings.drawer_pin)
    if not trial.open_drawer:
        return Finding(device, line, Result.NOT_TRIED, TEXT("drawer_untried"), "", TEXT("drawer_todo"))
    outcome = printer.kick_drawer(2 if settings.drawer_pin == 2 else 5)  # noqa: PLR2004  the connector's pins
    if outcome.printed:
        return Finding(device, line, Result.GOOD, TEXT("tried_drawer"), TEXT("drawer_sent"), TEXT("drawer_look"))
    answer = _either(CONDITION_WORDS[outcome.reason])
    return Finding(
        device, line, Result.BAD, TEXT("tried_drawer"), answer, _condition_todo(outcome.reason, "printer", settings)
    )


def _card_terminal(settings: Settings, folder: Path, now: Callable[[], datetime]) -> Finding:
    device, url, tried = "card_terminal", settings.card_terminal, TEXT("tried_terminal")
    try:
        terminal = from_settings.card_terminal(settings, folder, now)
    except DriverError as error:
        return Finding(device, url, Result.BAD, TEXT("tried_driver"), str(error), TEXT("terminal_todo"))
    with ExitStack() as stack:
        stack.callback(terminal.close)
        status = terminal.status()
    answer = " ".join(
        part for part in (_either(TERMINAL_WORDS[status.condition]), status.software, status.detail) if part
    )
    if status.ready:
        return Finding(device, url, Result.GOOD, tried, answer)
    if status.condition in _TERMINAL_ITSELF:
        return Finding(device, url, Result.BAD, tried, answer, TEXT("terminal_itself"))
    line_fault = status.condition.value.startswith("line_")
    todo = (
        _fault_todo(LineFault(status.condition.value), device) if line_fault else TEXT("terminal_todo") + _others(url)
    )
    return Finding(device, url, Result.BAD, tried, answer, todo)


def _scanner(settings: Settings, line: SerialLine, trial: Trial) -> Finding:
    device, url, tried = "scanner", settings.scanner, TEXT("tried_scanner")
    with ExitStack() as stack:
        stack.callback(line.close)
        try:
            line.open()
            code = _next_code(line, trial.wait_s) if trial.wait_s else None
        except LineError as error:
            return _line_failed(device, error, tried)
    if not trial.wait_s:
        return Finding(device, url, Result.GOOD, tried, TEXT("line_open"), TEXT("scanner_untried"))
    tried = TEXT("tried_scan", seconds=int(trial.wait_s))
    if code is None or not code.readable:
        answer, todo = ("no_code", "no_code_todo") if code is None else ("garbled_code", "garbled_todo")
        advice = TEXT(todo, baud=settings.scanner_baud) + _others(url)
        return Finding(device, url, Result.BAD, tried, TEXT(answer), advice)
    return Finding(device, url, Result.GOOD, tried, TEXT("code", code=code.text[:48], kind=code.symbology or "-"))


def _next_code(line: SerialLine, wait_s: float) -> Code | None:
    reader, ends_at = ScanReader(), monotonic() + wait_s
    while monotonic() < ends_at:
        data = line.read(1024, SILENCE_S)
        found = reader.feed(data, monotonic()) if data else reader.quiet(monotonic())
        if found:
            return found[0]
    return None


def _id_reader(settings: Settings, folder: Path, trial: Trial, today: Callable[[], date]) -> Finding:
    device, url, tried = "id_reader", settings.id_reader, TEXT("tried_id")
    reader = from_settings.id_reader(settings, folder, today)
    with ExitStack() as stack:
        stack.callback(reader.close)
        try:
            reader.check()
            if not trial.wait_s:
                return Finding(device, url, Result.GOOD, tried, TEXT("id_well"), TEXT("id_untried"))
            tried, ends_at = TEXT("tried_card", seconds=int(trial.wait_s)), monotonic() + trial.wait_s
            card = reader.read_card()
            while card is None and monotonic() < ends_at:
                card = reader.read_card()
        except LineError as error:
            return _line_failed(device, error, tried)
        except IdReadError as error:
            todo = TEXT("silent_todo", setting=f"{device}_baud", baud=settings.id_reader_baud)
            silent = error.trouble in {IdTrouble.NO_ANSWER, IdTrouble.PROTOCOL, IdTrouble.GARBLED}
            return Finding(
                device, url, Result.BAD, tried, ID_TROUBLES(error.trouble), todo if silent else TEXT("card_todo")
            )
    if card is None:
        return Finding(device, url, Result.BAD, tried, ID_TROUBLES(IdTrouble.NO_CARD), TEXT("card_todo"))
    answer = TEXT("card", name=mask_name(card.name), number=card.resident_id.masked_for_all())
    return Finding(device, url, Result.GOOD, tried, answer)


def _line_failed(device: str, error: LineError, tried: str) -> Finding:
    answer = error.words("en" if language() is Language.EN else "zh")
    return Finding(device, error.name, Result.BAD, tried, answer, _fault_todo(error.fault, device))


def _others(url: str) -> str:
    """Name the programs that have the line open without having asked for it alone; empty where there is none."""
    others = "" if "://" in url else ", ".join(holders_of(url))
    return TEXT("shared_todo", others=others) if others else ""


def _fault_todo(fault: LineFault, device: str) -> str:
    return FAULT_TODO(fault, setting=device, lines=_lines_here() or TEXT("none_here"))


def _condition_todo(condition: Condition, device: str, settings: Settings) -> str:
    if condition in CONDITION_TODO:
        return CONDITION_TODO(condition, setting=device, baud=getattr(settings, f"{device}_baud"))
    # A line that failed in the middle of a question.
    return _fault_todo(LineFault(condition.value), device)


def _status_words(status: PrinterStatus) -> str:
    """Say all that the printer told of itself, the unknown too."""
    if status.connection is Connection.UNKNOWN:
        return TEXT("no_answer")
    cover = "cover_open" if status.cover_open else "cover_shut"
    return TEXT(
        "status", connection=TEXT(status.connection), cover=TEXT(cover), paper=TEXT(f"paper_{PaperState(status.paper)}")
    )


def _lines_here() -> str:
    """Name the serial lines of this machine, the names that stay first."""
    found = [*sorted(Path("/dev/serial/by-id").glob("*")), *sorted(Path("/dev").glob("ttyUSB*"))]
    return ", ".join(str(path) for path in [*found, *sorted(Path("/dev").glob("ttyACM*"))][:6])


def _test_page(device: str) -> Paper:
    title = Text(TEXT(device), "centre", size=(2, 2), bold=True)
    return Paper((title, Rule(), Text(TEXT("page")), Text(TEXT("page_money")), Rule(), Feed(3), Cut()))


def _either(words: tuple[str, str]) -> str:
    return words[1] if language() is Language.EN else words[0]
