"""The printer driver on a real pseudo-terminal: a slip goes out at most once, and silence is never good news."""

from __future__ import annotations

import os
import threading
import time

import pytest

from station_pos.devices.ports import (
    CONDITION_WORDS,
    Condition,
    Connection,
    LineFault,
    PaperState,
    PrinterStatus,
    PrintOutcome,
    PrintResult,
    PrintStage,
    describe,
)
from station_pos.devices.printer import HALF_SAID, EscposPrinter, PrinterTimes
from station_pos.devices.serial_line import SerialLine
from station_pos.receipts.escpos import PrinterProfile, encode, job_marker
from station_pos.receipts.paper import Cut, Paper, Text
from tests.station_pos.devices.pty_printer import PtyPrinter
from tests.station_pos.devices.told_time import ToldLine, ToldTime

TIMES = PrinterTimes(reply_s=0.15, mechanical_s=0.05, margin_s=0.4, poll_s=0.1, person_s=5.0)
JOB = encode(Paper((*(Text(f"第{line}行 代收费收据") for line in range(60)), Cut())), PrinterProfile("p"))
TAG = b"2236"  # bytes that look like status answers
DONE = PrintOutcome(PrintResult.DONE)


@pytest.fixture
def device():
    printer = PtyPrinter()
    yield printer
    printer.close()


@pytest.fixture
def told(device):
    """The time of printer and driver."""
    return ToldTime(device.tell)


@pytest.fixture
def driver_of(device, told):
    made = []

    def make(marker="process_id", times=TIMES, write_timeout_s=30.0, **more):
        profile = PrinterProfile("p", job_marker=marker, baud=1_000_000)
        line = ToldLine(SerialLine(device.path, write_timeout_s=write_timeout_s), told)
        made.append(EscposPrinter(line, profile, times, clock=told.clock, **more))
        return made[-1]

    yield make
    for driver in made:
        driver.close()


def wait_for(condition) -> None:
    ends_at = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.01)


class TestStatus:
    @pytest.mark.parametrize(
        ("bits", "expected", "condition"),
        [
            ({}, PrinterStatus(Connection.ONLINE, False, PaperState.OK, False), Condition.READY),
            ({4: 0x1E}, PrinterStatus(Connection.ONLINE, False, PaperState.NEAR_END, False), Condition.PAPER_NEAR_END),
            ({1: 0x1A, 4: 0x7E}, PrinterStatus(Connection.OFFLINE, False, PaperState.OUT, False), Condition.PAPER_OUT),
            ({1: 0x1A, 2: 0x32}, PrinterStatus(Connection.OFFLINE, False, PaperState.OUT, False), Condition.PAPER_OUT),
            ({1: 0x1A, 2: 0x16}, PrinterStatus(Connection.OFFLINE, True, PaperState.OK, False), Condition.COVER_OPEN),
            ({1: 0x1A, 2: 0x52}, PrinterStatus(Connection.OFFLINE, False, PaperState.OK, True), Condition.ERROR),
            ({1: 0x1A}, PrinterStatus(Connection.OFFLINE, False, PaperState.OK, False), Condition.OFFLINE),
        ],
    )
    def test_what_the_printer_says(self, device, driver_of, bits, expected, condition):
        device.bits.update(bits)
        status = driver_of().status()
        assert status == expected
        assert describe(status) is condition
        assert status.ready == (condition in {Condition.READY, Condition.PAPER_NEAR_END})

    def test_a_mute_printer_is_unknown_and_not_ready(self, device, driver_of):
        device.mute = True
        status = driver_of().status()
        assert status == PrinterStatus(Connection.UNKNOWN, None, PaperState.UNKNOWN, None)
        assert describe(status) is Condition.NO_ANSWER
        assert not status.ready

    def test_flow_control_and_old_answers_are_not_taken_for_status(self, device, driver_of):
        driver = driver_of()
        assert driver.status().ready
        device.mute = True
        device.say(b"\x12" * 3000 + b"\x11\x13")
        wait_for(lambda: device.waiting_bytes() == 3002)
        assert driver.status().connection is Connection.UNKNOWN

    def test_a_missing_line_is_unknown(self, tmp_path):
        status = EscposPrinter(SerialLine(str(tmp_path / "none")), PrinterProfile("p")).status()
        assert status.connection is Connection.UNKNOWN

    def test_every_condition_has_words_in_both_languages(self):
        assert set(CONDITION_WORDS) == set(Condition)
        assert all(zh and en and zh != en for zh, en in CONDITION_WORDS.values())
        assert {fault.value for fault in LineFault} <= {condition.value for condition in Condition}

    @pytest.mark.parametrize("missing", ["cover_open", "error", "paper"])
    def test_one_unanswered_question_is_enough_for_not_ready(self, missing):
        known = {"connection": Connection.ONLINE, "cover_open": False, "paper": PaperState.OK, "error": False}
        known[missing] = PaperState.UNKNOWN if missing == "paper" else None
        assert not PrinterStatus(**known).ready  # type: ignore[arg-type]


class TestPrinting:
    def test_a_confirmed_job_went_out_once_and_whole_between_its_stages(self, device, driver_of):
        stages = []
        outcome = driver_of().print_job(JOB, TAG, lambda stage: stages.append((stage, device.jobs)))
        assert outcome == DONE
        assert outcome.printed
        assert device.jobs == HALF_SAID + JOB + job_marker("process_id", TAG)
        assert stages[0] == (PrintStage.SENDING, HALF_SAID), "nothing of the job had left"
        assert [stage for stage, _ in stages] == [PrintStage.SENDING, PrintStage.WAITING]

    def test_another_jobs_confirmation_is_not_this_ones(self, device, driver_of, told):
        device.prints = False
        told.later(0.1, lambda: device.say(b"\x37\x229999\x00"))
        assert driver_of().print_job(JOB, TAG) == PrintOutcome(PrintResult.DOUBTFUL, Condition.NOT_CONFIRMED)

    @pytest.mark.parametrize(
        ("bits", "reason"),
        [
            ({4: 0x7E}, Condition.PAPER_OUT),
            ({2: 0x16}, Condition.COVER_OPEN),
            ({1: 0x1A}, Condition.OFFLINE),
        ],
    )
    def test_a_printer_that_is_not_ready_gets_no_byte(self, device, driver_of, bits, reason):
        device.bits.update(bits)
        stages: list[PrintStage] = []
        assert driver_of().print_job(JOB, TAG, stages.append) == PrintOutcome(PrintResult.NOT_STARTED, reason)
        assert device.jobs == HALF_SAID
        assert stages == []

    def test_a_mute_printer_gets_no_byte(self, device, driver_of):
        device.mute = True
        assert driver_of().print_job(JOB, TAG) == PrintOutcome(PrintResult.NOT_STARTED, Condition.NO_ANSWER)
        assert device.jobs == HALF_SAID

    def test_a_missing_line_is_not_started_and_says_which_fault(self, tmp_path):
        driver = EscposPrinter(SerialLine(str(tmp_path / "none")), PrinterProfile("p"))
        assert driver.print_job(JOB, TAG) == PrintOutcome(PrintResult.NOT_STARTED, Condition.LINE_MISSING)

    def test_when_the_spool_cannot_commit_nothing_is_sent(self, device, driver_of):
        def full_disk(_stage):
            raise OSError(28, "no space left")

        driver = driver_of()
        with pytest.raises(OSError, match="no space"):
            driver.print_job(JOB, TAG, full_disk)
        assert driver.status().ready
        assert device.jobs == HALF_SAID

    def test_a_wrong_tag_is_refused_before_anything(self, device, driver_of):
        with pytest.raises(ValueError, match="tag"):
            driver_of().print_job(JOB, b"\x00\x00\x00\x00")
        assert device.questions == []

    def test_two_threads_do_not_mix_their_jobs(self, device, driver_of):
        driver, outcomes = driver_of(), []
        threads = [
            threading.Thread(target=lambda mark=mark: outcomes.append(driver.print_job(mark * 3000, mark * 4)))
            for mark in (b"A", b"B")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes == [DONE, DONE]
        assert b"A" * 3000 in device.jobs
        assert b"B" * 3000 in device.jobs


class TestTrouble:
    def test_paper_out_in_the_middle_waits_for_the_person_and_never_sends_again(self, device, driver_of, told):
        device.paper_out_after = 700
        wanted = []

        def on_condition(condition):
            wanted.append(condition)
            if condition is Condition.PAPER_OUT:
                told.later(TIMES.margin_s * 2, device.paper_in)

        assert driver_of().print_job(JOB, TAG, on_condition=on_condition) == DONE
        assert wanted[0] is Condition.PAPER_OUT
        assert device.jobs == HALF_SAID + JOB + job_marker("process_id", TAG)

    def test_after_a_new_roll_the_printer_gets_its_full_time_again(self, device, driver_of, told):
        device.paper_out_after = 700

        def new_roll():
            device.paper_in()
            device.prints = False  # ready again, and still at work on what it held
            told.later(TIMES.margin_s * 0.6, lambda: setattr(device, "prints", True))

        def on_condition(condition):
            if condition is Condition.PAPER_OUT:
                told.later(TIMES.margin_s * 2, new_roll)

        assert driver_of().print_job(JOB, TAG, on_condition=on_condition) == DONE

    def test_paper_that_nobody_brings_is_doubtful_in_the_end(self, device, driver_of):
        device.paper_out_after = 700
        times = PrinterTimes(reply_s=0.15, mechanical_s=0.05, margin_s=0.1, poll_s=0.05, person_s=0.3)
        assert driver_of(times=times).print_job(JOB, TAG) == PrintOutcome(PrintResult.DOUBTFUL, Condition.PAPER_OUT)

    def test_a_printer_that_lost_the_job_is_doubtful_although_it_is_well(self, device, driver_of):
        device.prints = False
        assert driver_of().print_job(JOB, TAG) == PrintOutcome(PrintResult.DOUBTFUL, Condition.NOT_CONFIRMED)

    def test_a_printer_that_falls_silent_is_doubtful(self, device, driver_of):
        def fall_silent(stage):
            device.mute = stage is PrintStage.SENDING or device.mute

        assert driver_of().print_job(JOB, TAG, fall_silent) == PrintOutcome(PrintResult.DOUBTFUL, Condition.NO_ANSWER)

    def test_a_line_that_stops_taking_bytes_is_doubtful(self, device, driver_of):
        def stop_reading(_stage):
            device.reads = False

        outcome = driver_of(write_timeout_s=0.3).print_job(JOB * 100, TAG, stop_reading)
        assert outcome == PrintOutcome(PrintResult.DOUBTFUL, Condition.LINE_STALLED)

    def test_a_cable_pulled_while_waiting_is_doubtful(self, driver_of, device):
        # The master's end is replaced, not closed: the printer's thread still owns its number.
        device.prints = False

        def pull(stage):
            if stage is PrintStage.WAITING:
                device.reads = False
                device.tell("pass")  # it has seen that
                spare, other = os.openpty()
                os.dup2(spare, device.master)
                os.close(spare)
                os.close(other)

        outcome = driver_of().print_job(b"x\n", TAG, pull)
        assert outcome == PrintOutcome(PrintResult.DOUBTFUL, Condition.LINE_LOST)

    def test_a_printer_that_asks_for_silence_is_obeyed(self, device, driver_of, told):
        device.prints = False
        had = []

        def go_on():
            had.append(device.jobs)
            device.prints = True
            device.say(b"\x11")

        def hold_off(stage):
            if stage is PrintStage.SENDING:
                device.say(b"\x13")
                wait_for(device.waiting_bytes)
                told.later(0.4, go_on)

        assert driver_of().print_job(JOB, TAG, hold_off) == DONE
        assert had == [HALF_SAID]

    def test_a_program_that_stops_leaves_a_waiting_job_doubtful_at_once(self, device, driver_of, told):
        device.prints = False
        driver = driver_of(times=PrinterTimes(), stopping=lambda: len(device.jobs) > len(HALF_SAID))
        assert driver.print_job(JOB, TAG) == PrintOutcome(PrintResult.DOUBTFUL, Condition.NOT_CONFIRMED)
        assert told.clock() < 3


class TestModelsThatCannotNameAJob:
    @pytest.mark.parametrize("marker", ["gs_r", "none"])
    def test_a_clean_end_is_done_but_unconfirmed(self, device, driver_of, marker):
        outcome = driver_of(marker).print_job(JOB, TAG)
        assert outcome == PrintOutcome(PrintResult.DONE_UNCONFIRMED)
        assert device.jobs == HALF_SAID + JOB + job_marker(marker, TAG)

    def test_without_the_sensors_answer_the_job_is_doubtful(self, device, driver_of):
        device.prints = False
        assert driver_of("gs_r").print_job(JOB, TAG) == PrintOutcome(PrintResult.DOUBTFUL, Condition.NOT_CONFIRMED)

    @pytest.mark.parametrize("marker", ["gs_r", "none"])
    def test_paper_out_at_the_end_waits_for_a_clean_status(self, device, driver_of, marker):
        device.paper_out_after = len(HALF_SAID) + len(JOB)
        wanted = []

        def put_paper_in(condition):
            wanted.append(condition)
            device.paper_in()

        outcome = driver_of(marker).print_job(JOB, TAG, on_condition=put_paper_in)
        assert outcome.result is PrintResult.DONE_UNCONFIRMED
        assert wanted[0] is Condition.PAPER_OUT


class TestDrawer:
    @pytest.mark.parametrize(("pin", "pulse"), [(2, b"\x1bp\x00\x19\xfa"), (5, b"\x1bp\x01\x19\xfa")])
    def test_it_is_kicked_once(self, device, driver_of, pin, pulse):
        assert driver_of().kick_drawer(pin) == PrintOutcome(PrintResult.DONE_UNCONFIRMED)
        wait_for(lambda: len(device.jobs) > len(HALF_SAID))
        assert device.jobs == HALF_SAID + pulse

    def test_a_printer_without_paper_is_not_asked_since_it_would_open_the_till_later(self, device, driver_of):
        device.paper_out()
        assert driver_of().kick_drawer() == PrintOutcome(PrintResult.NOT_STARTED, Condition.PAPER_OUT)
        assert device.jobs == HALF_SAID
