"""Frames: whole and sealed by the right writer, or refused with one sentence."""

from __future__ import annotations

import cbor2
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from station_journal.codec import encode
from station_journal.frame import (
    FRAME_BYTES_MAX,
    PAYLOAD_BYTES_MAX,
    FrameRefusedError,
    make_frame,
    read_frame,
    verify_frame,
)
from station_journal.records import Side
from station_journal.seal import Position
from tests.factories import journal

CERTIFICATE = journal.certificate()
START = CERTIFICATE.start()
RUN = [encode(journal.record(journal.taken(n), minute=n)) for n in range(1, 21)]
FRAME, AFTER = make_frame(journal.key(1), CERTIFICATE, START, RUN)


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=50))
def test_a_run_survives_its_frame(run: list[bytes]):
    data, after = make_frame(journal.key(1), CERTIFICATE, START, run)
    frame = read_frame(data)
    digests = verify_frame(frame, CERTIFICATE, START)
    assert list(frame.run) == run
    assert after == Position(1, len(run), digests[-1])


def test_twenty_bills_travel_in_less_than_half_their_bytes():
    assert len(FRAME) < sum(map(len, RUN)) / 2


@pytest.mark.parametrize("size", range(0, len(FRAME), 7))
def test_a_frame_cut_anywhere_is_refused(size: int):
    with pytest.raises(FrameRefusedError):
        verify_frame(read_frame(FRAME[:size]), CERTIFICATE, START)


@given(st.integers(0, len(FRAME) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_was_one_the_packing_does_not_use(at: int, bit: int):
    damaged = bytearray(FRAME)
    damaged[at] ^= 1 << bit
    try:
        frame = read_frame(bytes(damaged))
        verify_frame(frame, CERTIFICATE, START)
    except FrameRefusedError:
        return
    assert list(frame.run) == RUN


@given(st.binary(max_size=200))
def test_garbage_is_refused(data: bytes):
    with pytest.raises(FrameRefusedError):
        read_frame(data)


def test_a_frame_from_another_writer_is_refused():
    forged, _ = make_frame(journal.key(9), CERTIFICATE, START, RUN)
    with pytest.raises(FrameRefusedError, match="not signed by the key"):
        verify_frame(read_frame(forged), CERTIFICATE, START)


def test_a_frame_of_another_station_is_refused():
    other = journal.certificate(station_code="JY0001")
    stranger, _ = make_frame(journal.key(1), other, START, RUN)
    with pytest.raises(FrameRefusedError, match="not signed by the key"):
        verify_frame(read_frame(stranger), CERTIFICATE, START)


def test_a_replayed_or_early_frame_names_where_it_should_have_started():
    for held in (AFTER, Position(1, 3, START.digest)):
        with pytest.raises(FrameRefusedError, match=f"held is epoch 1 record {held.seq}"):
            verify_frame(read_frame(FRAME), CERTIFICATE, held)


def test_a_frame_of_another_history_is_told_from_a_damaged_one():
    with pytest.raises(FrameRefusedError, match="another history"):
        verify_frame(read_frame(FRAME), CERTIFICATE, Position(1, 0, bytes(32)))


def test_an_hq_frame_is_no_station_frame():
    data, _ = make_frame(journal.key(2), journal.certificate(Side.HQ), START, RUN)
    with pytest.raises(FrameRefusedError):
        verify_frame(read_frame(data), CERTIFICATE, START)


def test_a_bomb_is_refused_without_being_unpacked():
    packed = zstandard.ZstdCompressor(level=3).compress(bytes(50 * PAYLOAD_BYTES_MAX))
    bomb = cbor2.dumps([1, "S", 1, 1, 2, b"\0" * 4, True, packed, bytes(64)])
    assert len(bomb) < FRAME_BYTES_MAX
    with pytest.raises(FrameRefusedError, match="unpacks to more than"):
        read_frame(bomb)


@pytest.mark.parametrize("count", [0, -1, 10**9])
def test_a_claim_of_too_many_records_is_refused(count: int):
    with pytest.raises(FrameRefusedError, match="claims what no frame can be"):
        read_frame(cbor2.dumps([1, "S", 1, 1, count, b"\0" * 4, False, b"\x01a", bytes(64)]))


def test_a_huge_frame_is_refused_by_its_size():
    with pytest.raises(FrameRefusedError, match="above the limit"):
        read_frame(bytes(FRAME_BYTES_MAX + 1))


def test_an_empty_run_makes_no_frame():
    with pytest.raises((ValueError, IndexError)):
        make_frame(journal.key(1), CERTIFICATE, START, [])
