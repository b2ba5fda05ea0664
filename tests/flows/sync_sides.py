"""The real HQ over HTTP and a real station on its own disk, for flows between them."""

from __future__ import annotations

import random
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, text

from hq_server.bootstrap import Headquarters, make_app, make_bell
from hq_server.config import Settings
from hq_server.hq_journal import HqJournal, announce_tariffs
from hq_server.reference import enrolment
from hq_server.reference.tariffs import publish
from station_journal.records import Actor, ActorKind, CreditGranted, HqFact, OperatorRole, Side
from station_pos.commands.orders import EnrolOperator, TakeBillPayment
from station_pos.commands.outcome import Accepted
from station_pos.enrolment import EnrolledDatabase, announce, ask, begin, finish
from station_pos.keystore import KdfCost, Keystore
from station_pos.register import Register
from station_pos.store.database import Database
from station_pos.sync.transport import HqClient
from station_pos.workers.contact_bringer import ContactBringer
from station_pos.workers.exchanger import Exchanger
from station_pos.workers.link_state import LinkBoard
from station_pos.workers.register_journals import RegisterJournals
from station_pos.workers.syncer import Syncer, Timings
from tests.hq_server.people import MAKER, SECOND, add_people, profile, tariff

STATION = "ST-0417"
PHRASE = "山上的桃花开了2026"
CHEAP = KdfCost(time_cost=1, memory_kib=64, parallelism=1)
OWNER = 1
ELECTRICITY = 101


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class HqAtWork:
    """HQ with its people; ``url`` is where stations call."""

    hq: Headquarters
    url: str

    @property
    def engine(self) -> Engine:
        return self.hq.engine

    @property
    def now(self) -> datetime:
        return self.hq.clock()

    def first_code(self, code: str = STATION) -> str:
        with self.engine.begin() as connection:
            return enrolment.add_station(connection, self.hq.journal.key, MAKER, profile(code), self.now)

    def another_code(self) -> str:
        with self.engine.begin() as connection:
            return enrolment.issue_code(connection, self.hq.journal.key, MAKER, STATION, clock())

    def approve(self, code: str = STATION) -> None:
        with self.engine.begin() as connection:
            enrolment.approve(connection, self.hq.journal.key, SECOND, code, self.now)

    def append(self, *facts: HqFact) -> None:
        with self.engine.begin() as connection:
            self.hq.journal.append(connection, STATION, facts, Actor(ActorKind.PERSON, MAKER.staff_no), clock())

    def grant(self, amount_fen: int, purchase_no: int = 1) -> None:
        self.append(CreditGranted(amount_fen, purchase_no, MAKER.staff_no, SECOND.staff_no))

    def publish_tariff(self) -> None:
        sold = tariff("2026-11", clock().date())
        with self.engine.begin() as connection:
            publish(connection, MAKER, sold, clock())
        announce_tariffs(self.engine, self.hq.journal, clock())

    def records(self, side: Side = Side.STATION) -> list[bytes]:
        query = text("SELECT data FROM journal_records WHERE station_code=:code AND side=:side ORDER BY seq")
        with self.engine.connect() as connection:
            return list(connection.scalars(query, {"code": STATION, "side": side.value}))

    def count(self, table: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


@contextmanager
def hq_at_work(engine: Engine, clock: Callable[[], datetime] = clock, *, restored: bool = False) -> Iterator[HqAtWork]:
    """Serve the real application on a port of its own, with a key and people; a restored one has its people."""
    if not restored:
        add_people(engine)
    hq = Headquarters(Settings(), engine, HqJournal(Ed25519PrivateKey.from_private_bytes(b"h" * 32)), clock)
    bell = make_bell(hq)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(hq, bell), log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield HqAtWork(hq, f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        bell.closing = True
        server.should_exit = True
        thread.join()
        listener.close()


class StationAtWork:
    """A machine with a data folder; the witness and the keys stand beside the database, as on a real one."""

    def __init__(
        self,
        folder: Path,
        url: str,
        silence_timeout_s: float = 60,
        code: str = STATION,
        clock: Callable[[], datetime] = clock,
    ) -> None:
        self.folder, self.code, self.clock = folder, code, clock
        self.keystore = Keystore(folder / "keys", CHEAP)
        self.witness_path = folder / "witness.json"
        self.client = HqClient(url, connect_timeout_s=60, silence_timeout_s=silence_timeout_s)
        self.url = url
        self.operation_no = 0
        self.running = False

    def call(self, url: str) -> None:
        """Call another address from the next opening on: HQ was put up on another machine."""
        self.client.close()
        self.url, self.client = url, HqClient(url, connect_timeout_s=60, silence_timeout_s=60)

    def enrol(self, hq: HqAtWork, code: str) -> int:
        """Announce, be approved, and keep what was approved; gives how many records were put aside."""
        pending = begin(self.keystore, self.code, self.url, code, PHRASE)
        announce(self.client, pending)
        hq.approve(self.code)
        approval = ask(self.client, pending)
        assert approval is not None
        database = Database(self.folder, create=True)
        try:
            station = EnrolledDatabase(database)
            return finish(self.keystore, station, self.witness_path, self.client, pending, approval, PHRASE)
        finally:
            database.close()

    def open(self, timings: Timings | None = None) -> StationAtWork:
        self.database = Database(self.folder)
        self.register = Register(self.database, self.clock)
        self.journals = RegisterJournals(self.register, self.clock)
        key = self.keystore.open(self.journals.authority().station.epoch, PHRASE)
        self.exchanger = Exchanger(self.journals, key, self.client, self.witness_path)
        self.exchanger.check_witness()
        self.board = LinkBoard(self.clock)
        bringer = ContactBringer(self.journals, key, self.client, self.code)
        self.syncer = Syncer(self.exchanger, self.journals, self.board, random.Random(7).random, timings, bringer.bring)
        self.register.subscribe(self.syncer.appended)
        return self

    def start(self) -> None:
        self.syncer.start()
        self.running = True

    def close(self) -> None:
        if self.running:
            self.syncer.stop()
            self.running = False
        self.database.close()

    def image(self) -> Path:
        """A copy of the database as it is on the disk, without keys and witness."""
        target = self.folder.with_name(f"{self.folder.name}-image-{time.monotonic_ns()}")
        target.mkdir()
        with self.database.reading() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM journal")
            for name in ("station.sqlite", "station.sqlite-wal"):
                if (self.folder / name).exists():
                    shutil.copy(self.folder / name, target / name)
        return target

    def put_back(self, image: Path) -> None:
        for name in ("station.sqlite", "station.sqlite-wal", "station.sqlite-shm"):
            (self.folder / name).unlink(missing_ok=True)
            if (image / name).exists():
                shutil.copy(image / name, self.folder / name)

    def open_shop(self) -> None:
        outcome = self.register.execute(EnrolOperator(0, OWNER, "张三", OperatorRole.OWNER))
        assert isinstance(outcome, Accepted), outcome

    def sell(self, count: int = 1, amount_fen: int = 7_260) -> list[int]:
        seqs = []
        for _ in range(count):
            outcome = self.try_to_sell(amount_fen)
            assert isinstance(outcome, Accepted), outcome
            seqs.append(outcome.seq)
        return seqs

    def try_to_sell(self, amount_fen: int = 7_260):
        number = self.register.open_operation()
        return self.register.execute(
            TakeBillPayment(
                operator_no=OWNER,
                operation_no=number,
                product_code=ELECTRICITY,
                account_no=f"{number:010d}",
                bill_no=f"B{number}",
                bill_period="2026-10",
                payer_name="*三",
                amount_fen=amount_fen,
                tendered_fen=10_000,
            )
        )

    def records(self, side: Side = Side.STATION) -> list[bytes]:
        with self.database.reading() as connection:
            query = "SELECT bytes FROM journal WHERE side=? ORDER BY seq"
            return [row[0] for row in connection.exec_driver_sql(query, (side.value,)).fetchall()]


def eventually(holds: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait until something holds."""
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)
