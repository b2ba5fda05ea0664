"""The composition root of the counter: where the real clock, the disk, the lines and the workers are put together."""

from __future__ import annotations

import os
import random
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, cast

from station_journal.posting import NotComputableError
from station_journal.records import Equipment
from station_pos.commands.outcome import RegisterFault
from station_pos.config import ZONE, Settings, SettingsRefusedError, read_settings, write_settings
from station_pos.queries import Queries
from station_pos.register import Register
from station_pos.register.contact_keeping import forget_contacts
from station_pos.station_counter import Link, StationCounter
from station_pos.store.database import Database
from station_pos.store.errors import StoreError
from station_pos.withdrawal_queries import WithdrawalQueries
from station_pos.workers.confirmer import Confirmer
from station_pos.workers.counter_devices import CounterDevices, ScanDesk, Spoolers
from station_pos.workers.day_ender import DayEnder
from station_pos.workers.hq_link import KEYS_NAME, WITNESS_NAME, HqLink
from station_pos.workers.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from station_pos.services.parcels import ParcelTerms
    from station_pos.workers.card_steps import CardTimes
    from station_pos.workers.card_turn import CardTurn
    from station_pos.workers.device_watch import DeviceWatch
    from station_pos.workers.id_reading import IdReaderTurn
    from station_pos.workers.spooler import Spooler
    from station_pos.workers.syncer import Syncer

DATA_VARIABLE = "STATION_POS_DATA"
LOG_NAME = "station.log"
LOG_BYTES_MAX = 1_000_000


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


class StoppableLink(Link, Protocol):
    """The line to HQ as the composition root holds it."""

    def prepare(self, pass_phrase: str) -> Syncer | None:
        """Open the key without starting to sync; None for a wrong pass phrase, and where there is no line at all."""

    def stop(self) -> None:
        """End the exchange under way."""


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
    link: StoppableLink
    counter: StationCounter
    devices: CounterDevices

    def start(self) -> None:
        """Begin to print, to watch the payments that wait, and to end business days."""
        for spooler in self.devices.spoolers:
            self.register.subscribe(spooler.wake)
        self.devices.start()
        self.register.subscribe(self.confirmer.wake)
        self.confirmer.start()
        self.day_ender.start()

    def stop(self) -> None:
        """End every worker, the last the disk; what was asked for is finished first."""
        self.writer.stop()
        self.day_ender.stop()
        self.link.stop()
        self.confirmer.stop()
        self.devices.stop()
        self.counter.close()
        self.database.close()


def log_to_file(folder: Path) -> None:
    """Let what the workers report go to ``station.log`` in the data folder: the terminal belongs to the screen.

    A folder that cannot take it is no reason not to sell.
    """
    import logging
    from logging.handlers import RotatingFileHandler

    try:
        handler = RotatingFileHandler(folder / LOG_NAME, maxBytes=LOG_BYTES_MAX, backupCount=2, encoding="utf-8")
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
    root = logging.getLogger("station_pos")
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    root.propagate = False


def open_station(
    folder: Path,
    clock: Callable[[], datetime] = now,
    settings: Settings | None = None,
    link: StoppableLink | None = None,
    card_times: CardTimes | None = None,
) -> Station:
    """Open an enrolled station's data folder and put the counter together; nothing runs yet.

    ``link`` stands in for the line to HQ and ``card_times`` for the card terminal's, as in practice.

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
    writer = Writer(register.execute, _tidier(register))
    confirmer = Confirmer(queries, register.execute, clock, settings.answer_wait_s)
    link = link or HqLink(folder, settings.hq_url, register, clock, random.SystemRandom().random)
    reads = WithdrawalQueries(database, queries.view, queries.business_date, clock)
    devices = _devices(register, reads, settings, folder, clock, card_times)
    if devices.card is not None:
        confirmer.beside.append(devices.card.slip_if_late)
    counter = StationCounter(register, queries, writer, confirmer, link, devices, clock)
    counter.parcels.use(_parcel_terms(settings))
    return Station(
        folder=folder,
        settings=settings,
        database=database,
        register=register,
        queries=queries,
        writer=writer,
        confirmer=confirmer,
        day_ender=DayEnder(
            lambda: queries.next_date_to_end(clock()),
            register.execute,
            tariff_due=lambda: queries.tariff_due(clock()),
            note_due=counter.parcels.shelf_count_due,
            upkeep=lambda: forget_contacts(register, clock(), settings.parcel_contact_days),
        ),
        link=link,
        counter=counter,
        devices=devices,
    )


def begin_locally(folder: Path, key: Ed25519PrivateKey, station_code: str, station_name: str) -> None:
    """Make a data folder whose both journals are certified by a key of this machine, as practice has it.

    One that is there already stays as it is. No real HQ knows the key, so nothing of the folder counts anywhere.

    Raises:
        StoreError, RegisterFault: the folder cannot be used.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as Key

    from station_journal.seal import Certificate, sign_certificate
    from station_journal.side import Side
    from station_pos.register.epochs import Epoch, begin_epoch
    from station_pos.store.reference import Profile

    public = key.public_key().public_bytes_raw()
    own = Certificate(Side.STATION, station_code, 1, Key.generate().public_key().public_bytes_raw())
    hq = Certificate(Side.HQ, station_code, 1, public)
    signed = sign_certificate(key, own), sign_certificate(key, hq)
    database = Database(folder, create=True)
    try:
        begin_epoch(database, Epoch(own, signed[0], hq, signed[1], public, Profile(station_name, "", "", "")))
    finally:
        database.close()


def _tidier(register: Register) -> Callable[[], None]:
    def tidy() -> None:
        # A disk that refuses is told by the next sale, which must not fail for housekeeping.
        with suppress(StoreError):
            register.database.checkpoint()

    return tidy


def _parcel_terms(settings: Settings) -> ParcelTerms:
    """Give how the settings keep parcels; what they say was checked when they were read."""
    from station_pos.commands.parcel_days import ParcelDays
    from station_pos.services.parcels import ParcelTerms

    days = ParcelDays(give_back=settings.parcel_return_days, lost=settings.parcel_lost_days)
    return ParcelTerms(settings.parcel_shelves, days, asks_phone=settings.pickup_asks_phone)


def _devices(
    register: Register,
    reads: WithdrawalQueries,
    settings: Settings,
    folder: Path,
    clock: Callable[[], datetime],
    card_times: CardTimes | None,
) -> CounterDevices:
    """Make what the settings name; what they do not name costs neither a thread nor an import."""
    spoolers, closers = _spoolers(register, settings, folder)
    scans, watches, id_turn, card = ScanDesk(), [], None, None
    if settings.scanner:
        watches.append(_scanner(register, settings, folder, scans))
    if settings.id_reader:
        watch, id_turn = _id_reader(register, settings, folder, clock)
        watches.append(watch)
    if settings.card_terminal:
        watch, card = _card_terminal(register, reads, settings, folder, clock, card_times)
        watches.append(watch)
    return CounterDevices(spoolers, tuple(watches), scans, id_turn, closers, card)


def _spoolers(register: Register, settings: Settings, folder: Path) -> tuple[Spoolers, tuple[Callable[[], None], ...]]:
    """Make a spooler for each printer in the settings; without one for labels the receipt printer prints them."""
    if not (settings.printer or settings.label_printer):
        return Spoolers(), ()
    from station_pos.devices.from_settings import label_printer, receipt_printer
    from station_pos.workers.spooler import ALL_PAPERS, LABELS_ONLY, SLIPS_ONLY, Spooler

    stopping: list[Spooler] = []

    def ending() -> bool:
        return any(spooler.stopping() for spooler in stopping)

    receipts = labels = None
    closers = []
    if settings.printer:
        printer, profile = receipt_printer(settings, folder, ending)
        duty = SLIPS_ONLY if settings.label_printer else ALL_PAPERS
        pin = cast("Literal[2, 5] | None", settings.drawer_pin or None)
        receipts = Spooler(register, printer, profile, drawer_pin=pin, duty=duty)
        register.on_cash(receipts.open_drawer)
        closers.append(printer.close)
    if settings.label_printer:
        printer, profile = label_printer(settings, folder, ending)
        labels = Spooler(register, printer, profile, duty=LABELS_ONLY)
        closers.append(printer.close)
    stopping += [spooler for spooler in (receipts, labels) if spooler is not None]
    return Spoolers(receipts, labels), tuple(closers)


def _scanner(register: Register, settings: Settings, folder: Path, scans: ScanDesk) -> DeviceWatch:
    from station_pos.devices.from_settings import scanner_line
    from station_pos.workers.device_watch import DeviceWatch
    from station_pos.workers.scanning import ScannerTurn

    line = scanner_line(settings, folder)
    return DeviceWatch(Equipment.SCANNER, ScannerTurn(line, scans.deliver), line.close, register.execute)


def _id_reader(
    register: Register, settings: Settings, folder: Path, clock: Callable[[], datetime]
) -> tuple[DeviceWatch, IdReaderTurn]:
    from station_pos.devices.from_settings import id_reader
    from station_pos.workers.device_watch import DeviceWatch
    from station_pos.workers.id_reading import IdReaderTurn

    reader = id_reader(settings, folder, lambda: clock().astimezone(ZONE).date())
    turn = IdReaderTurn(reader)
    return DeviceWatch(Equipment.ID_READER, turn, reader.close, register.execute), turn


def _card_terminal(
    register: Register,
    reads: WithdrawalQueries,
    settings: Settings,
    folder: Path,
    clock: Callable[[], datetime],
    times: CardTimes | None,
) -> tuple[DeviceWatch, CardTurn]:
    from station_pos.devices.from_settings import card_terminal
    from station_pos.workers.card_turn import CardTurn
    from station_pos.workers.device_watch import DeviceWatch

    terminal = card_terminal(settings, folder, lambda: clock().astimezone(ZONE))
    turn = CardTurn(terminal, reads, register.execute, times=times)
    register.subscribe(turn.wake)
    return DeviceWatch(Equipment.CARD_TERMINAL, turn, terminal.close, register.execute), turn


class Enrolled(NamedTuple):
    """What an enrolment ends with: the epoch, and the key of HQ that every proof of the station goes back to."""

    epoch: int
    hq_public_key: bytes


def enrol_station(
    folder: Path,
    station_code: str,
    hq_url: str,
    code_and_pass_phrase: tuple[str, str],
    *,
    start_over: bool,
    wait: bool,
    announced: Callable[[], None],
) -> Enrolled | None:
    """Enrol this machine: make or take up the key, announce it, and keep what HQ approved.

    None where HQ has not approved yet and ``wait`` is not asked for: the same call later goes on.

    Raises:
        EnrolmentError, KeystoreError, WitnessError, LinkError, StoreError, RegisterFault: one sentence each.
    """
    from time import sleep

    from station_pos import enrolment
    from station_pos.keystore import KdfCost, Keystore
    from station_pos.sync.transport import HqClient

    code, pass_phrase = code_and_pass_phrase
    settings = read_settings(folder)
    keystore = Keystore(folder / KEYS_NAME, KdfCost(memory_kib=settings.key_memory_mib * 1024))
    client = HqClient(hq_url)
    database = Database(folder, create=True)
    try:
        pending = enrolment.begin(keystore, station_code, hq_url, code, pass_phrase, start_over=start_over)
        place = enrolment.EnrolledDatabase(database)
        witness = folder / WITNESS_NAME
        if wait:
            announced()
            approval = enrolment.enrol(keystore, place, witness, client, pending, pass_phrase, sleep)
        else:
            enrolment.announce(client, pending)
            asked = enrolment.ask(client, pending)
            if asked is None:
                announced()
                return None
            enrolment.finish(keystore, place, witness, client, pending, asked, pass_phrase)
            approval = asked
        write_settings(folder, replace(settings, hq_url=hq_url))
        return Enrolled(approval.certificate.epoch, approval.hq.certificate.public_key)
    finally:
        database.close()
        client.close()


def sentence_of(error: Exception) -> str | None:
    """Give the one sentence of a trouble that a person can act on; None for a fault of the program."""
    from station_pos.commands.outcome import FAULTS

    if isinstance(error, StoreError):
        return FAULTS(error.trouble) + (f" ({error.detail})" if error.detail else "")
    if isinstance(error, RegisterFault | SettingsRefusedError | NotComputableError | OSError):
        return str(error)
    known = {
        "EnrolmentError",
        "KeystoreError",
        "LinkError",
        "WitnessError",
        "ReplyRefusedError",
        "PinRefusedError",
        "DriverError",
    }
    return str(error) if type(error).__name__ in known else None
