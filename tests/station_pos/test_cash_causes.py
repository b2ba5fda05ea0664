"""The causes of a cash difference: what the shopkeeper is pointed to first, and that nothing is made up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from benchmarks.cash_causes import WANTED_PCT, measure
from station_journal.facts.cash import NoteLine
from station_pos.commands.cash_causes import CauseKind, DrawerEntry, EntryType, OpenItem, causes

AT = datetime(2026, 10, 23, 5, 5, tzinfo=UTC)
BILL = DrawerEntry(12, EntryType.BILL, AT, 8_520, 10_000)
OTHER = DrawerEntry(9, EntryType.BILL, AT, 7_260, 7_260)


def first(difference_fen: int, *entries: DrawerEntry, counted: tuple[NoteLine, ...] = ()):
    found = causes(difference_fen, entries, counted)
    return (found[0].kind, found[0].seqs) if found else None


@pytest.mark.parametrize(
    ("difference_fen", "entries", "kind", "seqs"),
    [
        (-1_480, (BILL, OTHER), CauseKind.CHANGE_TWICE, (12,)),
        (1_480, (BILL, OTHER), CauseKind.CHANGE_NOT_GIVEN, (12,)),
        (-5_000, (BILL, OTHER), CauseKind.WRONG_NOTE, (12,)),
        (-7_260, (OTHER, DrawerEntry(15, EntryType.BILL, AT, 7_260, 7_260)), CauseKind.ENTERED_TWICE, (15, 9)),
        (
            -7_260,
            (DrawerEntry(15, EntryType.BILL, AT, 7_260, 8_000, waits=OpenItem.RESULT),),
            CauseKind.CASH_BACK_TOO_EARLY,
            (15,),
        ),
        (
            -7_260,
            (DrawerEntry(15, EntryType.BILL, AT, 7_260, 8_000, waits=OpenItem.CASH_DUE, in_period=False),),
            CauseKind.CASH_BACK_UNRECORDED,
            (15,),
        ),
        (45_000, (DrawerEntry(15, EntryType.BILL, AT, 5_000, 5_000, typed=True),), CauseKind.TIMES_TEN, (15,)),
        (-2_700, (DrawerEntry(15, EntryType.BILL, AT, 6_300, 6_300, typed=True),), CauseKind.SWAPPED, (15,)),
        (40_000, (DrawerEntry(15, EntryType.MOVE, AT, -20_000),), CauseKind.WRONG_WAY, (15,)),
        (7_260, (DrawerEntry(15, EntryType.RETURN, AT, -7_260),), CauseKind.RETURN_NOT_HANDED, (15,)),
        (-20_000, (OTHER,), CauseKind.MOVE_UNRECORDED, ()),
    ],
)
def test_what_explains_the_whole_difference_comes_first(difference_fen, entries, kind, seqs):
    assert first(difference_fen, *entries) == (kind, seqs)


def test_a_slip_that_was_printed_again_puts_its_change_first():
    jammed = DrawerEntry(15, EntryType.BILL, AT, 8_520, 10_000, reprints=1)
    assert first(-1_480, BILL, jammed) == (CauseKind.CHANGE_TWICE, (15,))
    assert first(-1_480, jammed, DrawerEntry(18, EntryType.BILL, AT, 8_520, 10_000)) == (CauseKind.CHANGE_TWICE, (15,))


def test_numbers_of_two_notes_in_each_others_place_are_found_by_the_count():
    counted = (NoteLine(2_000, 6), NoteLine(1_000, 10))
    assert first(-4_000, counted=counted) == (CauseKind.COUNTS_SWAPPED, ())


def test_no_difference_has_no_cause_and_an_odd_one_is_not_explained_away():
    assert causes(0, (BILL, OTHER)) == ()
    assert causes(-1_234, (BILL, OTHER)) == ()


def test_the_true_cause_is_among_the_first_three_on_seeded_days():
    share, missed = measure(seed=7, days=400)
    assert share >= WANTED_PCT, missed
