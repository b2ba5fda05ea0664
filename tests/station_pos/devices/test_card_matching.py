"""Whether the terminal's last transaction is ours: three facts must agree, and doubt stays doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_pos.config import ZONE
from station_pos.devices.card_matching import Match, match_last
from station_pos.devices.card_terminal import (
    CardOutcome,
    CardRecord,
    CardShown,
    CardVerdict,
    Correlation,
    KnownTransaction,
    OpenIntent,
)
from station_pos.devices.card_terminal_state import PROGRESS_WORDS, TERMINAL_WORDS, Progress, TerminalCondition

INTENT_AT = datetime(2026, 11, 23, 10, 15, 0, tzinfo=ZONE)
INTENT = OpenIntent(50_000, "A00001", known_receipt_no="0044", known_trace_no="000122", not_before=INTENT_AT)
OURS = CardRecord(
    receipt_no="0045", trace_no="000123", amount_fen=50_000, terminal_time=INTENT_AT + timedelta(seconds=30)
)
THE_ONE_BEFORE = CardRecord(
    receipt_no="0044", trace_no="000122", amount_fen=50_000, terminal_time=INTENT_AT - timedelta(minutes=3)
)


def last_only(last: CardRecord, *, approved: bool = True, intent: OpenIntent = INTENT) -> Match:
    return match_last(last, approved=approved, intent=intent, correlation=Correlation.LAST_ONLY)


class TestATerminalThatKnowsOnlyItsLast:
    def test_tells_ours_by_amount_receipt_number_and_time(self):
        assert last_only(OURS) is Match.HAPPENED

    def test_tells_that_ours_was_declined(self):
        assert last_only(OURS, approved=False) is Match.DID_NOT_HAPPEN

    def test_tells_the_one_before_with_the_same_amount_by_its_numbers(self):
        assert last_only(THE_ONE_BEFORE) is Match.DID_NOT_HAPPEN

    def test_tells_an_earlier_one_that_we_never_knew(self):
        last = replace(OURS, amount_fen=7_000, terminal_time=INTENT_AT - timedelta(hours=1))
        assert last_only(last) is Match.DID_NOT_HAPPEN

    def test_tells_that_ours_was_reversed(self):
        last = replace(OURS, receipt_no="0046", trace_no="000124", reverses_trace_no="000123")
        assert last_only(last) is Match.REVERSED

    @pytest.mark.parametrize(
        "doubtful",
        [
            replace(OURS, terminal_time=None),
            replace(OURS, terminal_time=INTENT_AT - timedelta(seconds=1)),  # equal amount, or a slow clock
            replace(OURS, amount_fen=5_000),  # another's, or ours with a wrong amount
            replace(OURS, amount_fen=None),
            replace(OURS, receipt_no=""),
            replace(OURS, receipt_no="0044"),  # the known receipt number on another trace
            replace(OURS, reverses_trace_no="000122"),  # undoes the one before
            CardRecord(),
        ],
    )
    def test_leaves_doubt_as_it_is(self, doubtful):
        assert last_only(doubtful) is Match.UNCLEAR

    @pytest.mark.parametrize("at", [INTENT_AT - timedelta(minutes=1), INTENT_AT + timedelta(seconds=30), None])
    def test_tells_the_reversal_of_one_that_it_had_reversed_before(self, at):
        known = (KnownTransaction("0043", "000121", undone=True), KnownTransaction("0040", "000118"))
        last = replace(OURS, terminal_time=at, reverses_trace_no="000121")
        assert last_only(last, intent=replace(INTENT, known=known)) is Match.DID_NOT_HAPPEN
        standing = replace(last, reverses_trace_no="000118")
        assert last_only(standing, intent=replace(INTENT, known=known)) is not Match.DID_NOT_HAPPEN

    def test_tells_an_earlier_known_one_by_both_its_numbers(self):
        known = (KnownTransaction("0040", "000118"),)
        last = replace(OURS, receipt_no="0040", trace_no="000118", terminal_time=INTENT_AT - timedelta(minutes=9))
        assert last_only(last, intent=replace(INTENT, known=known)) is Match.DID_NOT_HAPPEN
        assert last_only(replace(last, receipt_no=""), intent=replace(INTENT, known=known)) is Match.UNCLEAR

    def test_tells_from_a_refusal_before_the_intent_that_nothing_came_after_it(self):
        last = replace(OURS, terminal_time=INTENT_AT - timedelta(minutes=1))
        assert last_only(last, approved=False) is Match.DID_NOT_HAPPEN
        assert last_only(replace(last, reverses_trace_no="000120"), approved=False) is Match.UNCLEAR

    def test_needs_no_earlier_transaction(self):
        first = replace(INTENT, known_receipt_no="", known_trace_no="")
        assert last_only(OURS, intent=first) is Match.HAPPENED

    @given(
        st.builds(
            CardRecord,
            receipt_no=st.sampled_from(["", "0044", "0045"]),
            trace_no=st.sampled_from(["", "000122", "000123"]),
            amount_fen=st.sampled_from([None, 5_000, 50_000]),
            terminal_time=st.sampled_from([None, *(INTENT_AT + timedelta(seconds=s) for s in (-9, -1, 0, 9))]),
            reverses_trace_no=st.sampled_from(["", "000122", "000123"]),
        ),
        st.booleans(),
    )
    def test_never_says_that_it_happened_where_a_fact_is_missing(self, last, approved):
        if last_only(last, approved=approved) is Match.HAPPENED:
            assert approved
            assert last.amount_fen == INTENT.amount_fen
            assert last.receipt_no not in {"", INTENT.known_receipt_no}
            assert last.terminal_time is not None
            assert last.terminal_time >= INTENT_AT
            assert not last.reverses_trace_no


class TestATerminalThatRepeatsOurReference:
    @pytest.mark.parametrize(
        ("last", "approved", "expected"),
        [
            (CardRecord(our_reference="A00001", amount_fen=50_000), True, Match.HAPPENED),
            (CardRecord(our_reference="A00001", amount_fen=50_000), False, Match.DID_NOT_HAPPEN),
            (CardRecord(our_reference="A00001", amount_fen=5_000), True, Match.UNCLEAR),
            (CardRecord(our_reference="A00000", amount_fen=50_000), True, Match.DID_NOT_HAPPEN),
            (CardRecord(our_reference="A00001", amount_fen=50_000, reverses_trace_no="7"), True, Match.REVERSED),
            (CardRecord(amount_fen=50_000), True, Match.UNCLEAR),
        ],
    )
    def test_settles_it_by_that(self, last, approved, expected):
        found = match_last(last, approved=approved, intent=INTENT, correlation=Correlation.ECHO_REF)
        assert found is expected


class TestPlainValues:
    def test_every_condition_and_progress_has_words(self):
        assert set(PROGRESS_WORDS) == set(Progress)
        assert set(TERMINAL_WORDS) == set(TerminalCondition)

    def test_a_card_is_known_by_its_token_or_by_issuer_and_last_digits(self):
        assert CardShown("1234", "邮储银行", "tok-9").limit_key == "token:tok-9"
        assert CardShown("1234", "邮储银行").limit_key == "邮储银行:1234"
        assert CardShown("", "邮储银行").limit_key == ""

    def test_only_an_approved_outcome_pays_out_and_only_one_not_started_may_be_tried_again(self):
        assert [v for v in CardVerdict if CardOutcome(v).pay_out] == [CardVerdict.APPROVED]
        tried_again = [v for v in CardVerdict if not CardOutcome(v).may_have_reached_terminal]
        assert tried_again == [CardVerdict.NOT_STARTED]
