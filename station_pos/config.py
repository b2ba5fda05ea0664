"""Settings of the station, read from ``station.toml`` in the data folder, and what is fixed about its dates.

Unknown names and values of the wrong type are refused with one sentence, so a typing error is never silently a default.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ZONE = timezone(timedelta(hours=8))
"""Beijing time; the whole country uses it and it has no summer time."""
CUT_OFF = time(23, 0)
"""A sale from this local time on carries the next business date."""
PRACTICE_CODE = "PRACTICE"
"""The station code of practice; HQ gives no station this code, and every paper and state row under it says so."""
SETTINGS_NAME = "station.toml"
KEY_MEMORY_MIB_MIN, KEY_MEMORY_MIB_MAX = 19, 1_024
PRIVATE_LINES = ("id_reader", "card_terminal")
"""Lines that carry card or identity data."""
DRAWER_PINS = (0, 2, 5)
PARCEL_DAYS = range(7, 31)
CONTACT_DAYS_LEAST = 30
_SHELVES = re.compile(r"([A-I]):[1-9][0-9]?x[1-9][0-9]{0,2}(?: (?!\1)[A-I]:[1-9][0-9]?x[1-9][0-9]{0,2}){0,8}")
MARKERS = ("process_id", "gs_r", "none")


def undo_shuts_at(taken_at: datetime, business_date: date, minutes: int) -> datetime:
    """Give when the undo of a sale shuts: after its product's minutes, and at the latest with its business date."""
    return min(taken_at + timedelta(minutes=minutes), datetime.combine(business_date, CUT_OFF, ZONE))


def command_words(command: str) -> tuple[str, ...]:
    """Take a command apart as a shell would; nothing where its quotes do not match."""
    from shlex import split  # here, since most counters have no such setting

    try:
        return tuple(split(command))
    except ValueError:
        return ()


class SettingsRefusedError(ValueError):
    """The settings file cannot be used; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation's settings.

    ``hq_url`` is where HQ answers. ``printer`` is the serial line of the receipt printer (a device path or a URL that
    pyserial knows; empty for none), ``printer_baud`` its speed, ``printer_marker`` how it tells that a job is printed
    (one of ``MARKERS``), ``printer_gbk_only`` whether its font ends where GBK ends. ``answer_wait_s`` is how long the
    counter waits for a biller before it prints a pending slip, ``idle_lock_s`` how long without a key before it locks.
    ``key_memory_mib`` is what a guess at the pass phrase of a new key costs; the least is OWASP's for Argon2id.
    ``scanner`` is the line of a scanner in serial mode (empty: it types like a keyboard), ``id_reader`` that of an
    identity card reader (SAM-V), each with its speed. ``drawer_pin`` is the pin of the printer's connector that opens
    the cash drawer (one of ``DRAWER_PINS``; 0 for no drawer). ``label_printer`` is a second printer for shelf labels,
    with settings like the receipt printer's; without one the receipt printer prints them. ``parcel_shelves`` names the
    shelves for parcels with levels and room on each, ``parcel_return_days`` (7 to 30) when an item goes back,
    ``parcel_lost_days`` (7 to 30) when an ordinary missing one counts as lost, ``parcel_contact_days`` (30 and more)
    how long names and phones of recipients are kept once nothing of their manifest is here; with ``pickup_asks_phone``
    a pickup code takes the last four digits of the phone beside it. ``card_terminal`` is the line of the card terminal,
    ``card_terminal_driver`` the name of its driver, ``card_terminal_baud`` its speed (0: the driver's own),
    ``card_terminal_password`` what it asks of a counter (empty: as delivered). ``voice`` is a program with
    arguments that speaks the phrase for the customer, which it gets on its standard input (empty: nothing is spoken).
    """

    hq_url: str = ""
    printer: str = ""
    printer_baud: int = 9_600
    printer_marker: str = "process_id"
    printer_gbk_only: bool = False
    answer_wait_s: int = 25
    key_memory_mib: int = 64
    drawer_pin: int = 0
    label_printer: str = ""
    label_printer_baud: int = 9_600
    label_printer_marker: str = "process_id"
    label_printer_gbk_only: bool = False
    scanner: str = ""
    scanner_baud: int = 115_200
    id_reader: str = ""
    id_reader_baud: int = 115_200
    idle_lock_s: int = 300
    parcel_shelves: str = "A:4x20 B:4x20 C:4x20"
    parcel_return_days: int = 15
    parcel_lost_days: int = 15
    parcel_contact_days: int = 365
    pickup_asks_phone: bool = False
    card_terminal: str = ""
    card_terminal_driver: str = "zvt"
    card_terminal_baud: int = 0
    card_terminal_password: str = ""
    voice: str = ""


def read_settings(folder: Path) -> Settings:
    """Read the settings of a data folder; defaults where there is no file.

    Raises:
        SettingsRefusedError: the file is no TOML, or holds a name or value that is not a setting.
    """
    path = folder / SETTINGS_NAME
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsRefusedError(f"{path} cannot be read as settings: {error}.") from error
    known = {field.name: type(field.default) for field in fields(Settings)}
    for name, value in found.items():
        if name not in known:
            raise SettingsRefusedError(f"{path}: {name!r} is no setting; there are {', '.join(known)}.")
        if type(value) is not known[name]:
            raise SettingsRefusedError(f"{path}: {name} must be {known[name].__name__}, not {value!r}.")
    settings = Settings(**found)
    _check(path, settings)
    return settings


def _check_parcels(path: Path, settings: Settings) -> None:
    if not _SHELVES.fullmatch(settings.parcel_shelves):
        raise SettingsRefusedError(f"{path}: parcel_shelves names shelves such as A:4x20 B:4x20 (letters A to I).")
    for name in ("parcel_return_days", "parcel_lost_days"):
        if getattr(settings, name) not in PARCEL_DAYS:
            raise SettingsRefusedError(f"{path}: {name} is {PARCEL_DAYS[0]} to {PARCEL_DAYS[-1]}.")
    if settings.parcel_contact_days < CONTACT_DAYS_LEAST:
        raise SettingsRefusedError(f"{path}: parcel_contact_days is {CONTACT_DAYS_LEAST} or more.")


def _check(path: Path, settings: Settings) -> None:
    """Refuse values that no setting can have."""
    for name in ("printer_marker", "label_printer_marker"):
        if getattr(settings, name) not in MARKERS:
            raise SettingsRefusedError(f"{path}: {name} is one of {', '.join(MARKERS)}.")
    _check_parcels(path, settings)
    if settings.drawer_pin not in DRAWER_PINS:
        raise SettingsRefusedError(f"{path}: drawer_pin is one of {', '.join(map(str, DRAWER_PINS))}.")
    if settings.drawer_pin and not settings.printer:
        raise SettingsRefusedError(f"{path}: drawer_pin needs a printer, which opens the drawer.")
    for name in (
        "printer_baud",
        "label_printer_baud",
        "scanner_baud",
        "id_reader_baud",
        "answer_wait_s",
        "idle_lock_s",
    ):
        if getattr(settings, name) <= 0:
            raise SettingsRefusedError(f"{path}: {name} is above zero.")
    if settings.voice and not command_words(settings.voice):
        raise SettingsRefusedError(f"{path}: voice is a program with its arguments, such as espeak-ng -v cmn.")
    if settings.card_terminal_baud < 0:
        raise SettingsRefusedError(f"{path}: card_terminal_baud is above zero, or 0 for the driver's own speed.")
    for name in PRIVATE_LINES:
        if getattr(settings, name).lower().startswith("spy://"):
            raise SettingsRefusedError(f"{path}: {name} may not be spy://, which would write personal data to a file.")
    if not KEY_MEMORY_MIB_MIN <= settings.key_memory_mib <= KEY_MEMORY_MIB_MAX:
        raise SettingsRefusedError(f"{path}: key_memory_mib is {KEY_MEMORY_MIB_MIN} to {KEY_MEMORY_MIB_MAX}.")


def write_settings(folder: Path, settings: Settings) -> None:
    """Write the settings that differ from the defaults."""
    default = Settings()
    lines = []
    for field in fields(Settings):
        value = getattr(settings, field.name)
        if value != getattr(default, field.name):
            lines.append(f"{field.name} = {json.dumps(value, ensure_ascii=False)}")
    (folder / SETTINGS_NAME).write_text("\n".join(lines) + "\n", "utf-8")
