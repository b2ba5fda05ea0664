"""``hq-server parcel`` as staff run it, over a real database; who signs in is given."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from hq_server import audit
from hq_server.bootstrap import Headquarters
from hq_server.cli.footing import Footing
from hq_server.cli.parcels import parcel
from hq_server.config import Settings
from hq_server.reference.couriers import contacts_document
from hq_server.reference.stations import remember_hello
from hq_server.wording import Language, RefusedError
from station_journal.codec import readable_kinds
from station_journal.facts.parcels import CaseCause, DamageLeg, ManifestAnnounced, ParcelCaseOpened, ParcelRuled
from station_journal.side import Side
from station_pos.demo.outside.courier_book import CourierBook, Item
from tests.factories.parcels import handed, scanned_in
from tests.hq_server.counter_side import CODE, Counter
from tests.hq_server.people import MAKER, NOON, SteppingClock

W1, W2 = "YT0000000078124", "JT0000000090337"


@dataclass(frozen=True, slots=True)
class Desk(Footing):
    """The footing of commands over a database of the tests."""

    hq: Headquarters

    @contextmanager
    def headquarters(self):
        yield self.hq

    def signed_in(self, hq):
        assert hq is self.hq
        return MAKER


class Staff:
    def __init__(self, counter: Counter, language=Language.ENGLISH):
        hq = Headquarters(Settings(), counter.engine, counter.journal, counter.clock)
        self._desk = Desk(None, language, hq)

    def run(self, *words: str, pin: str = "246810") -> str:
        result = CliRunner(env={"HQ_COURIER_PIN": pin}).invoke(parcel, words, obj=self._desk, catch_exceptions=True)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output


@pytest.fixture
def counter(engine: Engine) -> Counter:
    counter = Counter(engine, SteppingClock())
    with engine.begin() as connection:
        remember_hello(connection, CODE, readable_kinds(Side.HQ), NOON)
    return counter


@pytest.fixture
def file(tmp_path):
    book = CourierBook("JYPOST", 101, "李师傅", "246810", CODE)
    items = (Item(W1, "YTO", "张三", "13800006621", 19_900, "JLG"), Item(W2, "JT", "李四", "15900000073"))
    path = tmp_path / "M1.csv"
    path.write_bytes(book.announce("M1", NOON.date(), items, "gb18030"))
    return path


def test_names_and_phones_go_after_their_time_and_the_manifest_stands(counter, file):
    staff = Staff(counter)
    staff.run("courier", "101", "李师傅", "JYPOST")
    staff.run("announce", str(file))
    (told,) = counter.told(ManifestAnnounced)
    with pytest.raises(RefusedError):
        staff.run("erase-contacts", "--older-than-days", "7")
    assert "of 0 manifests are erased" in staff.run("erase-contacts")
    counter.clock.step(days=366)
    assert "of 1 manifests are erased" in staff.run("erase-contacts")
    with counter.engine.connect() as connection:
        assert contacts_document(connection, CODE, told.contacts_hash) is None
        assert [one.tag for one in audit.entries(connection)].count("parcels.contacts_erased") == 2
    assert len(counter.told(ManifestAnnounced)) == 1


def test_a_manifest_is_announced_and_its_parcels_listed_with_cases_and_what_senders_are_owed(counter, file):
    staff = Staff(counter)
    assert "entered courier 101" in staff.run("courier", "101", "李师傅", "JYPOST")
    assert "2 items, 199.00" in staff.run("announce", str(file))
    assert len(counter.told(ManifestAnnounced)) == 1
    counter.send(
        scanned_in(W1, "A-01-001", 2),
        scanned_in(W2, "A-01-002", 2),
        handed(W1, collected_fen=19_900),
        ParcelCaseOpened(W2, CaseCause.NOT_FOUND, DamageLeg.NOT_DAMAGE),
    )
    listed = json.loads(staff.run("list", CODE, "--json"))
    assert {row["waybill"]: row["place"] for row in listed["parcels"]} == {W1: "CUSTOMER", W2: "CASE"}
    assert listed["custody_differences"] == {}
    assert "A-01-002" in staff.run("list", CODE, "--place", "CASE")
    assert [row["kind"] for row in json.loads(staff.run("cases", CODE, "--json"))] == ["NOT_FOUND"]
    assert json.loads(staff.run("cod", "--json")) == [{"sender": "JLG", "station_code": CODE, "amount_fen": 19_900}]
    assert "199.00" in staff.run("cod")
    shown = {(row["product"], row["indicator"]): row for row in json.loads(staff.run("kpi", CODE, "2026-11", "--json"))}
    assert (shown["ALL", "REMITTANCE"]["part"], shown["ALL", "REMITTANCE"]["whole"]) == (19_900, 19_900)
    assert "cash remitted in time" in staff.run("kpi", CODE, "2026-11")
    assert "keeps to its own settings" in staff.run("terms", CODE)
    assert "1 stations told" in staff.run("terms", CODE, "--remind", "2,5", "--return-days", "10", "--phone")
    counter.post()
    assert json.loads(staff.run("terms", CODE, "--json"))["remind"] == [2, 5]
    staff.run("rule", CODE, W2, "LOST", "--reason", "no trace")
    counter.post()
    assert [one.reason for one in counter.told(ParcelRuled)] == ["no trace"]


def test_a_file_that_is_not_there_or_cut_and_a_short_pin_are_refused_with_a_sentence(counter, file):
    staff = Staff(counter)
    with pytest.raises(RefusedError, match="6 to 12 digits"):
        staff.run("courier", "101", "李师傅", "JYPOST", pin="12")
    with pytest.raises(RefusedError, match="numbered from 101"):
        staff.run("courier", "7", "李师傅", "JYPOST")
    with pytest.raises(RefusedError, match="cannot be read"):
        staff.run("announce", str(file) + ".gone")
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(RefusedError, match="the file is incomplete"):
        staff.run("announce", str(file))
    assert counter.told(ManifestAnnounced) == []
