"""Quality indicators: the formulas by hand-made lives, and a month out of both journals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from hq_server.parcels.indicators import TARGETS, End, ItemLife, Name, Rate, Target, rates
from hq_server.parcels.lives import item_lives
from station_journal.facts.parcels import (
    CaseCause,
    DamageLeg,
    ParcelCaseOpened,
    ParcelProduct,
    ParcelsReceived,
    ReminderNoted,
    ReminderOutcome,
    Waybill,
)
from station_journal.records import Equipment, OutageClosed, OutageOpened
from tests.factories.parcels import handed, scanned_in
from tests.hq_server.counter_side import CODE, Counter
from tests.hq_server.parcels.test_manifests import W1, W2, W3, WHOLE, counter, take

__all__ = ["counter"]
DAY = date(2026, 11, 10)
MORNING = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)  # 10:00 in Beijing


def life(**changes) -> ItemLife:
    values = {"waybill": "W", "announced_on": DAY, "confirmed_on": DAY, "came_on": DAY, "came_at": MORNING, **changes}
    return ItemLife(**values)


def delivered(days: int = 0, **changes) -> ItemLife:
    on, at = DAY + timedelta(days=days), MORNING + timedelta(days=days)
    values = {"end": End.DELIVERED, "ended_on": on, "ended_at": at, "held_at": at, "noticed_on": on, **changes}
    return life(**values)


def of(name: Name, *lives: ItemLife) -> tuple[int, int, int]:
    rate = next(one for one in rates(lives, 2026, 11) if one.name is name)
    return rate.part, rate.whole, rate.left_out


@pytest.mark.parametrize(
    ("name", "lives", "expected"),
    [
        (Name.RECEIPT, [life(), life(confirmed_on=DAY + timedelta(2)), life(confirmed_on=None)], (1, 3, 0)),
        (Name.RECEIPT, [life(announced_on=None)], (0, 0, 0)),
        (Name.RECEIPT, [life(announced_on=date(2026, 10, 31)), life(announced_on=date(2026, 11, 30))], (0, 1, 0)),
        (Name.TIMELY, [delivered(0), life(noticed_on=DAY + timedelta(2)), life(refused_on=DAY)], (1, 2, 1)),
        (Name.SAME_DAY, [delivered(0), delivered(1), delivered(0, came_at=MORNING + timedelta(hours=2))], (1, 2, 0)),
        (Name.THREE_DAY, [delivered(2), delivered(3), life(came_on=date(2026, 11, 29))], (1, 2, 0)),
        (
            Name.SUCCESS,
            [delivered(0), life(end=End.REFUSED, ended_on=DAY), life(end=End.LOST, ended_on=DAY), life()],
            (1, 3, 0),
        ),
        (Name.REFUSAL, [delivered(0), life(end=End.REFUSED, ended_on=DAY, refused_on=DAY)], (1, 2, 0)),
        (Name.COMPLAINT, [delivered(0, complained_on=DAY), delivered(0)], (1, 2, 0)),
        (
            Name.REMITTANCE,
            [
                delivered(0, collected_fen=19_900),
                delivered(0, collected_fen=100, held_at=MORNING + timedelta(days=2)),
                delivered(0, collected_fen=5_000, held_at=MORNING + timedelta(days=2), link_down=True),
            ],
            (19_900, 20_000, 5_000),
        ),
        (
            Name.FEEDBACK,
            [
                delivered(0, held_at=MORNING + timedelta(minutes=10)),
                delivered(0, held_at=MORNING + timedelta(minutes=10, seconds=1)),
                delivered(0, held_at=MORNING + timedelta(hours=9), link_down=True),
            ],
            (1, 2, 1),
        ),
    ],
)
def test_each_formula_by_hand(name: Name, lives: list[ItemLife], expected: tuple[int, int, int]):
    assert of(name, *lives) == expected


def test_a_rate_of_nothing_is_no_rate_and_a_target_is_met_exactly():
    assert Rate(Name.SUCCESS, 0, 0).shown() == "-"
    assert Rate(Name.SUCCESS, 39, 40).shown() == "97.50%"
    assert Rate(Name.COMPLAINT, 1, 3_000).shown() == "0.33 per mille"
    jd = TARGETS[ParcelProduct.JD, Name.SUCCESS]
    assert jd.met_by(Rate(Name.SUCCESS, 39, 40)) is True
    assert jd.met_by(Rate(Name.SUCCESS, 9_749, 10_000)) is False
    assert jd.met_by(Rate(Name.SUCCESS, 0, 0)) is None
    assert Target(120, at_least=False).met_by(Rate(Name.REFUSAL, 12, 100)) is False


@given(
    st.lists(
        st.builds(
            delivered,
            st.integers(0, 40),
            refused_on=st.sampled_from((None, DAY)),
            link_down=st.booleans(),
            came_on=st.dates(date(2026, 10, 25), date(2026, 12, 5)),
            collected_fen=st.integers(0, 9),
        ),
        max_size=12,
    )
)
def test_no_rate_is_above_one_and_every_item_counts_in_one_month(lives: list[ItemLife]):
    for rate in rates(lives, 2026, 11):
        assert 0 <= rate.part <= rate.whole or rate.name is Name.COMPLAINT
    for name in (Name.SUCCESS, Name.FEEDBACK):
        months = [(2026, month) for month in range(10, 13)] + [(2027, 1)]
        found = [next(one for one in rates(lives, *month) if one.name is name) for month in months]
        assert sum(one.whole + one.left_out for one in found) == len(lives)


def test_a_month_out_of_both_journals(counter: Counter, engine: Engine) -> None:
    take(counter, WHOLE)
    counter.send(scanned_in(W1, "A-01-001", 2), scanned_in(W2, "A-01-002", 2))
    signed = ParcelsReceived(2, "M1", 101, "李师傅", courier_signed=True, missing=(Waybill(W3),), given_back=())
    counter.send(signed, handed(W2, collected_fen=19_900), ReminderNoted(W1, ReminderOutcome.NOTIFIED))
    counter.send(OutageOpened(Equipment.LINK), operator_no=0)
    counter.send(handed(W1))
    counter.send(OutageClosed(Equipment.LINK, 1), operator_no=0)
    counter.send(ParcelCaseOpened(W1, CaseCause.CONTESTED, DamageLeg.NOT_DAMAGE))
    with engine.connect() as connection:
        lives = item_lives(connection, CODE)
    assert {one.waybill: one.product for one in lives} == {
        W1: ParcelProduct.ORDINARY,
        W2: ParcelProduct.TV_SHOP,
        W3: ParcelProduct.ORDINARY,
    }
    found = {one.name: (one.part, one.whole, one.left_out) for one in rates(lives, 2026, 11)}
    assert found[Name.RECEIPT] == (3, 3, 0)
    assert found[Name.TIMELY] == (2, 2, 0)
    assert found[Name.SUCCESS] == (2, 2, 0)
    assert found[Name.REMITTANCE] == (19_900, 19_900, 0)
    assert found[Name.FEEDBACK][2] == 1, "what left while the link was down is not judged by it"
    assert found[Name.COMPLAINT] == (1, 2, 0)
