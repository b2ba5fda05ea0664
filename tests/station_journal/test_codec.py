"""Records and bytes: one form, and everything else refused."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.codec import RECORD_BYTES_MAX, UnreadableRecordError, decode, encode, readable_kinds
from station_journal.facts.chain import ChainPrinted
from station_journal.facts.commission import (
    DISTRIBUTION_PRODUCT,
    BranchCommissionStated,
    CommissionLine,
    CommissionPaid,
    CommissionReturned,
)
from station_journal.facts.distribution import (
    GoodsLine,
    GoodsOrdered,
    LeadKind,
    LeadNoted,
    LeadTaken,
    OrderCancelled,
    OrderPlaced,
)
from station_journal.facts.grants import (
    CodeRefusal,
    CreditSealed,
    GrantCodeRefused,
    SealedGrant,
    SealedGrantReleased,
)
from station_journal.facts.notices import TariffNoticeRead
from station_journal.records import (
    Actor,
    ActorKind,
    DrawerOpened,
    DrawerReason,
    Equipment,
    Fact,
    HqFact,
    OutageOpened,
    Record,
    Side,
    StationFact,
)
from station_journal.tariff import CommissionBasis, CommissionRate, CommissionTier
from tests.factories import journal, parcels, withdrawal

VECTORS = Path(__file__).parents[1] / "golden" / "wire" / "records.json"
HASH, LINES = b"h" * 32, (GoodsLine(11, 24),)
PAID = CommissionPaid(202611, False, 204_048, date(2026, 12, 18), "PO000007")
GOODS_LINE = CommissionLine(DISTRIBUTION_PRODUCT, 3, 27_000, "fx-1", "3 x 6.00 = 18.00", 1_800)
BACK = CommissionReturned(202611, False, 204_048, date(2026, 12, 21), "AC04", "PO000007-1 6222/2026-12-21/1/4")
BY_BRANCH = BranchCommissionStated(202611, 1_800, 200, "labour-2019", (GOODS_LINE,))
BY_TIERS = CommissionRate(CommissionBasis.TIERS, 30, "2026-2", (CommissionTier(100, 30), CommissionTier(0, 40)))
TIERED = replace(journal.tariff().products[0], commission=BY_TIERS)
SEALED = CreditSealed((SealedGrant(7, 200_000, b"s" * 16, b"c" * 32),), journal.TODAY, 65_536, 3, 11, 12)


def _values(hint: Any) -> st.SearchStrategy[Any]:
    if get_origin(hint) is Annotated:
        return st.integers(-(2**40), 2**40)
    if get_origin(hint) is tuple:
        row = get_args(hint)[0]
        cells = [_values(cell) for cell in get_type_hints(row, include_extras=True).values()]
        return st.lists(st.tuples(*cells).map(lambda cells: row(*cells)), max_size=3).map(tuple)
    if hint is date:
        return st.dates(date(1970, 1, 1), date(2200, 1, 1))
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return st.sampled_from(list(hint))
    return {int: st.integers(0, 2**40), str: st.text(max_size=20), bytes: st.binary(max_size=40), bool: st.booleans()}[
        hint
    ]


def _facts(union: Any) -> st.SearchStrategy[Fact]:
    return st.one_of(
        [
            st.builds(cls, **{f.name: _values(get_type_hints(cls, include_extras=True)[f.name]) for f in fields(cls)})
            for cls in get_args(union)
        ]
    )


def records_of(union: Any) -> st.SearchStrategy[Record]:
    """Any record of a journal."""
    actors = st.one_of(
        st.just(Actor(ActorKind.SYSTEM)),
        st.builds(Actor, st.sampled_from([ActorKind.PERSON, ActorKind.SUPPORT]), st.integers(1, 9999)),
    )
    return st.builds(
        Record,
        st.integers(0, 2**32).map(lambda s: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=s)),
        st.dates(date(1970, 1, 1), date(2200, 1, 1)),
        actors,
        st.integers(0, 2**32),
        st.integers(0, 9),
        _facts(union),
    )


@given(records_of(StationFact))
def test_a_station_record_survives_its_bytes(record: Record):
    assert decode(encode(record), Side.STATION) == record


@given(records_of(HqFact))
def test_an_hq_record_survives_its_bytes(record: Record):
    assert decode(encode(record), Side.HQ) == record


@given(records_of(StationFact), st.data())
def test_a_changed_byte_is_another_record_or_none(record: Record, data: st.DataObject):
    encoded = bytearray(encode(record))
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        other = decode(bytes(encoded), Side.STATION)
    except UnreadableRecordError:
        return
    assert encode(other) == bytes(encoded)
    assert other != record


@given(st.binary(max_size=80))
def test_garbage_is_refused_or_reads_back_exactly(data: bytes):
    try:
        record = decode(data, Side.STATION)
    except UnreadableRecordError:
        return
    assert encode(record) == data


def test_kinds_are_unique_and_split_between_the_journals():
    station, hq = readable_kinds(Side.STATION), readable_kinds(Side.HQ)
    assert len(station) == len(get_args(StationFact))
    assert len(hq) == len(get_args(HqFact))
    assert max(station) < 64 <= min(hq)


def test_a_record_of_the_other_journal_is_refused():
    with pytest.raises(UnreadableRecordError, match="record kind 64 is not one"):
        decode(encode(journal.record(journal.granted())), Side.STATION)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([99, 1, 1, 0, 0, 1], "kind 99"),
        ([True, 1, 1, 0, 0, 1, 1, "张三", 1], "kind True"),
        ([4, 1, 1, 0, 0, 1], "fields"),
        ([4, 1, 1, 0, 0, 1, True], "should"),
        ([4, 1, 1, 0, 0, 1, -1], "below zero"),
        ([4, 1, 1, 0, 0, 1, 1.0], "should"),
        ([12, 1, 1, 0, 0, 1, 9, 1], "Equipment"),
        ([4, 10**18, 1, 0, 0, 1, 1], "should"),
        ({}, "array"),
        ([], "array"),
    ],
)
def test_a_row_that_is_no_record_is_refused_with_a_sentence(row: object, words: str):
    with pytest.raises(UnreadableRecordError, match=words):
        decode(cbor2.dumps(row), Side.STATION)


def test_a_longer_form_of_the_same_number_is_refused():
    short = cbor2.dumps([4, 1, 1, 0, 0, 1, 5])
    long = short[:-1] + bytes([0x18, 5])
    assert cbor2.loads(long) == cbor2.loads(short)
    with pytest.raises(UnreadableRecordError, match="one permitted form"):
        decode(long, Side.STATION)


def test_bytes_after_the_record_are_refused():
    with pytest.raises(UnreadableRecordError, match="one permitted form"):
        decode(encode(journal.record(journal.taken())) + b"\x00", Side.STATION)


def test_an_endless_record_is_refused_before_it_is_read():
    with pytest.raises(UnreadableRecordError, match="above the limit"):
        decode(b"\x00" * (RECORD_BYTES_MAX + 1), Side.STATION)
    with pytest.raises(ValueError, match="above the limit"):
        encode(journal.record(journal.taken(payer_name="三" * RECORD_BYTES_MAX)))


def test_golden_vectors_hold_the_bytes_for_ever():
    """A change here breaks every journal ever written: add a kind or a rules version instead."""
    expected = json.loads(VECTORS.read_text())
    found = {
        "bill payment taken": encode(journal.record(journal.taken(), seen_seq=3)).hex(),
        "credit granted": encode(journal.record(journal.granted(), operator_no=12)).hex(),
        "biller answered": encode(journal.record(journal.answered(7), operator_no=0)).hex(),
        "drawer opened": encode(journal.record(DrawerOpened(DrawerReason.CHANGE))).hex(),
        "scanner outage": encode(journal.record(OutageOpened(Equipment.SCANNER), operator_no=0)).hex(),
        "manifest announced": encode(
            journal.record(parcels.announced(parcels.line("W1", 19_900)), operator_no=0)
        ).hex(),
        "parcel scanned in": encode(journal.record(parcels.scanned_in("W1", "A-01-001"))).hex(),
        "parcels handed off": encode(journal.record(parcels.handed("W1", collected_fen=19_900))).hex(),
        "credit sealed": encode(journal.record(SEALED, operator_no=12)).hex(),
        "sealed grant released": encode(journal.record(SealedGrantReleased(7, bytes(range(32))), seen_seq=3)).hex(),
        "code refused": encode(journal.record(GrantCodeRefused(0, CodeRefusal.NO_SUCH_GRANT), seen_seq=3)).hex(),
        "withdrawal intended": encode(journal.record(withdrawal.intended())).hex(),
        "withdrawal approved": encode(journal.record(withdrawal.approved(5), operator_no=0)).hex(),
        "withdrawal failed": encode(journal.record(withdrawal.failed(5), operator_no=0)).hex(),
        "chain printed": encode(journal.record(ChainPrinted(7, HASH))).hex(),
        "tariff notice read": encode(journal.record(TariffNoticeRead(bytes(32)))).hex(),
        "withdrawal numbers told": encode(journal.record(withdrawal.numbers_told(5), operator_no=0)).hex(),
        "withdrawal terms": encode(journal.record(withdrawal.terms(), operator_no=12)).hex(),
        "bank answered": encode(journal.record(withdrawal.bank(5), operator_no=0)).hex(),
        "goods ordered": encode(journal.record(GoodsOrdered(HASH, LINES))).hex(),
        "order placed": encode(journal.record(OrderPlaced(7, HASH, LINES))).hex(),
        "order cancelled": encode(journal.record(OrderCancelled(5), seen_seq=3)).hex(),
        "lead taken": encode(journal.record(LeadTaken(LeadKind.LIFE, "*三", "13812346621", "R1"))).hex(),
        "lead noted": encode(journal.record(LeadNoted(7, LeadKind.LIFE, "*三", "1386621", HASH, "R1"))).hex(),
        "commission paid": encode(journal.record(PAID, operator_no=0)).hex(),
        "commission returned": encode(journal.record(BACK, operator_no=31)).hex(),
        "branch commission": encode(journal.record(BY_BRANCH, operator_no=12)).hex(),
        "rate by tiers": replace(journal.tariff(), products=(TIERED,)).to_bytes().hex(),
        "tariff": journal.tariff().to_bytes().hex(),
        "tariff hash": journal.tariff().hash.hex(),
        "genesis digest": journal.certificate().start().digest.hex(),
    }
    assert found == expected


@pytest.mark.parametrize("place", range(14))
@pytest.mark.parametrize(
    "huge", [10**5_000, -(10**5_000), 2**64, [10**5_000]], ids=["huge", "far below zero", "65 bits", "in a list"]
)
def test_a_number_too_long_to_be_written_out_is_refused_with_a_sentence(place: int, huge: object):
    row: list[object] = [3, 0, 0, 0, 0, 1, 1, 101, "", "", "", "", 1, 1, False]
    assert decode(cbor2.dumps(row), Side.STATION).fact.KIND == 3
    row[place] = huge
    with pytest.raises(UnreadableRecordError):
        decode(cbor2.dumps(row), Side.STATION)
