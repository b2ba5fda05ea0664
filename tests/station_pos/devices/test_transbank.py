"""Transbank: published bytes, the maker's own library against our simulator, and our driver's faults."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transbank.POS.POSIntegrado import POSIntegrado

from station_pos.config import ZONE
from station_pos.devices.card_terminal import CardVerdict
from station_pos.devices.card_terminal_state import Progress
from station_pos.devices.transbank import messages
from station_pos.devices.transbank.frames import FrameReader, Signal, frame_of
from station_pos.devices.transbank.response_codes import reason_of
from tests.station_pos.devices.card_benches import transbank_bench

APPROVED, DECLINED, UNKNOWN = CardVerdict.APPROVED, CardVerdict.DECLINED, CardVerdict.UNKNOWN


class TestFrames:
    @pytest.mark.parametrize(
        ("payload", "lrc"),
        [
            (b"0200|123|", 0x31),  # the maker's published example
            (messages.sale(50_000, "A00001"), 0x75),
            (messages.LAST_SALE, 0x78),
            (messages.void("123"), 0x30),
            (messages.TOTALS, 0x04),
            (messages.CLOSE, 0x06),
            (messages.LOAD_KEYS, 0x0B),
            (messages.POLL, 0x02),
        ],
    )
    def test_end_in_the_known_sum(self, payload, lrc):
        assert frame_of(payload) == b"\x02" + payload + b"\x03" + bytes([lrc])
        assert FrameReader().feed(frame_of(payload)) == [payload]

    @given(st.binary(max_size=60), st.text(alphabet="0123456789|AB", max_size=40))
    def test_after_noise_are_found_once_it_is_quiet(self, noise, text):
        reader = FrameReader()
        reader.feed(noise)
        reader.reset()
        payload = text.encode()
        wire = bytearray(frame_of(payload))
        assert reader.feed(bytes(wire)) == [payload]
        wire[-1] ^= 1
        assert reader.feed(bytes(wire)) == [Signal.BROKEN_FRAME]


class TestAnswers:
    def test_to_a_sale_are_read_field_by_field_without_the_account(self):
        payload = (
            b"0210|00|597029414300|75001234|A00001|AUTH99|50000|0|0|0128|17|CR|231126|6222021234567890128|VI|"
            b"23112026|101530|0|0"
        )
        record = messages.sale_record(messages.parse_answer(payload), ZONE)
        assert (record.our_reference, record.auth_code, record.amount_fen) == ("A00001", "AUTH99", 50_000)
        assert (record.card_last4, record.receipt_no, record.issuer) == ("0128", "17", "VI")
        assert record.terminal_time == datetime(2026, 11, 23, 10, 15, 30, tzinfo=ZONE)
        assert "622202" not in repr(record)

    @given(st.binary(max_size=80))
    def test_of_any_bytes_are_read_without_an_error(self, payload):
        answer = messages.parse_answer(payload)
        messages.sale_record(answer, ZONE)
        messages.totals_of(answer)

    def test_have_a_sentence_for_every_code(self):
        assert all(reason_of(code).chinese and reason_of(code).english.isascii() for code in range(100))

    @pytest.mark.parametrize(
        ("reference", "ticket"), [("410000123-1-000045", "000045"), ("A00001", "A00001"), ("取款", ""), ("7", "7")]
    )
    def test_carry_the_end_of_our_reference(self, reference, ticket):
        assert messages.ticket_of(reference) == ticket


def test_the_makers_own_library_works_against_the_simulator(tmp_path):
    # It looks at the line five times a second, so it is slow to acknowledge.
    with transbank_bench(tmp_path, in_told_time=False, progress_gap_s=0.5, acknowledge_s=20.0) as bench:
        bench.driver.close()
        pos = POSIntegrado()
        pos.timeout = 50  # of its own 0.2 s each; as delivered it waits for hours
        assert pos.open_port(bench.process.hello["tty"])
        try:
            assert pos.poll()
            assert pos.load_keys()["response_code"] == "00"
            heard: list[str] = []
            sale = pos.sale(
                50_000, "A00001", send_status=True, callback=lambda told: heard.append(told["response_code"])
            )
            assert (sale["success"], sale["ticket"], sale["amount"], sale["last_4_digits"]) == (
                *(True, "A00001", "50000", "0128"),
            )
            assert heard == ["78", "81", "82"]
            assert pos.last_sale()["operation_number"] == sale["operation_number"]
            totals = pos.totals()
            assert (totals["tx_count"], totals["tx_total"]) == ("1", "50000")
            refund = pos.refund(int(sale["operation_number"]))
            assert refund["success"]
            assert pos.totals()["tx_count"] == "0"
            assert pos.close()["success"]
            assert bench.states() == ["reversed"]
        finally:
            pos.close_port()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with transbank_bench(tmp_path_factory.mktemp("transbank")) as bench:
        yield bench


@pytest.fixture
def bench(shared):
    shared.begin()
    yield shared
    assert shared.end() == []


class TestTheDriver:
    def test_shows_what_the_terminal_is_doing(self, bench):
        assert bench.withdraw().verdict is APPROVED
        assert bench.seen == [Progress.INSERT_CARD, Progress.ENTER_PIN, Progress.ASKING_BANK]

    @pytest.mark.parametrize("fault", ["nak_once", "bad_crc_once", "lose_ack_once", "withhold_ack_once"])
    def test_books_once_on_a_line_disturbed_once(self, bench, fault):
        bench.driver.status()
        bench.fault(fault)
        outcome = bench.withdraw()
        assert outcome.verdict in {APPROVED, CardVerdict.NOT_STARTED}
        assert len(bench.commits) == len(bench.states()) == (outcome.verdict is APPROVED)

    @pytest.mark.parametrize("point", ["before_result", "between"])
    def test_after_a_cut_finds_its_own_ticket(self, bench, point):
        bench.fault("cable_out", point)
        outcome = bench.withdraw(50_000, "S7-000009")
        assert outcome.verdict is (UNKNOWN if point == "before_result" else APPROVED)
        bench.until(lambda: not bench.tell("status")["faults"])
        bench.tell("cable", out=False)
        asked = bench.last_result(50_000, "S7-000009", commit=bench.accept)
        assert asked.verdict is APPROVED
        assert asked.record.our_reference == "000009"
        assert bench.last_result(50_000, "S7-000010").verdict is DECLINED

    def test_that_must_void_a_debit_card_knows_that_it_could_not(self, bench):
        bench.tell("debit")
        outcome = bench.withdraw(commit=lambda _record: False)
        assert (outcome.verdict, outcome.reason.code) == (UNKNOWN, "reversal_failed")

    def test_settles_with_the_terminals_totals(self, bench):
        bench.driver.settle()
        bench.withdraw(1_000)
        bench.withdraw(2_000)
        settled = bench.driver.settle()
        assert settled.totals is not None
        assert (settled.totals.count, settled.totals.amount_fen) == (2, 3_000)
        assert bench.driver.sign_on().verdict is APPROVED

    def test_without_any_sale_is_told_that_it_did_not_happen(self, tmp_path):
        with transbank_bench(tmp_path) as fresh:
            assert fresh.last_result().verdict is DECLINED
