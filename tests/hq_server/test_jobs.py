from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import Engine

from hq_server.db import make_conninfo
from hq_server.db.leading import Leading
from hq_server.hq_journal import WORK_CHANNEL
from hq_server.jobs import Stage, run_once, work
from tests.hq_server.people import SteppingClock

CLOCK = SteppingClock()


def leading(engine: Engine) -> Leading:
    return Leading(make_conninfo(engine), WORK_CHANNEL)


class TestTheLead:
    def test_of_two_processes_one_works_and_the_other_takes_over_when_it_ends(self, engine: Engine) -> None:
        with leading(engine) as second:
            with leading(engine) as first:
                assert [first.leads(), second.leads(), first.leads(), second.leads()] == [True, False, True, False]
            assert _comes_to_lead(second)

    def test_a_leader_whose_connection_broke_does_not_believe_it_leads(self, engine: Engine) -> None:
        with leading(engine) as first, leading(engine) as second:
            assert first.leads()
            with engine.connect() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                )
            assert _comes_to_lead(second)
            assert not first.leads()

    def test_work_wakes_at_once_when_a_journal_grows(self, engine: Engine) -> None:
        with leading(engine) as one:
            assert one.leads()
            ringing = threading.Timer(0.3, lambda: _notify(engine))
            ringing.start()
            begun = time.monotonic()
            one.wait(20)
            assert time.monotonic() - begun < 15
            ringing.join()


def _comes_to_lead(one: Leading) -> bool:
    """The server gives a lock free a moment after the connection that held it is gone."""
    ends_at = time.monotonic() + 30
    while not one.leads() and time.monotonic() < ends_at:
        time.sleep(0.02)
    return one.leads()


def _notify(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_notify('{WORK_CHANNEL}', '')")


class TestStages:
    def test_they_run_in_order_until_nothing_is_left(self, engine: Engine) -> None:
        left = {"first": 2, "second": 1}
        order: list[str] = []

        def stage(name: str) -> Stage:
            def run(_engine, _clock) -> int:
                order.append(name)
                left[name] -= 1
                return int(left[name] >= 0)

            return Stage(name, run)

        assert run_once(engine, CLOCK, [stage("first"), stage("second")]) == {"first": 2, "second": 1}
        assert order == ["first", "second"] * 3

    def test_a_failing_stage_is_told_and_the_next_ones_still_run(
        self, engine: Engine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stopping = threading.Event()

        def fails(_engine, _clock) -> int:
            raise RuntimeError("the biller's file is unreadable")

        def last(_engine, _clock) -> int:
            stopping.set()
            return 1

        with leading(engine) as one:
            work(engine, CLOCK, [Stage("failing", fails), Stage("last", last)], one, stopping)
        assert stopping.is_set()
        assert "the biller's file is unreadable" in "".join(capsys.readouterr())

    def test_a_process_that_does_not_lead_helps_with_shared_stages_only_and_wakes_the_leader(
        self, engine: Engine
    ) -> None:
        stopping, ran = threading.Event(), []

        def shared(_engine, _clock) -> int:
            ran.append("shared")
            stopping.set()
            return 1

        def alone(_engine, _clock) -> int:
            ran.append("alone")
            return 1

        with leading(engine) as leader, leading(engine) as helper:
            assert leader.leads()
            work(engine, CLOCK, [Stage("alone", alone), Stage("shared", shared, shared=True)], helper, stopping)
            begun = time.monotonic()
            leader.wait(20)
            assert time.monotonic() - begun < 15
        assert ran == ["shared"]
