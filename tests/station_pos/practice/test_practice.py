"""Practice: real code paths, an HQ that nobody else knows, 练习 on everything, and drills that judge themselves."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from station_journal import standalone_verifier
from station_journal.payment import PaymentStatus
from station_journal.records import ReversalReason
from station_pos.commands.orders import IssueCopy, RequestReversal, ReturnCash, TakeBillPayment
from station_pos.config import PRACTICE_CODE
from station_pos.demo.processes import until
from station_pos.practice.drills import Drill
from station_pos.practice.headquarters import ELECTRICITY
from station_pos.practice.opening import practice_counter
from station_pos.register.epochs import hq_public_key
from station_pos.services.practice import DrillState
from station_pos.tui.presenters.state_rows import state_line
from tests.station_pos.world import World

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
    with practice_counter(tmp_path, printer=False, clock=clock, by_itself=False) as (station, world):
        yield station, world, clock


def take(station, account=ACCOUNT, *, offline=False):
    answer = station.counter.inquire(ELECTRICITY, account).result(5)
    amount_fen = answer.bills[0].amount_fen if answer.bills else 5_000
    bill_no = answer.bills[0].bill_no if answer.bills else ""
    order = TakeBillPayment(
        1, station.counter.open_operation(), ELECTRICITY, account, bill_no, "", "*三", amount_fen, amount_fen, offline
    )
    outcome = station.counter.submit(order).result(5)
    assert outcome.payment, outcome
    return outcome.payment


def states(world):
    return {Drill(list(Drill)[row.number - 1]): row.state for row in world.drills()}


def test_a_bill_is_sold_through_the_real_register_and_everything_says_practice(practising):
    station, world, clock = practising
    world.begin(1, "张三")
    payment = take(station)
    world.tick()
    assert station.counter.payment(payment.seq).status is PaymentStatus.CONFIRMED
    assert "【练习】" in station.counter.receipt_text(payment.seq).splitlines()[0]
    state = station.counter.state()
    assert state.station_code == PRACTICE_CODE
    assert state_line(state, clock(), 80).startswith("练习 10-23")
    copied = station.counter.submit(IssueCopy(1, station.counter.payment(payment.seq).receipt_seq)).result(5)
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
    world.begin(number, "张三")
    assert switched.pop() is True
    take(station)
    world.tick()
    assert states(world)[Drill.PAPER_OUT] is DrillState.RUNNING
    world.begin(number, "张三")
    assert switched.pop() is False
    with station.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE print_jobs SET state='done'")
    world.tick()
    assert states(world)[Drill.PAPER_OUT] is DrillState.PASSED


def test_the_drill_without_the_link_sells_offline_and_is_booked_after(practising):
    station, world, _ = practising
    number = list(Drill).index(Drill.LINK_DROP) + 1
    world.begin(number, "张三")
    payment = take(station, offline=True)
    world.tick()
    assert station.counter.payment(payment.seq).status is PaymentStatus.HELD
    world.begin(number, "张三")
    world.tick()
    assert station.counter.payment(payment.seq).status is PaymentStatus.CONFIRMED
    assert states(world)[Drill.LINK_DROP] is DrillState.PASSED


def test_the_drill_of_the_unknown_result_waits_for_the_slip_and_then_answers(practising):
    station, world, clock = practising
    world.begin(list(Drill).index(Drill.UNKNOWN) + 1, "张三")
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
    world.begin(list(Drill).index(Drill.UNDO) + 1, "李四")
    payment = take(station)
    world.tick()
    station.counter.submit(RequestReversal(1, payment.seq, ReversalReason.ENTERED_TWICE)).result(5)
    world.tick()
    station.counter.submit(ReturnCash(1, payment.seq)).result(5)
    world.tick()
    kept = json.loads((tmp_path / "practice.json").read_text("utf-8"))
    assert kept["undo"][0] == "李四"
    assert datetime.fromisoformat(kept["undo"][1]).date() == date(2026, 10, 23)
    log = [json.loads(line) for line in (tmp_path / "practice" / "drills.jsonl").read_text("utf-8").splitlines()]
    assert [(one["drill"], one["what"]) for one in log] == [("undo", "begun"), ("undo", "passed")]


def test_practice_goes_on_where_it_stopped_and_the_station_beside_it_is_not_touched(tmp_path):
    real = World(tmp_path).ready()
    before = real.rows("SELECT count(*) FROM journal")
    numbers = 0
    for _ in range(2):
        with practice_counter(tmp_path, printer=False) as (station, _):
            take(station, f"008123456{station.counter.state().as_of_seq % 10}")
            numbers = station.counter.state().as_of_seq
    assert numbers >= 4, "numbers go on"
    assert real.rows("SELECT count(*) FROM journal") == before
    real.close()
