"""Practice: real code paths, an HQ that nobody else knows, 练习 on everything, and drills that judge themselves."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from station_journal import standalone_verifier
from station_journal.facts.parcels import Found, HandedParcel, IdentityShown, ParcelCondition
from station_journal.facts.withdrawals import FailureKind, PersonalId
from station_journal.payment import PaymentStatus
from station_journal.records import DrawerReason, ReversalReason
from station_journal.rules.withdrawal import WithdrawalState
from station_pos.bootstrap import open_station
from station_pos.commands.orders import IssueCopy, OpenDrawer, RequestReversal, ReturnCash, TakeBillPayment
from station_pos.commands.outcome import Accepted
from station_pos.commands.parcel_orders import HandOffParcels, ScanInParcel, SignBatch
from station_pos.commands.withdrawal_orders import (
    CardSeen,
    FailWithdrawal,
    InstructPayout,
    IntendWithdrawal,
    IssueWithdrawalSlip,
    PayOut,
    RecordApproval,
    TerminalTold,
)
from station_pos.config import PRACTICE_CODE
from station_pos.data_folder import operators_of
from station_pos.demo.processes import until
from station_pos.drill_passes import NAMES, Drill, DrillPass, PassesUnreadableError, keep_pass, read_passes
from station_pos.practice.courier import COURIER_NO, COURIER_PIN
from station_pos.practice.drills import TEXT as SENTENCES
from station_pos.practice.headquarters import ELECTRICITY
from station_pos.practice.opening import TERMINAL_NO, practice_counter
from station_pos.register.epochs import hq_public_key
from station_pos.services.practice import DrillState, PassedDrill, TraineeRow
from station_pos.tui.presenters.lines import width
from station_pos.tui.presenters.state_rows import state_line
from tests.station_pos.tui.at_counter import NARROW, WIDE, columns, serving
from tests.station_pos.tui.books_counter import START, BooksCounter
from tests.station_pos.tui.test_glyphs_and_frame import doubtful_glyphs
from tests.station_pos.world import CLERK, OWNER, World

ACCOUNT = "0081234567"


class Clock:
    def __init__(self):
        self.now = datetime(2026, 10, 23, 1, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def forward(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def practising(tmp_path):
    clock = Clock()
    with practice_counter(tmp_path, devices=False, clock=clock, by_itself=False) as (station, world):
        yield station, world, clock


def take(station, account=ACCOUNT, *, offline=False):
    answer = station.counter.inquire(ELECTRICITY, account).result(60)
    amount_fen = answer.bills[0].amount_fen if answer.bills else 5_000
    bill_no = answer.bills[0].bill_no if answer.bills else ""
    order = TakeBillPayment(
        1, station.counter.open_operation(), ELECTRICITY, account, bill_no, "", "*三", amount_fen, amount_fen, offline
    )
    outcome = station.counter.submit(order).result(60)
    assert outcome.payment, outcome
    return outcome.payment


def states(world):
    return {Drill(list(Drill)[row.number - 1]): row.state for row in world.drills()}


def test_a_bill_is_sold_through_the_real_register_and_everything_says_practice(practising):
    station, world, clock = practising
    world.begin(1, 1, "张三")
    payment = take(station)
    world.tick()
    assert station.counter.payment(payment.seq).status is PaymentStatus.CONFIRMED
    assert "【练习】" in station.counter.receipt_text(payment.seq).splitlines()[0]
    state = station.counter.state()
    assert state.station_code == PRACTICE_CODE
    assert state_line(state, clock(), 80).startswith("练习 10-23")
    copied = station.counter.submit(IssueCopy(1, station.counter.payment(payment.seq).receipt_seq)).result(60)
    with station.database.reading() as connection:
        papers = connection.exec_driver_sql("SELECT paper FROM print_jobs").fetchall()
    assert copied.print_jobs
    assert len(papers) == 2
    assert all("练习".encode() in bytes(paper) for (paper,) in papers)
    assert states(world)[Drill.BILL] is DrillState.PASSED


def test_nothing_of_practice_can_reach_hq_and_no_real_key_vouches_for_it(practising, tmp_path):
    station, _, _ = practising
    take(station)
    real = World(tmp_path / "real").ready()
    with station.database.reading() as ours, real.database.reading() as theirs:
        assert hq_public_key(ours) != hq_public_key(theirs)
        practice_key = hq_public_key(ours)
        real_key = hq_public_key(theirs)
    assert station.settings.hq_url == ""
    assert station.link.prepare("any") is None
    assert station.register.station_code != real.register.station_code
    real.close()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from station_pos.register.inspection import export

    file = tmp_path / "practice.journal"
    file.write_bytes(b"".join(export(station.database, Ed25519PrivateKey.generate())))
    assert standalone_verifier.main([str(file), "--hq-key", real_key.hex()]) != 0
    assert practice_key != real_key


def test_the_drill_without_paper_is_passed_by_waiting_and_failed_by_copying(practising):
    station, world, _ = practising
    switched: list[bool] = []
    world.paper = lambda *, out: switched.append(out)
    number = list(Drill).index(Drill.PAPER_OUT) + 1
    world.begin(number, 1, "张三")
    assert switched.pop() is True
    take(station)
    world.tick()
    assert states(world)[Drill.PAPER_OUT] is DrillState.RUNNING
    world.begin(number, 1, "张三")
    assert switched.pop() is False
    with station.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE print_jobs SET state='done'")
    world.tick()
    assert states(world)[Drill.PAPER_OUT] is DrillState.PASSED


def test_the_drill_without_the_link_sells_offline_and_is_booked_after(practising):
    station, world, _ = practising
    number = list(Drill).index(Drill.LINK_DROP) + 1
    world.begin(number, 1, "张三")
    payment = take(station, offline=True)
    world.tick()
    assert station.counter.payment(payment.seq).status is PaymentStatus.HELD
    world.begin(number, 1, "张三")
    world.tick()
    assert station.counter.payment(payment.seq).status is PaymentStatus.CONFIRMED
    assert states(world)[Drill.LINK_DROP] is DrillState.PASSED


def test_the_drill_of_the_unknown_result_waits_for_the_slip_and_then_answers(practising):
    station, world, clock = practising
    world.begin(list(Drill).index(Drill.UNKNOWN) + 1, 1, "张三")
    payment = take(station)
    world.tick()
    assert station.counter.payment(payment.seq).status is PaymentStatus.HELD
    clock.forward(8)
    until("the slip", lambda: station.counter.payment(payment.seq).pending_seq, 10.0)
    world.tick()
    assert station.counter.payment(payment.seq).status is PaymentStatus.HELD
    clock.forward(8)
    world.tick()
    assert station.counter.payment(payment.seq).status is PaymentStatus.CONFIRMED
    assert states(world)[Drill.UNKNOWN] is DrillState.PASSED


def test_the_drill_of_undo_is_passed_when_the_cash_is_back_and_who_passed_is_kept(practising, tmp_path):
    station, world, _ = practising
    world.begin(list(Drill).index(Drill.UNDO) + 1, 1, "李四")
    payment = take(station)
    world.tick()
    station.counter.submit(RequestReversal(1, payment.seq, ReversalReason.ENTERED_TWICE)).result(60)
    world.tick()
    station.counter.submit(ReturnCash(1, payment.seq)).result(60)
    world.tick()
    [kept] = read_passes(tmp_path / "practice.json")
    assert (kept.operator_no, kept.operator_name, kept.drill) == (1, "李四", Drill.UNDO)
    assert kept.passed_at.date() == date(2026, 10, 23)
    log = [json.loads(line) for line in (tmp_path / "practice" / "drills.jsonl").read_text("utf-8").splitlines()]
    assert [(one["drill"], one["what"]) for one in log] == [("undo", "begun"), ("undo", "passed")]


class Terminal:
    """The control side of the simulated terminal, as the drills use it."""

    def __init__(self):
        self.commands = []

    def __call__(self, **command):
        self.commands.append(command)


@pytest.fixture
def at_the_terminal(practising):
    _, world, _ = practising
    world.terminal = Terminal()
    return practising


def intend(station, amount_fen=20_000):
    number = station.counter.open_operation()
    order = IntendWithdrawal(1, number, amount_fen, False, "", PersonalId.NOT_NOTED, "")
    return station.register.execute(order).seq


def begin(world, drill):
    world.begin(list(Drill).index(drill) + 1, 1, "张三")


def test_a_declined_withdrawal_pays_nothing_and_may_be_asked_for_again(at_the_terminal):
    station, world, _ = at_the_terminal
    begin(world, Drill.WITHDRAWAL_DECLINED)
    assert {"cmd": "fault", "do": "decline", "code": 51} in world.terminal.commands
    declined = intend(station)
    station.register.execute(FailWithdrawal(declined, FailureKind.DECLINED, "51", "余额不足"))
    world.tick()
    assert states(world)[Drill.WITHDRAWAL_DECLINED] is DrillState.RUNNING
    assert "可以再取" in world.hint()
    again = intend(station)
    station.register.execute(RecordApproval(again, TerminalTold(CardSeen("8841"), trace_no="7", receipt_no="3")))
    station.register.execute(InstructPayout(again))
    station.counter.submit(PayOut(1, again)).result(5)
    world.tick()
    assert states(world)[Drill.WITHDRAWAL_DECLINED] is DrillState.PASSED
    world.tick()
    assert station.counter.withdrawals.withdrawal(again).confirmed, "the bank's word comes, so the limit stays free"
    assert "【练习】" in station.counter.withdrawals.slip_text(station.counter.withdrawals.withdrawal(again))


def test_an_unknown_withdrawal_is_waited_for_with_the_drawer_shut(at_the_terminal, tmp_path):
    station, world, clock = at_the_terminal
    begin(world, Drill.WITHDRAWAL_UNKNOWN)
    assert [one["do"] for one in world.terminal.commands[1:]] == ["cable_out", "hang_up"]
    unknown = intend(station)
    station.register.execute(IssueWithdrawalSlip(unknown, CardSeen("8841")))
    station.counter.submit(OpenDrawer(1, DrawerReason.CHANGE)).result(5)
    world.tick()
    assert "开了钱箱" in world.hint()
    station.register.execute(FailWithdrawal(unknown, FailureKind.NOT_DEBITED, "bank_says_no", "没有扣款"))
    world.tick()
    assert states(world)[Drill.WITHDRAWAL_UNKNOWN] is DrillState.RUNNING, "this time does not count"
    begin(world, Drill.WITHDRAWAL_UNKNOWN)
    unknown = intend(station)
    station.register.execute(IssueWithdrawalSlip(unknown, CardSeen("8841")))
    world.tick()
    clock.forward(8)
    world.tick()
    assert world.terminal.commands[-1] == {"cmd": "cable", "out": False}, "the result comes later by itself"
    station.register.execute(RecordApproval(unknown, TerminalTold(CardSeen("8841"), trace_no="8"), asked_again=True))
    station.register.execute(InstructPayout(unknown))
    world.tick()
    assert states(world)[Drill.WITHDRAWAL_UNKNOWN] is DrillState.RUNNING
    station.counter.submit(PayOut(1, unknown)).result(5)
    world.tick()
    assert states(world)[Drill.WITHDRAWAL_UNKNOWN] is DrillState.PASSED
    log = (tmp_path / "practice" / "drills.jsonl").read_text("utf-8")
    assert "spoilt: opened" in log


def take_in(station, *waybills):
    batch_no = 0
    for waybill in waybills:
        code = station.counter.parcels.place_for("1386621", "*三")
        order = ScanInParcel(1, batch_no, waybill, code, "POST", "*三", "1386621", ParcelCondition.WHOLE)
        batch_no = station.register.execute(order).facts[0].batch_no
    return batch_no


def sign(station, batch_no, missing):
    [manifest] = [one for one in station.counter.parcels.manifests() if one.courier_no == COURIER_NO]
    order = SignBatch(1, batch_no, manifest.manifest_no, COURIER_NO, "练习投递员", bool(missing), missing, ())
    assert station.counter.submit(order).result(5).facts


def test_a_missing_item_is_signed_for_as_missing_and_the_next_drill_hands_off_only_what_was_found(practising):
    station, world, _ = practising
    begin(world, Drill.PARCEL_MISSING)
    first, second, third = world.items
    assert all(waybill in world.hint() for waybill in (first, second, third))
    assert station.counter.parcels.courier_signs(COURIER_NO, COURIER_PIN)
    sign(station, take_in(station, first, second), (third,))
    world.tick()
    assert states(world)[Drill.PARCEL_MISSING] is DrillState.PASSED
    begin(world, Drill.PARCEL_COD)
    assert world.items[:2] == (first, second), "what the last drill left is what this one is about"
    assert "F4 6621" in world.hint()
    free_fen = station.counter.state().credit_free_fen
    handed = HandOffParcels(1, (HandedParcel(second, second),), Found.PHONE_TAIL, 8_800, IdentityShown.NONE, "", None)
    assert station.counter.submit(handed).result(5).facts
    world.tick()
    assert states(world)[Drill.PARCEL_COD] is DrillState.PASSED
    assert station.counter.state().credit_free_fen == free_fen - 8_800


def test_an_item_that_never_came_is_not_taken_in(practising):
    station, world, _ = practising
    begin(world, Drill.PARCEL_MISSING)
    sign(station, take_in(station, *world.items), ())
    world.tick()
    assert states(world)[Drill.PARCEL_MISSING] is DrillState.RUNNING
    assert "没来的那件也收了" in world.hint()


def test_every_operator_practises_under_the_own_number_and_the_owner_sees_who_passed(tmp_path):
    real = World(tmp_path).ready()
    assert {one.operator_no for one in operators_of(tmp_path)} == {OWNER, CLERK}
    clock = Clock()
    with practice_counter(tmp_path, devices=False, clock=clock, by_itself=False) as (station, world):
        names = {one.operator_no: one.name for one in station.counter.operators()}
        assert station.counter.sign_in(CLERK, "0000")
        world.begin(1, CLERK, names[CLERK])
        take(station)
        world.tick()
    real.close()
    with open_counter(tmp_path) as counter:
        record = {row.operator_no: row for row in counter.drill_record()}
    assert (record[CLERK].passed, record[OWNER].passed) == (1, 0)
    assert record[CLERK].name == names[CLERK]
    assert record[CLERK].drills[0].passed_at == clock.now
    (tmp_path / "practice.json").write_text("[[2,", "utf-8")
    with open_counter(tmp_path) as counter, pytest.raises(PassesUnreadableError):
        counter.drill_record()
    keep_pass(tmp_path / "practice.json", DrillPass(CLERK, "李四", Drill.UNDO, clock.now))
    assert len(read_passes(tmp_path / "practice.json")) == 1
    assert (tmp_path / "practice.json.unreadable").exists(), "what could not be read is kept"


@contextmanager
def open_counter(folder):
    station = open_station(folder, Clock())
    try:
        yield station.counter
    finally:
        station.stop()


def test_the_record_of_an_early_practice_is_still_read(tmp_path):
    file = tmp_path / "practice.json"
    file.write_text('{"undo": ["练习员", "2026-10-23T01:00:00+00:00"]}', "utf-8")
    [kept] = read_passes(file)
    assert (kept.operator_name, kept.drill) == ("练习员", Drill.UNDO)


def test_what_a_drill_asks_for_fits_the_alert_line():
    figures = {"first": "812341", "second": "812342", "third": "812343", "pin": "2468", "tail": "6621", "sum": "88.00"}
    asked = [key for key in SENTENCES if key.endswith(("_hint", "_mended"))]
    assert len(asked) > len(Drill)
    for key in asked:
        for sentence in SENTENCES.sentences[key]:
            assert width(sentence.format(**figures)) <= 80, sentence


def test_practice_goes_on_where_it_stopped_and_the_station_beside_it_is_not_touched(tmp_path):
    real = World(tmp_path).ready()
    before = real.rows("SELECT count(*) FROM journal")
    numbers = 0
    for _ in range(2):
        with practice_counter(tmp_path, devices=False) as (station, _):
            take(station, f"008123456{station.counter.state().as_of_seq % 10}")
            numbers = station.counter.state().as_of_seq
    assert numbers >= 4, "numbers go on"
    assert real.rows("SELECT count(*) FROM journal") == before
    real.close()


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_owner_opens_the_record_from_the_list_of_everything(size):
    counter = BooksCounter()
    drills = tuple(PassedDrill(NAMES(drill), START if drill is Drill.UNDO else None) for drill in Drill)
    counter.trained = lambda: (TraineeRow(1, "张三", drills), TraineeRow(2, "李四", ()))
    async with serving(counter, size=size) as till:
        await till.type("//")
        await till.type("lx")
        await till.keys("enter")
        assert any("张三   练过 1 / 9" in row for row in till.rows())
        await till.keys("enter")
        shown = till.rows()
        assert any("取款结果未知   没练过" in row for row in shown)
        assert any(f"撤销一笔   练过 {START:%Y-%m}" in row for row in shown)
        assert doubtful_glyphs(shown) == set()
        assert {columns(row) for row in shown} == {size[0]}
        await till.keys("escape", "escape")
        assert till.screen == "HomeScreen"


async def test_a_record_that_cannot_be_read_is_no_empty_list():
    counter = BooksCounter()

    def unreadable():
        raise PassesUnreadableError("practice.json: not whole")

    counter.trained = unreadable
    async with serving(counter) as till:
        await till.type("//")
        await till.type("lx")
        await till.keys("enter")
        assert any("读不出" in row and "not whole" in row for row in till.rows())


def test_a_declined_withdrawal_is_drilled_at_the_simulated_terminal_itself(tmp_path, monkeypatch):
    monkeypatch.setattr("station_pos.practice.opening.CARD_AFTER_S", 0.0)
    with practice_counter(tmp_path, by_itself=False) as (station, world):
        withdrawals = station.counter.withdrawals

        def ask():
            number = station.counter.open_operation()
            order = IntendWithdrawal(1, number, 10_000, False, "", PersonalId.NOT_NOTED, "")
            outcome = withdrawals.begin(order).result(60)
            assert isinstance(outcome, Accepted)
            return outcome.seq

        def known(seq):
            found = withdrawals.withdrawal(seq)
            assert found is not None
            return found

        def ended(seq):
            return known(seq).state in {WithdrawalState.FAILED, WithdrawalState.PAYABLE}

        begin(world, Drill.WITHDRAWAL_DECLINED)
        declined = ask()
        until("the bank's refusal", lambda: ended(declined), 60.0)
        assert known(declined).failure == FailureKind.DECLINED
        until("the terminal to rest", lambda: withdrawals.work() is None, 60.0)
        again = ask()
        until("the bank's approval", lambda: ended(again), 60.0)
        assert known(again).terminal_no == TERMINAL_NO
        station.counter.submit(PayOut(1, again)).result(60)
        world.tick()
        assert states(world)[Drill.WITHDRAWAL_DECLINED] is DrillState.PASSED
