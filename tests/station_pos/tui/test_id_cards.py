"""Identity cards at the counter: read by a module on a real line or typed, and nothing kept but what the rule keeps."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from datetime import date

import pytest

from station_journal.facts.parcels import IdentityShown, ParcelAccepted, ParcelsHandedOff
from station_journal.facts.withdrawals import PersonalId
from station_journal.records import Equipment
from station_journal.rules.withdrawal import WithdrawalState
from station_pos.counter import DeviceState
from station_pos.devices.id_reader import IdReaderTimes, SamVReader
from station_pos.devices.serial_line import SerialLine
from station_pos.text import Language
from station_pos.workers.device_watch import DeviceWatch
from station_pos.workers.id_reading import IdReaderTurn
from tests.factories.parcels import line
from tests.outside.processes import control, running
from tests.station_pos.headless import until
from tests.station_pos.register.test_withdrawals import papers
from tests.station_pos.tui.at_counter import NARROW, WIDE, columns
from tests.station_pos.tui.parcel_till import announce, shelve
from tests.station_pos.tui.test_over_the_register import WithAPrinter, real
from tests.station_pos.tui.test_parcel_screens import W, facts
from tests.station_pos.tui.test_parcel_work import beside
from tests.station_pos.tui.test_withdrawal_screens import counter_with_terminal, last
from tests.station_pos.tui.test_withdrawal_screens import until as until_withdrawal
from tests.station_pos.world import World

NUMBER = "510781188801010019"
WRONG_CHECK, NO_SUCH_DAY = "510781188801010018", "510781190002299998"
SENT = "RR123456785CN"


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    seq = made.accepted(made.pay(bill_no="", amount_fen=98_500, tendered_fen=98_500)).seq
    made.answer(seq)
    yield made
    made.close()


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samv")
    with running("id_reader_simulator", "--link", folder / "tty", "--control", folder / "ctl"):
        yield folder


class Reader:
    """A reader in its own thread on the module's line."""

    def __init__(self, folder, world):
        self.folder = folder
        self.tell("plug")
        self.tell("remove")
        self.tell("mute", on=False)
        serial = SerialLine(str(folder / "tty"), private=True)
        driver = SamVReader(serial, lambda: date(2026, 11, 25), IdReaderTimes(answer_s=30.0, card_s=30.0))
        self.turn = IdReaderTurn(driver, poll_s=0.02)
        execute = world.register.execute
        self.watch = DeviceWatch(Equipment.ID_READER, self.turn, serial.close, execute, back_off_s=(0.05,))

    def tell(self, cmd, **more):
        return control(self.folder / "ctl", cmd=cmd, **more)

    def put_on(self, name="李四", number=NUMBER):
        self.tell("card", name=name, number=number)


@pytest.fixture
def reader(module, world):
    return Reader(module, world)


@asynccontextmanager
async def at_the_reader(world, reader, **changes):
    devices = WithAPrinter(watches=(reader.watch,), id_reader=reader.turn)
    devices.start()
    try:
        until(lambda: reader.watch.row.state is DeviceState.READY)
        async with real(world, devices, **changes) as till:
            yield till
    finally:
        devices.stop()


def registered(world, recipient="李四"):
    announce(world, (line(W[0], registered=True), recipient, "13800006621"))
    shelve(world, W[0], "A-01-001", recipient=f"*{recipient[1:]}")


async def asked_for_a_document(till):
    """F4 by code, the item scanned: a registered one asks for a document; 1 is the identity card."""
    await till.type("101001")
    await till.keys("enter")
    await till.scan(W[0])
    await till.keys("1")


def traces_of(number, world, caplog):
    """Where the whole number stands: files of the station (journal, database, papers, logs) and what was logged."""
    forms = [number.encode(), number.encode("utf-16-le"), number.lower().encode()]
    files = [path for path in world.folder.rglob("*") if path.is_file()]
    assert any(b"0019" in path.read_bytes() for path in files), "what the rule keeps is found by this search"
    found = [path.name for path in files for form in forms if form in path.read_bytes()]
    return found + [record.getMessage() for record in caplog.records if number in record.getMessage()]


@pytest.mark.parametrize(("size", "language"), [(NARROW, Language.ZH), (WIDE, Language.EN)])
async def test_a_registered_item_is_handed_off_by_the_card_and_its_last_four_alone_are_kept(
    world, reader, caplog, size, language
):
    caplog.set_level(logging.DEBUG)
    registered(world)
    async with at_the_reader(world, reader, size=size, language=language) as till:
        await asked_for_a_document(till)
        assert max(map(columns, till.rows())) <= size[0]
        reader.put_on()
        await till.until(lambda: "*四" in till.shown and "0019" in till.shown)
        assert facts(world, ParcelsHandedOff) == [], "a card on the reader hands nothing off"
        await till.keys("plus")
        await till.until(lambda: facts(world, ParcelsHandedOff))
        assert NUMBER not in till.shown
    (handed,) = facts(world, ParcelsHandedOff)
    assert (handed.identity, handed.identity_tail) == (IdentityShown.RESIDENT_ID, "0019")
    assert traces_of(NUMBER, world, caplog) == []


async def test_the_card_of_somebody_else_is_said_before_the_item_leaves(world, reader):
    registered(world, "王小五")
    async with at_the_reader(world, reader) as till:
        await asked_for_a_document(till)
        reader.put_on()
        await till.until(lambda: "收件人是 *小五" in till.shown)
        await till.keys("plus", "escape")
        assert facts(world, ParcelsHandedOff) == [], "without an agent it stays"
        await till.keys("minus", "1", *"6621", "enter", "1", *"李四", "enter")
        await till.keys("plus", "1")
        await till.until(lambda: "已读身份证 *四" in till.shown)
        await till.keys("plus")
        await till.until(lambda: facts(world, ParcelsHandedOff))
    (handed,) = facts(world, ParcelsHandedOff)
    assert (handed.agent_relation, handed.agent_phone_tail, handed.identity_tail) == ("家人", "6621", "0019")


async def test_a_reader_that_is_pulled_out_is_said_and_the_number_typed_with_its_check(world, reader, caplog):
    registered(world)
    async with at_the_reader(world, reader) as till:
        reader.tell("pull")
        await till.until(lambda: reader.watch.row.state is DeviceState.OFFLINE)
        await asked_for_a_document(till)
        await till.until(lambda: "阅读器不通" in till.shown)
        for typed, said in ((WRONG_CHECK, "校验位不符"), (NO_SUCH_DAY, "没有这个出生日期")):
            await till.type(typed)
            await till.keys("enter")
            assert said in till.shown
            assert typed not in till.shown
        assert facts(world, ParcelsHandedOff) == []
        await till.type(NUMBER)
        assert NUMBER not in till.shown, "typed hidden from bystanders"
        await till.keys("enter")
        await till.until(lambda: facts(world, ParcelsHandedOff))
    assert facts(world, ParcelsHandedOff)[0].identity_tail == "0019"
    assert traces_of(NUMBER, world, caplog) == []


async def test_plus_reads_again_after_a_card_that_could_not_be_read(world, reader):
    registered(world)
    async with at_the_reader(world, reader) as till:
        reader.put_on(number="110105194912310021")
        await asked_for_a_document(till)
        await till.until(lambda: "校验不对" in till.shown)
        reader.put_on()
        await till.keys("plus")
        await till.until(lambda: "0019" in till.shown)


async def test_without_a_reader_the_key_says_so_in_one_sentence(world):
    registered(world)
    async with real(world) as till:
        await asked_for_a_document(till)
        await till.keys("plus")
        assert "没有接身份证阅读器" in till.shown
        assert "没有回应" not in till.shown


async def test_an_item_is_accepted_for_dispatch_by_the_senders_card(world, reader, caplog):
    caplog.set_level(logging.DEBUG)
    async with at_the_reader(world, reader) as till:
        await beside(till, 4)
        await till.scan(SENT)
        reader.put_on()
        await till.keys("1")
        await till.until(lambda: "*四" in till.shown)
        await till.keys("1")
        await till.type("12")
        await till.keys("enter", "plus")
        await till.until(lambda: facts(world, ParcelAccepted))
    (accepted,) = facts(world, ParcelAccepted)
    assert (accepted.sender, accepted.identity, accepted.identity_tail) == ("*四", IdentityShown.RESIDENT_ID, "0019")
    assert traces_of(NUMBER, world, caplog) == []


async def test_a_sender_who_is_not_the_cards_holder_is_not_accepted(world, reader):
    async with at_the_reader(world, reader) as till:
        await beside(till, 4)
        await till.scan(SENT)
        await till.keys("1")
        await till.type("张三")
        await till.keys("enter")
        reader.put_on()
        await till.until(lambda: "证件上是 *四, 输的是 *三" in till.shown)
        await till.settle()
        assert "寄件人姓名" in till.shown, "the card that still lies there is not taken by itself"
        await till.keys("plus")
        await till.until(lambda: "寄件人  *四" in till.shown)
        await till.keys("escape", "escape")
    assert facts(world, ParcelAccepted) == []


async def test_a_wrong_check_character_of_a_senders_number_is_one_sentence(world):
    async with real(world) as till:
        await beside(till, 4)
        await till.scan(SENT)
        await till.keys("1", *"张三", "enter", *WRONG_CHECK, "enter")
        assert "身份证号不对 (校验位不符)" in till.shown
        await till.keys(*NO_SUCH_DAY, "enter")
        assert "没有这个出生日期" in till.shown
        await till.keys(*"51078", "enter")
        assert "要 18 位" in till.shown
    assert facts(world, ParcelAccepted) == []


async def test_a_collector_of_cash_is_noted_by_the_card_masked_and_signs(world, reader, caplog):
    caplog.set_level(logging.DEBUG)
    async with counter_with_terminal(world, (reader.watch,), reader.turn) as till:
        till.terminal.go.set()
        await till.until(lambda: reader.watch.row.state is DeviceState.READY)
        reader.put_on()
        await till.keys("f3", "minus")
        await till.until(lambda: "*四" in till.shown)
        assert "510781********0019" in till.shown
        await till.type("500")
        await till.keys("enter")
        await until_withdrawal(till, WithdrawalState.PAYABLE)
        found = last(till)
        assert (found.by_agent, found.person_name, found.id_kind) == (True, "*四", PersonalId.RESIDENT_ID)
        assert found.id_masked == "510781********0019"
        assert "代取人签字" in papers(world)[-1]
    assert traces_of(NUMBER, world, caplog) == []


async def test_nothing_is_read_once_the_step_was_left(world, reader):
    registered(world)
    async with at_the_reader(world, reader) as till:
        await asked_for_a_document(till)
        await till.keys("escape")
        before = reader.tell("status")["asked"]["read"]
        reader.put_on()
        await till.settle()
        assert reader.tell("status")["asked"]["read"] == before
