"""Drafts on the disk: what the run before left behind is judged by the journal, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from station_pos.demo.processes import until
from station_pos.register import Register
from station_pos.services.kept_jobs import KeptJob
from station_pos.station_services.kept_jobs import open_jobs
from tests.station_pos.world import START, World


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


def job(job_no, operation_no):
    return KeptJob(job_no, "bill", operation_no, 1, START, date(2026, 10, 23), "电费 *三", 7260, '[101, "0081"]')


def test_after_a_cut_a_job_was_recorded_if_the_journal_has_it_and_else_was_not(world):
    kept = open_jobs(world.register)
    order = world.pay(bill_no="B1")
    kept.keep(job(kept.new_no(), order.operation_no))
    kept.keep(job(kept.new_no(), world.register.open_operation()))
    kept.close()
    seq = world.accepted(order).seq

    again = open_jobs(Register(world.database, world.clock))
    recorded, typed_only = again.jobs()
    assert (recorded.payment_seq, typed_only.payment_seq) == (seq, 0)
    assert (recorded.operation_no, typed_only.operation_no) == (0, 0), "the next run gives these numbers to other jobs"
    again.close()
    third = open_jobs(world.register)
    assert third.jobs() == (recorded, typed_only)
    third.close()


def test_the_next_job_with_the_same_number_is_not_taken_for_the_old_one(world):
    kept = open_jobs(world.register)
    lost = world.register.open_operation()
    kept.keep(job(kept.new_no(), lost))
    kept.close()
    restarted = Register(world.database, world.clock)
    after = open_jobs(restarted)
    order = replace(world.pay(bill_no="B2"), operation_no=restarted.open_operation())
    assert order.operation_no == lost
    restarted.execute(order)
    after.close()
    last = open_jobs(Register(world.database, world.clock))
    assert [one.payment_seq for one in last.jobs()] == [0]
    last.close()


def test_a_disk_that_refuses_for_a_while_keeps_the_latest_state_in_the_end(world, monkeypatch):
    from station_pos.register import upkeep

    failures = [OSError("no"), OSError("no")]
    real = upkeep.keep_jobs

    def refuse_at_first(register, changes):
        if failures:
            raise failures.pop()
        real(register, changes)

    monkeypatch.setattr(upkeep, "keep_jobs", refuse_at_first)
    kept = open_jobs(world.register)
    number = kept.new_no()
    kept.keep(job(number, 7))
    kept.keep(replace(job(number, 7), amount_fen=99))
    until("the disk to have refused twice", lambda: not failures, 10.0, 0.02)
    kept.close()
    monkeypatch.undo()
    again = open_jobs(world.register)
    assert [one.amount_fen for one in again.jobs()] == [99]
    again.close()


def test_a_draft_is_in_no_journal_and_moves_nothing(world):
    before = world.rows("SELECT * FROM journal"), world.rows("SELECT * FROM balances")
    kept = open_jobs(world.register)
    kept.keep(job(kept.new_no(), 9))
    kept.close()
    assert (world.rows("SELECT * FROM journal"), world.rows("SELECT * FROM balances")) == before
    assert world.rows("SELECT count(*) FROM kept_jobs") == [(1,)]
