"""What the intake notes of a station's lines without keeping them, against the lines themselves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hq_server.reconciliation.importing import SPAN, LineTally

_NEAR = st.integers(1, 60)
_FAR = st.integers(1, 3 * SPAN)


def tally_of(lines: list[tuple[int, int]]) -> LineTally:
    tally = LineTally(lines[0][0])
    for payment_seq, amount_fen in lines:
        tally.add(payment_seq, amount_fen)
    return tally


@given(st.lists(st.tuples(_NEAR | _FAR, st.integers(1, 10**9)), min_size=1, max_size=40))
def test_it_comes_to_what_the_lines_come_to_and_no_repetition_is_missed(lines: list[tuple[int, int]]) -> None:
    seqs = [seq for seq, _ in lines]
    *sums, may_repeat = tally_of(lines).counts()
    assert sums == [len(lines), sum(fen for _, fen in lines), min(seqs), max(seqs)]
    near = max(seqs) - min(seqs) < SPAN
    assert may_repeat == (len(set(seqs)) < len(seqs) or not near)


def test_numbers_far_apart_take_no_more_room_than_near_ones() -> None:
    tally = tally_of([(10**18, 1), (1, 1), (10**17, 1), (2, 1)])
    assert tally.counts() == (4, 4, 1, 10**18, True)
    assert tally.named.bit_length() <= 2 * SPAN
