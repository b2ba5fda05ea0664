"""The long run of `make soak` in short: the power fails at steps of each job; its audit finds what it looks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.kill9 import Cut, figures, plan
from benchmarks.power_cut.audit import Before, Findings, Piece, audit, look_at_paper
from benchmarks.power_cut.counting_house import CountingHouse
from benchmarks.power_cut.jobs import JOBS, Bill, Withdrawal
from benchmarks.power_cut.shop import Shop
from station_journal.codec import encode
from station_journal.facts.cash import CloseVerdict, DayClosed
from station_journal.records import RULES_VERSION, SYSTEM, ReceiptIssued, Record
from station_journal.seal import head_on_paper

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(240)]
RUNS = 8


def test_power_cut_at_steps_of_each_job_loses_nothing_and_does_nothing_twice(seed):
    found = {figure.name: figure.value for figure in figures(runs=RUNS, seed=seed)}
    assert (found["kill9_runs"], found["kill9_lost"], found["kill9_doubled"], found["kill9_wrong"]) == (RUNS, 0, 0, 0)
    assert found["kill9_steps_met"] == RUNS


def test_every_step_is_met_before_one_is_met_twice_and_one_seed_draws_the_same():
    steps = {name: count for count, name in enumerate(JOBS, 5)}
    drawn = plan(sum(steps.values()), 7, steps)
    assert {(cut.job, cut.step) for cut in drawn} == {(n, s) for n, count in steps.items() for s in range(1, count + 1)}
    assert drawn == plan(sum(steps.values()), 7, steps)
    assert drawn != plan(sum(steps.values()), 8, steps)
    again = plan(3, 7, steps, "close:4")
    assert [(cut.job, cut.step) for cut in again] == [("close", 4)] * 3
    assert isinstance(again[0], Cut)


@pytest.fixture
def house():
    """HQ that holds a receipt's record and a close's."""
    made = CountingHouse()
    now = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    closed = DayClosed(1, 1, CloseVerdict.AGREED, 0, 0, 0, (), ())
    for fact in (ReceiptIssued(7), closed):
        made.station.append([encode(Record(now, now.date(), SYSTEM, 0, RULES_VERSION, fact))])
    return made


def slip(house, seq, title, number=1, extra="", *, torn=False):
    head = head_on_paper(house.station.digests[seq - 1]) if seq else "0000-0000-0000-0000"
    return Piece(number, title, f"{title}\n{extra}\n链头 {head}", torn)


def judged(house, *paper, missing=()):
    found = Findings()
    look_at_paper(house, dict(house.records(0)), list(paper), list(missing), found)
    return len(found.lost), len(found.doubled), len(found.wrong)


def test_the_audit_tells_a_slip_without_record_a_second_original_and_a_record_without_slip(house):
    receipt, close = slip(house, 1, "代收费收据"), slip(house, 2, "日终报表 Z 0001 号")
    copy = slip(house, 1, "代收费收据", extra="【补打】第 1 次")
    assert judged(house, receipt, close, close) == (0, 0, 0)
    assert judged(house, receipt, copy, close, close) == (0, 0, 0)
    assert judged(house, receipt, receipt, close, close) == (0, 1, 0)
    assert judged(house, receipt, close, close, close) == (0, 1, 0)
    assert judged(house, receipt, close) == (0, 0, 1)
    assert judged(house, receipt, close, close, slip(house, 0, "代收费收据")) == (1, 0, 0)
    assert judged(house, slip(house, 1, "助农取款凭条"), receipt, close, close) == (1, 0, 0)
    torn = slip(house, 0, "代收费收据", torn=True)
    assert judged(house, torn, copy, close, close) == (1, 0, 0)
    assert judged(house, torn, copy, close, close, missing=["代收费收据"]) == (0, 0, 0)


def test_the_audit_of_real_jobs_finds_what_no_record_stands_behind():
    """A bill and a withdrawal that were done, held against an HQ that has none of their records."""
    with Shop(parcels=0) as shop:
        shop.start()
        withdrawal, bill = Withdrawal(4), Bill(3)
        lost = _lost_without_records(shop, withdrawal)
        assert any("debits" in one for one in lost)
        _lost_without_records(shop, bill)
        shop.house.billed[bill.account_no] += 1
        assert audit(shop, bill, Before(0, 10**6, 0), []).doubled
        shop.end()


def _lost_without_records(shop, job):
    job.prepare(shop)
    shop.all_sent()
    before = Before.now(shop)
    job.do(shop)
    shop.all_sent()
    assert not audit(shop, job, before, [])
    lost = audit(shop, job, replace(before, station_seq=len(shop.house.station.data)), []).lost
    assert any("no record stands behind" in one for one in lost)
    assert any("called" in one for one in lost)
    return lost
