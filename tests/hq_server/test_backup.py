"""A backup is made while HQ works, comes back whole into an empty database, and never half or over something."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, text

from hq_server.backup import DATABASE, KEY, MANIFEST, back_up, pass_on, read_note, restore
from hq_server.db import make_engine
from hq_server.hq_journal import HqJournal
from hq_server.ingest.exchange_desk import ExchangeDesk
from hq_server.ledger.book import Bookkeeper
from hq_server.ledger.checking import check_station
from hq_server.ledger.queries import station_position
from hq_server.reference.hq_key import bind_key, load_or_make_key, public_bytes
from hq_server.wording import RefusedError
from station_journal.records import Equipment, OperatorEnrolled, OperatorRole, OutageOpened
from tests.hq_server.citus_databases import given_cluster, seems_distributed
from tests.hq_server.conftest import with_database
from tests.hq_server.counterpart import Station
from tests.hq_server.people import NOON, SteppingClock, add_people, enrol_station

pytestmark = pytest.mark.skipif(given_cluster() is not None, reason="on Citus each machine is backed up by itself")
CODE = "ST-0417"


@pytest.fixture
def key_path(data_folder: Path) -> Path:
    return data_folder / "hq-key.pem"


@pytest.fixture
def key(key_path: Path) -> Ed25519PrivateKey:
    return load_or_make_key(key_path, None)


@pytest.fixture
def desk(engine: Engine, key: Ed25519PrivateKey) -> ExchangeDesk:
    return ExchangeDesk(engine, HqJournal(key), SteppingClock())


@pytest.fixture
def station(engine: Engine, key: Ed25519PrivateKey, desk: ExchangeDesk) -> Station:
    """A station whose records HQ has taken in and posted."""
    add_people(engine)
    with engine.begin() as connection:
        bind_key(connection, key, NOON)
    station = Station.of(enrol_station(engine, key), public_bytes(key))
    station.write(OperatorEnrolled(1, "张三", OperatorRole.OWNER), OutageOpened(Equipment.PRINTER))
    station.exchange(desk)
    Bookkeeper(HqJournal(key)).run(engine, SteppingClock())
    return station


@pytest.fixture
def empty(postgres_url: str) -> Iterator[Engine]:
    """A database without a table, as a new machine has it."""
    name = f"hq_restored_{os.getpid()}"  # all workers share the server
    maintenance = make_engine(postgres_url).execution_options(isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    engine = make_engine(with_database(postgres_url, name))
    yield engine
    engine.dispose()
    with maintenance.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    maintenance.dispose()


def test_a_restored_hq_goes_on_where_the_backup_was_made(
    engine: Engine, empty: Engine, key_path: Path, key: Ed25519PrivateKey, station: Station, data_folder: Path
) -> None:
    note = back_up(engine, key_path, data_folder / "monday", NOON)
    assert (note.holdings.stations, note.holdings.station_records) == (1, 2)

    other_machine = data_folder / "new" / "hq-key.pem"
    restore(empty, other_machine, data_folder / "monday")
    restored_key = load_or_make_key(other_machine, None)
    with empty.begin() as connection:
        bind_key(connection, restored_key, NOON)
        assert station_position(connection, CODE) == _position(engine)
        assert not check_station(connection, CODE, public_bytes(key)).faults
    station.write(OutageOpened(Equipment.LINK))
    station.exchange(ExchangeDesk(empty, HqJournal(restored_key), SteppingClock()))
    with empty.connect() as connection:
        assert connection.scalar(text("SELECT max(seq) FROM journal_records WHERE side = 'S'")) == station.head.seq


def _position(engine: Engine) -> object:
    with engine.connect() as connection:
        return station_position(connection, CODE)


def test_what_happens_while_it_is_made_is_in_it_whole_or_not_at_all(
    engine: Engine, empty: Engine, key_path: Path, station: Station, desk: ExchangeDesk, data_folder: Path, monkeypatch
) -> None:
    import hq_server.backup as module

    run = module.run_program

    def exchanges_first(database: Engine, program: str, *arguments: str) -> None:
        if program == "pg_dump":
            station.write(OutageOpened(Equipment.LINK))
            station.exchange(desk)
        run(database, program, *arguments)

    monkeypatch.setattr(module, "run_program", exchanges_first)
    note = back_up(engine, key_path, data_folder / "monday", NOON)
    assert note.holdings.station_records == 2
    assert restore(empty, key_path, data_folder / "monday").holdings == note.holdings


def test_a_database_over_several_machines_is_refused(engine: Engine, key_path: Path, data_folder: Path) -> None:
    with seems_distributed(engine), pytest.raises(RefusedError, match="several machines"):
        back_up(engine, key_path, data_folder / "monday", NOON)
    assert not list(data_folder.glob("monday*"))


def test_a_server_before_17_is_not_told_what_it_does_not_know() -> None:
    script = b"SET lock_timeout = 0;\nSET transaction_timeout = 0;\nSET client_encoding = 'UTF8';\n"
    taken = io.BytesIO()
    pass_on(io.BytesIO(script), taken)
    assert taken.getvalue() == b"SET lock_timeout = 0;\nSET client_encoding = 'UTF8';\n"


@pytest.mark.parametrize("said", ["", "{}", '{"format": 2}', "[]", '{"format": 1, "holdings": 3}'])
def test_a_manifest_that_is_none_is_refused(said: str, data_folder: Path) -> None:
    for name, content in ((DATABASE, "dump"), (KEY, "key"), (MANIFEST, said)):
        (data_folder / name).write_text(content)
    with pytest.raises(RefusedError, match="backup"):
        read_note(data_folder)


@pytest.mark.usefixtures("station")
class TestRefused:
    @pytest.fixture
    def backup(self, engine: Engine, key_path: Path, data_folder: Path) -> Path:
        back_up(engine, key_path, data_folder / "monday", NOON)
        return data_folder / "monday"

    @pytest.mark.parametrize("name", [DATABASE, KEY])
    def test_a_file_that_was_altered(self, backup: Path, name: str, empty: Engine, data_folder: Path) -> None:
        data = bytearray((backup / name).read_bytes())
        data[len(data) // 2] ^= 1
        (backup / name).write_bytes(data)
        with pytest.raises(RefusedError, match=name):
            restore(empty, data_folder / "new.pem", backup)
        assert not (data_folder / "new.pem").exists()

    def test_a_dump_that_ends_too_early_brings_nothing_back(
        self, backup: Path, empty: Engine, data_folder: Path
    ) -> None:
        half = (backup / DATABASE).read_bytes()[: (backup / DATABASE).stat().st_size // 2]
        (backup / DATABASE).write_bytes(half)
        note = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
        note["database_sha256"] = hashlib.sha256(half).hexdigest()
        (backup / MANIFEST).write_text(json.dumps(note), encoding="utf-8")
        with pytest.raises(RefusedError, match="pg_restore"):
            restore(empty, data_folder / "new.pem", backup)
        with empty.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) == 0
        assert not (data_folder / "new.pem").exists()

    def test_over_books_that_are_there(self, engine: Engine, backup: Path, key_path: Path) -> None:
        before = _position(engine)
        with pytest.raises(RefusedError, match="not empty"):
            restore(engine, key_path, backup)
        assert _position(engine) == before

    def test_over_another_key(self, empty: Engine, backup: Path, data_folder: Path) -> None:
        load_or_make_key(data_folder / "other.pem", None)
        with pytest.raises(RefusedError, match="another key"):
            restore(empty, data_folder / "other.pem", backup)

    def test_a_second_backup_of_the_same_name(self, engine: Engine, backup: Path, key_path: Path) -> None:
        said = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
        with pytest.raises(RefusedError, match="there already"):
            back_up(engine, key_path, backup, NOON)
        assert json.loads((backup / MANIFEST).read_text(encoding="utf-8")) == said

    def test_a_folder_nobody_may_write_to(self, engine: Engine, key_path: Path, data_folder: Path) -> None:
        (data_folder / "file").write_text("no folder")
        with pytest.raises(RefusedError, match="cannot write"):
            back_up(engine, key_path, data_folder / "file" / "monday", NOON)
