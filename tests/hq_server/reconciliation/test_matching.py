from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hq_server.files.rows import LineKind, LineStatus
from hq_server.reconciliation.discrepancy import (
    CLASS_WORDS,
    CLOSED_CLASSES,
    BreakClass,
    Finding,
    MatchKey,
    OurSale,
    SaleStatus,
    SettlesUnknown,
    TheirLine,
    carried_class,
    classify,
)
from hq_server.reconciliation.matching import BillerDay, match_day

DAY = date(2026, 11, 23)
NEXT = DAY + timedelta(days=1)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
C, S = BreakClass, SaleStatus


def sale(n: int, status: SaleStatus = S.CAPTURED, on: date = DAY, **changes) -> OurSale:
    biller_no = f"B{n:05d}" if status in {S.CAPTURED, S.REVERSED} else None
    plain = OurSale(
        f"51078{n % 7}",
        f"A-{n:05d}",
        biller_no,
        f"51070{n % 11:05d}",
        1000 + n,
        status,
        on,
        NOON + timedelta(minutes=n),
    )
    return replace(plain, **changes)


def line(n: int, on: date = DAY, *, back: bool = False, **changes) -> TheirLine:
    kind, status = (LineKind.REV, LineStatus.REVERSED) if back else (LineKind.PAY, LineStatus.SUCCESS)
    account_no, at = f"51070{n % 11:05d}", NOON + timedelta(minutes=n, seconds=20)
    plain = TheirLine(on, 1, n + 1, f"A-{n:05d}", f"B{n:05d}", account_no, at, kind, 1000 + n, status)
    return replace(plain, **changes)


def match(sales=(), lines=(), **beside):
    return match_day(BillerDay(DAY, tuple(sales), tuple(lines), **beside))


def classes(findings) -> Counter[BreakClass]:
    return Counter(finding.break_class for finding in findings)


PLANTS = {
    C.THEIRS_ONLY: lambda n: ([], [line(n)]),
    C.OURS_ONLY: lambda n: ([sale(n)], []),
    C.AMOUNT_MISMATCH: lambda n: ([sale(n)], [line(n, amount_fen=1001 + n)]),
    C.STATUS_MISMATCH: lambda n: ([sale(n)], [line(n, back=True)]),
    C.ACCOUNT_MISMATCH: lambda n: ([sale(n)], [line(n, account_no="5107099999")]),
}
REPEATS = {  # beside the repetition there is one sound pair
    C.DUPLICATE_THEIRS: lambda n: ([sale(n)], [line(n), line(n, line_seq=90_000 + n, biller_no=f"X{n:05d}")]),
    C.DUPLICATE_OURS: lambda n: ([sale(n), sale(n, station_code="510999", our_no=f"Z-{n:05d}")], [line(n)]),
}


def sound(n: int):
    """One sale and its lines on which both books agree, of every sort there is."""
    return [
        ([sale(n)], [line(n)]),
        ([sale(n, biller_no=None)], [line(n)]),
        ([sale(n)], [line(n, our_no=None)]),
        ([sale(n, S.HELD)], [line(n)]),
        ([sale(n, S.DECLINED)], []),
        ([sale(n, S.REVERSED)], []),
        ([sale(n, S.REVERSED)], [line(n, back=True)]),
        ([sale(n, S.REVERSED)], [line(n), line(n, back=True, line_seq=90_000 + n)]),
    ][n % 8]


SMALL = st.integers(0, 3)


def crossed_sale(values: tuple[int, int, int, int], on: date) -> OurSale:
    ours, theirs, status, fen = values
    biller_no = f"B{theirs:05d}" if theirs else None
    return sale(ours, list(SaleStatus)[status], on, biller_no=biller_no, amount_fen=100 + fen)


def crossed_line(n: int, values: tuple[int, int, int, bool], on: date) -> TheirLine:
    ours, theirs, fen, back = values
    our_no = f"A-{ours:05d}" if ours else None
    return line(theirs, on, back=back, our_no=our_no, line_seq=n + 1, amount_fen=100 + fen)


def run(ours: list[OurSale], theirs: list[TheirLine]):
    return match(
        [s for s in ours if s.business_date == DAY],
        [t for t in theirs if t.business_date == DAY],
        open_sales=[s for s in ours if s.business_date != DAY],
        open_lines=[t for t in theirs if t.business_date != DAY],
    )


def joined(parts):
    parts = list(parts)
    return [s for sales, _ in parts for s in sales], [t for _, lines in parts for t in lines]


def _their_sum(finding: Finding) -> int:
    assert finding.line is not None
    if finding.line.kind is LineKind.PAY:
        return finding.line.amount_fen
    return 0 if finding.sale else -finding.line.amount_fen


class TestTheDecision:
    @pytest.mark.parametrize(
        ("ours", "theirs", "expected"),
        [
            (S.CAPTURED, "paid", C.MATCHED),
            (S.CAPTURED, "back", C.STATUS_MISMATCH),
            (S.CAPTURED, None, C.OURS_ONLY),
            (S.HELD, "paid", C.MATCHED),
            (S.HELD, "back", C.MATCHED),
            (S.HELD, None, C.OURS_ONLY),
            (S.DECLINED, "paid", C.THEIRS_ONLY),
            (S.DECLINED, "back", C.MATCHED),
            (S.DECLINED, None, C.MATCHED),
            (S.REVERSED, "paid", C.STATUS_MISMATCH),
            (S.REVERSED, "back", C.MATCHED),
            (S.REVERSED, None, C.MATCHED),
            (None, "paid", C.THEIRS_ONLY),
            (None, "back", C.UNIDENTIFIED_CREDIT),
        ],
    )
    def test_follows_from_what_either_book_says_happened(self, ours, theirs, expected):
        found = classify(sale(1, ours) if ours else None, line(1, back=theirs == "back") if theirs else None)
        assert found is expected

    def test_names_the_gravest_of_several_differences(self):
        assert classify(sale(1), line(1, account_no="1", amount_fen=1, back=True)) is C.ACCOUNT_MISMATCH
        assert classify(sale(1), line(1, amount_fen=1, back=True)) is C.STATUS_MISMATCH
        assert classify(sale(1), line(1, NEXT, amount_fen=1)) is C.AMOUNT_MISMATCH
        assert classify(sale(1, S.HELD), line(1, amount_fen=1)) is C.AMOUNT_MISMATCH

    def test_counts_a_failed_payment_as_no_money(self):
        assert classify(sale(1), line(1, status=LineStatus.FAILED)) is C.STATUS_MISMATCH
        assert classify(None, line(1, status=LineStatus.FAILED)) is C.MATCHED

    def test_needs_one_side_at_least(self):
        with pytest.raises(ValueError, match="nothing"):
            classify(None, None)

    def test_every_class_has_a_word_in_both_languages(self):
        assert set(CLASS_WORDS) == set(BreakClass)
        assert all(chinese and english for chinese, english in CLASS_WORDS.values())
        assert (CLASS_WORDS[C.THEIRS_ONLY][0][:2], CLASS_WORDS[C.OURS_ONLY][0][:2]) == ("长款", "短款")


class TestADay:
    @given(st.sets(st.integers(0, 500), max_size=40))
    def test_on_which_the_books_agree_has_no_break(self, numbers):
        sales, lines = joined(map(sound, numbers))
        findings = match(sales, lines)
        assert set(classes(findings)) <= {C.MATCHED}
        assert len(findings) == len(sales)

    @pytest.mark.parametrize("planted", PLANTS)
    @given(numbers=st.sets(st.integers(0, 500), min_size=1, max_size=20), data=st.data())
    def test_names_exactly_what_was_planted(self, planted, numbers, data):
        chosen = data.draw(st.sets(st.sampled_from(sorted(numbers)), min_size=1))
        sales, lines = joined(PLANTS[planted](n) if n in chosen else sound(n) for n in numbers)
        found = classes(match(sales, lines))
        assert found == Counter({planted: len(chosen), C.MATCHED: len(numbers) - len(chosen)}) - Counter()

    @pytest.mark.parametrize("planted", REPEATS)
    @given(numbers=st.sets(st.integers(0, 500), min_size=1, max_size=20), data=st.data())
    def test_names_every_repetition_beside_the_pair_it_repeats(self, planted, numbers, data):
        chosen = data.draw(st.sets(st.sampled_from(sorted(numbers)), min_size=1))
        sales, lines = joined(REPEATS[planted](n) if n in chosen else sound(n) for n in numbers)
        assert classes(match(sales, lines)) == Counter({planted: len(chosen), C.MATCHED: len(numbers)})

    @given(
        sales=st.lists(st.tuples(SMALL, SMALL, SMALL, SMALL), max_size=7),
        lines=st.lists(st.tuples(SMALL, SMALL, SMALL, st.booleans()), max_size=7),
        days=st.lists(st.sampled_from([-1, 0, 0, 1]), min_size=14, max_size=14),
        shuffle_seed=st.integers(0, 2**32),
    )
    def test_puts_each_item_in_one_finding_whatever_the_order(self, sales, lines, days, shuffle_seed):
        # Few distinct serials, so that keys repeat, cross and contradict each other in every way.
        ours = [
            crossed_sale(values, DAY + timedelta(days=shift)) for values, shift in zip(sales, days[:7], strict=False)
        ]
        theirs = [
            crossed_line(i, values, DAY + timedelta(days=shift))
            for i, (values, shift) in enumerate(zip(lines, days[7:], strict=False))
        ]
        findings = run(ours, theirs)
        shuffler = random.Random(shuffle_seed)
        assert findings == run(ours[::-1], theirs[::-1])
        assert findings == run(shuffler.sample(ours, len(ours)), shuffler.sample(theirs, len(theirs)))
        found_sales = Counter(f.sale for f in findings if f.sale)
        found_lines = Counter(t for f in findings for t in (f.line, f.reversal) if t)
        assert {s: n for s, n in found_sales.items() if s.business_date == DAY} == Counter(
            s for s in ours if s.business_date == DAY
        )
        assert {t: n for t, n in found_lines.items() if t.business_date == DAY} == Counter(
            t for t in theirs if t.business_date == DAY
        )
        assert not found_sales - Counter(ours)
        assert not found_lines - Counter(theirs)
        # Money is conserved: what the findings say the books differ by is what the day's books differ by.
        own = [f for f in findings if all(item.business_date == DAY for item in (f.sale, f.line) if item)]
        assert sum(f.difference_fen for f in own) == sum(
            (_their_sum(f) if f.line and not f.reversal else 0)
            - (f.sale.amount_fen if f.sale and f.sale.status is S.CAPTURED else 0)
            for f in own
        )

    def test_names_the_same_one_of_several_repetitions_whatever_the_order(self):
        sales = [sale(1, biller_no=None, amount_fen=100 + n) for n in range(4)]
        lines = [line(2, line_seq=n + 1, amount_fen=100 + n) for n in range(4)]
        findings = match(sales, lines)
        assert classes(findings) == {C.OURS_ONLY: 1, C.DUPLICATE_OURS: 3, C.THEIRS_ONLY: 1, C.DUPLICATE_THEIRS: 3}
        assert findings == match(sales[::-1], lines[::-1])

    def test_prefers_our_number_to_the_billers(self):
        ours = [sale(1), sale(2)]
        theirs = [line(1, our_no="A-00002"), line(2, our_no="A-00001")]
        findings = match(ours, theirs)
        assert [(f.sale.our_no, f.line.our_no, f.key) for f in findings] == [
            ("A-00001", "A-00001", MatchKey.OUR_SERIAL),
            ("A-00002", "A-00002", MatchKey.OUR_SERIAL),
        ]

    def test_never_matches_by_account_and_amount_alone(self):
        findings = match([sale(1)], [line(1, our_no=None, biller_no="X1")])
        assert classes(findings) == {C.OURS_ONLY: 1, C.THEIRS_ONLY: 1}

    def test_names_a_fee_that_differs_and_none_that_is_not_stated(self):
        assert classify(sale(1, fee_fen=50), line(1, fee_fen=100)) is C.FEE_MISMATCH
        assert classify(sale(1, fee_fen=50), line(1, fee_fen=50)) is C.MATCHED
        assert classify(sale(1, fee_fen=50), line(1)) is C.MATCHED

    def test_knows_money_given_back_that_no_sale_explains(self):
        (finding,) = match([], [line(5, back=True)])
        assert (finding.break_class, finding.difference_fen) == (C.UNIDENTIFIED_CREDIT, -1005)

    def test_says_how_much_is_over_or_short_from_our_side(self):
        assert [f.difference_fen for f in match([], [line(5)])] == [1005]
        assert [f.difference_fen for f in match([sale(5)], [])] == [-1005]
        assert [f.difference_fen for f in match([sale(5)], [line(5, amount_fen=1000)])] == [-5]
        assert [f.difference_fen for f in match([sale(5)], [line(5, back=True)])] == [-1005]
        assert [f.difference_fen for f in match([sale(5, S.HELD)], [])] == [0]

    def test_sees_a_payment_and_its_taking_back_on_two_lines_as_one(self):
        lines = [line(1), line(1, back=True, line_seq=9)]
        (finding,) = match([sale(1)], lines)
        assert (finding.break_class, finding.line, finding.reversal) == (C.STATUS_MISMATCH, *lines)
        assert match([], lines)[0].break_class is C.MATCHED

    def test_refuses_what_is_not_of_the_day_or_beside_it(self):
        for beside in (
            {"sales": [sale(1, on=NEXT)]},
            {"lines": [line(1, NEXT)]},
            {"open_sales": [sale(1)]},
            {"open_lines": [line(1, DAY + timedelta(days=32))]},
            {"settled_sales": [sale(1)]},
        ):
            with pytest.raises(ValueError, match=r"\.$"):
                match(**beside)


class TestAnUnknownOutcome:
    def test_is_ended_by_a_line_that_says_paid(self):
        (finding,) = match([sale(1, S.HELD)], [line(1)])
        assert finding.break_class is C.MATCHED
        assert finding.evidence == SettlesUnknown("510781", "A-00001", "B00001", confirmed=True)

    def test_is_ended_by_a_line_that_says_taken_back_or_failed(self):
        for theirs in (line(1, back=True), line(1, status=LineStatus.FAILED)):
            assert match([sale(1, S.HELD)], [theirs])[0].evidence == SettlesUnknown(
                "510781", "A-00001", "B00001", confirmed=False
            )

    def test_is_not_ended_by_another_amount_or_account(self):
        for theirs in (line(1, amount_fen=1), line(1, account_no="1")):
            assert match([sale(1, S.HELD)], [theirs])[0].evidence is None

    def test_stays_open_while_no_line_names_it(self):
        (finding,) = match([sale(1, S.HELD)], [])
        assert (finding.break_class, finding.evidence) == (C.OURS_ONLY, None)


class TestTheNeighbourDay:
    @pytest.mark.parametrize("step", [-1, 1])
    def test_closes_a_sale_left_open(self, step):
        other = DAY + timedelta(days=step)
        (finding,) = match([], [line(1)], open_sales=[sale(1, on=other), sale(2, on=other)])
        assert (finding.break_class, finding.sale.business_date) == (C.CUTOFF_SHIFT, other)
        assert finding.break_class in CLOSED_CLASSES

    @pytest.mark.parametrize("step", [-1, 1])
    def test_closes_a_line_left_open(self, step):
        other = DAY + timedelta(days=step)
        (finding,) = match([sale(1)], [], open_lines=[line(1, other), line(2, other)])
        assert (finding.break_class, finding.line.business_date) == (C.CUTOFF_SHIFT, other)

    def test_ends_an_unknown_outcome_too(self):
        (finding,) = match([], [line(1)], open_sales=[sale(1, S.HELD, DAY - timedelta(days=1))])
        assert (finding.break_class, finding.evidence.confirmed) == (C.CUTOFF_SHIFT, True)

    def test_does_not_hide_another_difference(self):
        (finding,) = match([], [line(1, amount_fen=1)], open_sales=[sale(1, on=NEXT)])
        assert finding.break_class is C.AMOUNT_MISMATCH

    def test_is_asked_only_for_what_the_day_itself_leaves_open(self):
        (finding,) = match([sale(1)], [line(1)], open_lines=[line(1, NEXT)])
        assert (finding.break_class, finding.line.business_date) == (C.MATCHED, DAY)

    def test_shows_a_settled_payment_repeated_or_taken_back_later(self):
        settled = [sale(1, on=DAY - timedelta(days=9))]
        assert classes(match([], [line(1)], settled_sales=settled)) == {C.DUPLICATE_THEIRS: 1}
        (finding,) = match([], [line(1, back=True)], settled_sales=settled)
        assert (finding.break_class, finding.sale, finding.difference_fen) == (C.STATUS_MISMATCH, settled[0], -1001)


class TestWhatStaysOpen:
    def test_is_carried_in_suspense_after_three_days(self):
        assert carried_class(C.THEIRS_ONLY, DAY, DAY + timedelta(days=3)) is C.THEIRS_ONLY
        assert carried_class(C.THEIRS_ONLY, DAY, DAY + timedelta(days=4)) is C.SUSPENSE

    def test_never_includes_what_is_closed(self):
        assert carried_class(C.CUTOFF_SHIFT, DAY, DAY + timedelta(days=400)) is C.CUTOFF_SHIFT


class TestAnUnknownSale:
    @pytest.mark.parametrize("order", [1, -1])
    def test_is_ended_by_the_attempt_that_succeeded_not_by_the_one_that_failed(self, order) -> None:
        failed = line(3, status=LineStatus.FAILED, biller_no="F00003")
        lines = [failed, line(3, line_seq=90_003)][::order]
        (pair,) = [finding for finding in match([sale(3, S.HELD)], lines) if finding.sale is not None]
        assert pair.evidence == SettlesUnknown(sale(3).station_code, "A-00003", "B00003", confirmed=True)

    @pytest.mark.parametrize("other", [{"account_no": "5107099999"}, {"amount_fen": 1}])
    def test_is_not_ended_by_a_failure_of_another_account_or_amount(self, other) -> None:
        failed = line(3, status=LineStatus.FAILED, **other)
        assert [finding.evidence for finding in match([sale(3, S.HELD)], [failed])] == [None]
