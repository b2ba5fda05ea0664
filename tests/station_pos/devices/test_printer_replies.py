"""Bytes from a printer, however cut and mixed, are told apart by their fixed bits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_pos.devices.printer_replies import FlowControl, JobPrinted, RealTimeStatus, ReplySorter, SensorStatus

tags = st.binary(min_size=4, max_size=4).filter(lambda tag: all(0x20 <= byte <= 0x7E for byte in tag))
MESSAGES = st.one_of(
    tags.map(lambda tag: (b"\x37\x22" + tag + b"\x00", [JobPrinted(tag)])),
    st.integers(0, 255).map(lambda bits: 0x12 | bits & 0x6C).map(lambda b: (bytes([b]), [RealTimeStatus(b)])),
    st.integers(0, 15).map(lambda bits: (bytes([bits]), [SensorStatus(bool(bits & 0x0C))])),
    st.lists(st.integers(0, 15), min_size=3, max_size=3).map(lambda rest: (bytes([0x10, *rest]), [])),
    st.just((b"\x11", [FlowControl(may_send=True)])),
    st.just((b"\x13", [FlowControl(may_send=False)])),
)


@given(st.lists(MESSAGES, max_size=12), st.data())
def test_any_sequence_of_answers_is_read_whatever_the_cuts(messages, data):
    stream = b"".join(sent for sent, _ in messages)
    sorter, replies, at = ReplySorter(), [], 0
    while at < len(stream):
        step = data.draw(st.integers(1, 9))
        replies += sorter.feed(stream[at : at + step])
        at += step
    assert replies == [reply for _, expected in messages for reply in expected]


@given(st.binary(max_size=200))
def test_noise_is_survived(noise):
    sorter = ReplySorter()
    sorter.feed(noise)
    sorter.reset()
    assert sorter.feed(b"\x37\x220042\x00") == [JobPrinted(b"0042")]


@pytest.mark.parametrize("noise", [b"\x37", b"\x80\xff", b"\x37\x37"])
def test_noise_before_an_answer_costs_only_itself(noise):
    assert ReplySorter().feed(noise + b"\x12") == [RealTimeStatus(0x12)]


def test_a_tag_that_looks_like_a_status_answer_is_not_one():
    assert ReplySorter().feed(b"\x37\x222236\x00") == [JobPrinted(b"2236")]
