"""Hello, reply and inquiry: signed by their writer, or refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.exchange import (
    EXCHANGE_BYTES_MAX,
    ExchangeRefusedError,
    Hello,
    Reply,
    Verdict,
    read_hello,
    read_inquiry,
    read_reply,
    write_hello,
    write_inquiry,
    write_reply,
)
from station_journal.seal import Position
from tests.factories import journal

POSITION = Position(1, 7, bytes(range(32)))
HELLO = Hello("JY0427", POSITION, Position(1, 3, bytes(32)), 20, 65_536, (b"h" * 32,), (64, 65))
REPLY = Reply(Verdict.IN_STEP, POSITION, b"s" * 64, POSITION, (b"f1",), (), (b"doc",), "", 1_763_900_000)


def test_a_hello_arrives_as_it_was_written():
    signed = read_hello(write_hello(journal.key(1), HELLO, (b"frame",)))
    signed.check(journal.public(1))
    assert signed.hello == HELLO
    assert signed.frames == (b"frame",)


def test_a_reply_arrives_as_it_was_written():
    assert read_reply(write_reply(journal.key(2), REPLY), journal.public(2)) == REPLY


def test_an_inquiry_arrives_as_it_was_written():
    signed = read_inquiry(write_inquiry(journal.key(1), "JY0427", 101, "0081234567", 5))
    signed.check(journal.public(1))
    assert (signed.station_code, signed.product_code, signed.account_no) == ("JY0427", 101, "0081234567")


def test_messages_signed_by_another_key_are_refused():
    with pytest.raises(ExchangeRefusedError, match="hello is not signed"):
        read_hello(write_hello(journal.key(9), HELLO, ())).check(journal.public(1))
    with pytest.raises(ExchangeRefusedError, match="reply is not signed"):
        read_reply(write_reply(journal.key(9), REPLY), journal.public(2))
    with pytest.raises(ExchangeRefusedError, match="inquiry is not signed"):
        read_inquiry(write_inquiry(journal.key(9), "JY0427", 1, "1", 5)).check(journal.public(1))


def test_a_hello_is_no_inquiry_and_no_reply():
    hello = write_hello(journal.key(2), HELLO, ())
    with pytest.raises(ExchangeRefusedError):
        read_inquiry(hello)
    with pytest.raises(ExchangeRefusedError):
        read_reply(hello, journal.public(2))


@pytest.mark.parametrize("reader", [read_hello, read_inquiry, lambda data: read_reply(data, journal.public(2))])
@given(data=st.binary(max_size=120))
def test_garbage_is_refused_with_a_sentence(reader: Callable[[bytes], object], data: bytes):
    with pytest.raises(ExchangeRefusedError):
        reader(data)


def test_a_cut_reply_is_refused_at_every_byte():
    whole = write_reply(journal.key(2), REPLY)
    for size in range(len(whole)):
        with pytest.raises(ExchangeRefusedError):
            read_reply(whole[:size], journal.public(2))


def test_a_huge_message_is_refused_by_its_size():
    with pytest.raises(ExchangeRefusedError, match="above the limit"):
        read_hello(bytes(EXCHANGE_BYTES_MAX + 1))
