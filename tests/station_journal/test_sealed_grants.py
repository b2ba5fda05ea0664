"""Sealed grants: what opens one, what a typing error costs, and the same figures whatever the order of sync."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.accounts import Account
from station_journal.balances import Books, merge_order
from station_journal.facts.grants import (
    CodeRefusal,
    CreditSealed,
    GrantCodeRefused,
    SealedGrant,
    SealedGrantReleased,
    SealedGrantReturned,
    SealedGrantRevoked,
    SealedGrantSold,
)
from station_journal.payment import Suspense
from station_journal.records import Fact, Record, Side
from station_journal.rules.grants import CodeTries, Grant, GrantState, grant_key
from station_journal.sealed_code import commitment_of, digits_of, is_code, key_of, make_code, named_grant
from tests.factories import journal

KEYS = {number: bytes([number]) * 32 for number in range(1, 5)}
SALT = b"salt of a grant!"


def sealed(*numbers: int, amount_fen: int = 200_000) -> CreditSealed:
    grants = tuple(SealedGrant(number, amount_fen, SALT, commitment_of(KEYS[number])) for number in numbers)
    return CreditSealed(grants, journal.TODAY, memory_kib=8, passes=1, maker_no=11, approver_no=12)


class Pair:
    """Two journals and the books folded from them, each record as soon as it is written."""

    def __init__(self) -> None:
        self.books = Books({})
        self.journals: dict[Side, list[Record]] = {Side.STATION: [], Side.HQ: []}

    def station(self, fact: Fact, seen_seq: int | None = None, days: int = 0):
        seen = len(self.journals[Side.HQ]) if seen_seq is None else seen_seq
        record = journal.record(fact, seen_seq=seen)
        return self._append(Side.STATION, replace(record, business_date=journal.TODAY + timedelta(days=days)))

    def hq(self, fact: Fact, seen_seq: int | None = None):
        seen = len(self.journals[Side.STATION]) if seen_seq is None else seen_seq
        return self._append(Side.HQ, journal.record(fact, seen_seq=seen, operator_no=0))

    def _append(self, side: Side, record: Record):
        self.journals[side].append(record)
        return self.books.apply(side, len(self.journals[side]), record)

    def grant(self, number: int = 1) -> Grant:
        found = self.books.subject(Grant, grant_key(number))
        assert found is not None
        return found

    def fen(self, account: Account) -> int:
        return self.books.balance_fen(account)


class TestTheCode:
    @given(st.integers(1, 10**6), st.integers(0, 10**16 - 1))
    def test_has_twenty_digits_that_name_its_grant_and_check_themselves(self, grant_no: int, secret: int):
        code = make_code(grant_no, secret)
        assert len(code) == 20
        assert is_code(code)
        assert named_grant(code) == grant_no % 100
        assert digits_of(" ".join(code[at : at + 4] for at in range(0, 20, 4))) == code

    @given(st.integers(0, 99), st.integers(0, 10**16 - 1), st.integers(0, 19), st.integers(1, 9))
    def test_shows_every_wrong_digit(self, grant_no: int, secret: int, place: int, by: int):
        code = make_code(grant_no, secret)
        wrong = code[:place] + str((int(code[place]) + by) % 10) + code[place + 1 :]
        assert not is_code(wrong)

    @given(st.integers(0, 99), st.integers(0, 10**16 - 1), st.integers(0, 18))
    def test_shows_two_neighbours_that_changed_places(self, grant_no: int, secret: int, place: int):
        code = make_code(grant_no, secret)
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert swapped == code or not is_code(swapped)

    def test_opens_by_a_slow_hash_with_the_figures_of_the_record(self):
        code = make_code(7, 1234567890123456)
        key = key_of(code, SALT, 8, 1)
        assert key == key_of(code, SALT, 8, 1)
        assert len({key, key_of(code, SALT, 16, 1), key_of(code, SALT[::-1], 8, 1), key_of(code, SALT, 8, 2)}) == 4

    @pytest.mark.parametrize(("memory_kib", "passes"), [(2**22, 1), (8, 0), (8, 10_000), (1, 1)])
    def test_that_no_counter_could_check_is_an_error_and_no_hang(self, memory_kib: int, passes: int):
        with pytest.raises(ValueError, match="cannot be checked"):
            key_of(make_code(1, 1), SALT, memory_kib, passes)


class TestARelease:
    def test_gives_free_credit_offline_before_the_station_hears_that_it_was_sold(self):
        pair = Pair()
        pair.hq(sealed(1))
        pair.hq(SealedGrantSold(1, 9, 11, 12))
        pair.station(SealedGrantReleased(1, KEYS[1]), seen_seq=1)
        assert pair.fen(Account.CREDIT_FREE) == 200_000
        assert pair.fen(Account.BANK_CLEARING) == 200_000
        assert pair.fen(Account.CREDIT_CODES) == 0
        assert pair.grant().state is GrantState.RELEASED

    def test_may_be_spent_at_once_by_the_next_record(self):
        pair = Pair()
        pair.hq(sealed(1))
        pair.station(SealedGrantReleased(1, KEYS[1]))
        assert pair.books.credit_free_fen(1) == 200_000

    @pytest.mark.parametrize(
        ("before", "release", "seen_seq", "days", "reason"),
        [
            ((), SealedGrantReleased(1, KEYS[1]), 0, 0, Suspense.GRANT_UNKNOWN),
            ((sealed(1),), SealedGrantReleased(1, KEYS[1]), 0, 0, Suspense.GRANT_UNKNOWN),
            ((sealed(1),), SealedGrantReleased(1, KEYS[2]), 1, 0, Suspense.GRANT_KEY_WRONG),
            ((sealed(1),), SealedGrantReleased(1, b""), 1, 0, Suspense.GRANT_KEY_WRONG),
            ((sealed(1), SealedGrantRevoked(1)), SealedGrantReleased(1, KEYS[1]), 2, 0, Suspense.GRANT_REVOKED),
            ((sealed(1),), SealedGrantReleased(1, KEYS[1]), 1, 1, Suspense.GRANT_EXPIRED),
        ],
    )
    def test_that_breaks_a_rule_gives_nothing_and_says_why(self, before, release, seen_seq, days, reason):
        pair = Pair()
        for fact in before:
            pair.hq(fact)
        assert pair.station(release, seen_seq, days).broken is reason
        assert {fen for fen in pair.books.balances.values() if fen} == set()

    def test_does_not_follow_what_was_given_back_already(self):
        pair = Pair()
        for fact in (sealed(1), SealedGrantSold(1, 1, 11, 12), SealedGrantReturned(1)):
            pair.hq(fact)
        assert pair.station(SealedGrantReleased(1, KEYS[1])).broken is Suspense.GRANT_REVOKED
        assert pair.fen(Account.CREDIT_FREE) == 200_000

    def test_happens_once(self):
        pair = Pair()
        pair.hq(sealed(1))
        pair.station(SealedGrantReleased(1, KEYS[1]))
        assert pair.station(SealedGrantReleased(1, KEYS[1])).broken is Suspense.GRANT_SPENT
        assert pair.fen(Account.CREDIT_FREE) == 200_000

    def test_stands_against_a_revocation_that_the_station_had_not_seen(self):
        pair = Pair()
        pair.hq(sealed(1))
        pair.hq(SealedGrantRevoked(1))
        assert pair.station(SealedGrantReleased(1, KEYS[1]), seen_seq=1).broken is None
        assert pair.grant().state is GrantState.RELEASED

    def test_given_back_instead_is_free_credit_once(self):
        pair = Pair()
        for fact in (sealed(1), SealedGrantSold(1, 9, 11, 12), SealedGrantRevoked(1)):
            pair.hq(fact)
        assert pair.station(SealedGrantReleased(1, KEYS[1])).broken is Suspense.GRANT_REVOKED
        pair.hq(SealedGrantReturned(1))
        pair.hq(SealedGrantReturned(1))
        assert pair.fen(Account.CREDIT_FREE) == 200_000
        assert pair.fen(Account.CREDIT_CODES) == 0
        assert pair.grant().state is GrantState.RETURNED

    @pytest.mark.parametrize("hq_first", [True, False])
    def test_given_back_by_an_hq_that_had_not_heard_of_it_is_hqs_loss_in_either_order(self, hq_first: bool):
        pair = Pair()
        for fact in (sealed(1), SealedGrantSold(1, 9, 11, 12)):
            pair.hq(fact)
        if hq_first:
            pair.hq(SealedGrantReturned(1), seen_seq=0)
        pair.station(SealedGrantReleased(1, KEYS[1]), seen_seq=2)
        if not hq_first:
            pair.hq(SealedGrantReturned(1), seen_seq=0)
        assert pair.fen(Account.CREDIT_FREE) == 400_000
        assert pair.fen(Account.CREDIT_CODES) == -200_000, "what left twice stays in view"

    def test_is_not_given_back_too_where_hq_knew_of_it(self):
        pair = Pair()
        for fact in (sealed(1), SealedGrantSold(1, 9, 11, 12)):
            pair.hq(fact)
        pair.station(SealedGrantReleased(1, KEYS[1]))
        pair.hq(SealedGrantReturned(1))
        assert pair.fen(Account.CREDIT_FREE) == 200_000


def test_a_number_that_was_used_is_not_sealed_again():
    pair = Pair()
    pair.hq(sealed(1))
    pair.hq(sealed(1, amount_fen=900_000))
    assert pair.grant().amount_fen == 200_000


def test_refused_codes_are_counted_by_their_date():
    pair = Pair()
    for days in (0, 0, 1):
        pair.station(GrantCodeRefused(0, CodeRefusal.NO_SUCH_GRANT), days=days)
    tries = pair.books.subject(CodeTries, journal.TODAY.isoformat())
    assert tries is not None
    assert tries.refused == 2


def _random_life(rng: random.Random) -> Pair:
    """Live through anything, in any order, honest or not."""
    pair = Pair()
    seen = 0
    hq_seen = 0
    for _ in range(rng.randint(1, 40)):
        number = rng.randint(1, 4)
        if rng.random() < 0.5:
            seen = rng.randint(seen, len(pair.journals[Side.HQ]))
            fact: Fact = rng.choice(
                (
                    SealedGrantReleased(number, KEYS[rng.choice((number, number, number, 1))]),
                    GrantCodeRefused(number, CodeRefusal.WRONG_CODE),
                )
            )
            pair.station(fact, seen, days=rng.choice((0, 0, 0, 1)))
        else:
            hq_seen = rng.randint(hq_seen, len(pair.journals[Side.STATION]))
            pair.hq(
                rng.choice(
                    (
                        sealed(number, amount_fen=rng.choice((50_000, 100_000))),
                        SealedGrantSold(number, number, 11, 12),
                        SealedGrantRevoked(number),
                        SealedGrantReturned(number),
                    )
                ),
                hq_seen,
            )
    return pair


def _hq_early(rng: random.Random, pair: Pair) -> Iterable[tuple[Side, int]]:
    """Each HQ record somewhere between what it had seen and the first station record that had seen it."""
    at = {Side.STATION: 0, Side.HQ: 0}
    while at[Side.STATION] < len(pair.journals[Side.STATION]) or at[Side.HQ] < len(pair.journals[Side.HQ]):
        station = pair.journals[Side.STATION][at[Side.STATION] :][:1]
        hq = pair.journals[Side.HQ][at[Side.HQ] :][:1]
        must_hq = bool(hq) and bool(station) and station[0].seen_seq > at[Side.HQ]
        may_hq = bool(hq) and hq[0].seen_seq <= at[Side.STATION]
        side = Side.HQ if must_hq or (may_hq and (not station or rng.random() < 0.5)) else Side.STATION
        at[side] += 1
        yield side, at[side]


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_the_sides_learn_of_each_other_changes_no_figure(rng: random.Random):
    pair = _random_life(rng)
    numbered = {side: list(enumerate(records, 1)) for side, records in pair.journals.items()}
    merged = Books({})
    for side, seq, record in merge_order(numbered[Side.STATION], numbered[Side.HQ]):
        merged.apply(side, seq, record)
    early = Books({})
    for side, seq in _hq_early(rng, pair):
        early.apply(side, seq, pair.journals[side][seq - 1])
    for other in (merged, early):
        assert {k: v for k, v in other.balances.items() if v} == {k: v for k, v in pair.books.balances.items() if v}
        assert other.subjects == pair.books.subjects
