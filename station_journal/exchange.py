"""The one exchange between a station and HQ: a signed hello with frames up, a signed reply with frames down.

Both sides state the position of both journals, so any resend, reorder or replay ends in the same state. The hello and
the reply are CBOR arrays under a signature of their writer; frames are sealed by themselves.
"""

# ruff: noqa: ANN401 - what comes off the wire has no type until it is checked here

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

import cbor2

from station_journal.seal import Position, sign_message
from station_journal.signed_message import SignedMessage, check_signed, write_signed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

EXCHANGE_FORMAT = 1
EXCHANGE_BYTES_MAX = 8 * 1024 * 1024
MEDIA_TYPE = "application/vnd.station-pos.exchange+cbor"
_HELLO = "hello"
_REPLY = "reply"
_INQUIRY = "inquiry"


class ExchangeRefusedError(ValueError):
    """A hello or reply is damaged, of another format, or not signed by its writer."""


class Verdict(IntEnum):
    """What HQ finds when it compares the station's statement with what it holds of the station's journal."""

    IN_STEP = 1
    """The station's journal continues what HQ holds."""
    HQ_AHEAD = 2
    """HQ holds records the station lacks: the station runs on a restored image and must recover its tail first."""
    DIVERGED = 3
    """Both hold a record of one number and differ: HQ has frozen the branch as a case."""
    EPOCH_CLOSED = 4
    """The station signs for an epoch that was closed: this machine was replaced."""
    HQ_BEHIND = 5
    """HQ was restored and holds less than it had signed: the station sends back HQ's records, then its own."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What a station states first.

    ``station`` is the head of its own journal, ``hq`` the head of its copy of HQ's. ``wait_s`` lets HQ hold the answer
    until it has news; ``down_bytes`` bounds the frames in the reply; ``wants`` are hashes of reference documents;
    ``station_kinds`` and ``hq_kinds`` are the record kinds it reads.
    """

    station_code: str
    station: Position
    hq: Position
    wait_s: int
    down_bytes: int
    wants: tuple[bytes, ...]
    hq_kinds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What HQ answers.

    ``held`` is how far HQ durably holds the station's journal, ``held_signature`` its countersignature. ``hq_frames``
    continue the station's copy of HQ's journal; ``recovered_frames`` are the station's own records that it lacks;
    ``refused`` is a sentence about a frame that was not taken, else empty. ``hq_time`` is in seconds since 1970, UTC.
    """

    verdict: Verdict
    held: Position
    held_signature: bytes
    hq_head: Position
    hq_frames: tuple[bytes, ...]
    recovered_frames: tuple[bytes, ...]
    documents: tuple[bytes, ...]
    refused: str
    hq_time: int


def write_hello(key: Ed25519PrivateKey, hello: Hello, frames: tuple[bytes, ...]) -> bytes:
    """Sign a hello and join the frames to it: the body of the exchange request."""
    body = cbor2.dumps(
        [
            EXCHANGE_FORMAT,
            hello.station_code,
            list(hello.station),
            list(hello.hq),
            hello.wait_s,
            hello.down_bytes,
            list(hello.wants),
            list(hello.hq_kinds),
        ]
    )
    return cbor2.dumps([body, sign_message(key, _HELLO, body), list(frames)])


@dataclass(frozen=True, slots=True)
class SignedHello(SignedMessage):
    """A hello as it came in: read, not yet trusted. ``check`` proves who wrote it."""

    PURPOSE: ClassVar[str] = _HELLO
    REFUSED: ClassVar[type[ValueError]] = ExchangeRefusedError
    hello: Hello
    frames: tuple[bytes, ...]
    body: bytes
    signature: bytes


def read_hello(data: bytes) -> SignedHello:
    """Read an exchange request; the signature is checked by the caller, who looks up the station's key by its code.

    Raises:
        ExchangeRefusedError: the bytes are no hello.
    """
    body, signature, frames = _outer(data, 3)
    try:
        form, code, station, hq, wait_s, down_bytes, wants, hq_kinds = cbor2.loads(body)
        hello = Hello(
            _code(code),
            _position(station),
            _position(hq),
            _typed(wait_s, int),
            _typed(down_bytes, int),
            tuple(_typed(item, bytes) for item in wants),
            tuple(_typed(item, int) for item in hq_kinds),
        )
    except (ValueError, TypeError, RecursionError, cbor2.CBORDecodeError) as error:
        raise ExchangeRefusedError(_DAMAGED) from error
    _check_format(form)
    return SignedHello(hello, _bytes_items(frames), body, signature)


def write_reply(key: Ed25519PrivateKey, reply: Reply) -> bytes:
    """Sign a reply: the body of the exchange response."""
    body = cbor2.dumps(
        [
            EXCHANGE_FORMAT,
            int(reply.verdict),
            list(reply.held),
            reply.held_signature,
            list(reply.hq_head),
            list(reply.hq_frames),
            list(reply.recovered_frames),
            list(reply.documents),
            reply.refused,
            reply.hq_time,
        ]
    )
    return write_signed(key, _REPLY, body)


def read_reply(data: bytes, hq_public_key: bytes) -> Reply:
    """Read and check a reply.

    Raises:
        ExchangeRefusedError: the bytes are no reply, or HQ did not sign them.
    """
    body, signature = _outer(data, 2)
    check_signed(hq_public_key, signature, _REPLY, body, ExchangeRefusedError)
    try:
        form, verdict, held, held_signature, head, frames, recovered, documents, refused, hq_time = cbor2.loads(body)
        reply = Reply(
            Verdict(verdict),
            _position(held),
            _typed(held_signature, bytes),
            _position(head),
            _bytes_items(frames),
            _bytes_items(recovered),
            _bytes_items(documents),
            _typed(refused, str),
            _typed(hq_time, int),
        )
    except (ValueError, TypeError, RecursionError, cbor2.CBORDecodeError) as error:
        raise ExchangeRefusedError(_DAMAGED) from error
    _check_format(form)
    return reply


def write_inquiry(
    key: Ed25519PrivateKey, station_code: str, product_code: int, account_no: str, asked_at: int
) -> bytes:
    """Sign a bill inquiry, the one read-only call beside the exchange; ``asked_at`` in seconds since 1970, UTC."""
    body = cbor2.dumps([EXCHANGE_FORMAT, station_code, product_code, account_no, asked_at])
    return write_signed(key, _INQUIRY, body)


@dataclass(frozen=True, slots=True)
class SignedInquiry(SignedMessage):
    """A bill inquiry as it came in: read, not yet trusted."""

    PURPOSE: ClassVar[str] = _INQUIRY
    REFUSED: ClassVar[type[ValueError]] = ExchangeRefusedError
    station_code: str
    product_code: int
    account_no: str
    asked_at: int
    body: bytes
    signature: bytes


def read_inquiry(data: bytes) -> SignedInquiry:
    """Read a bill inquiry.

    Raises:
        ExchangeRefusedError: the bytes are no inquiry.
    """
    body, signature = _outer(data, 2)
    try:
        form, code, product_code, account_no, asked_at = cbor2.loads(body)
        asked = _typed(product_code, int), _typed(account_no, str), _typed(asked_at, int)
        inquiry = SignedInquiry(_code(code), *asked, body, signature)
    except (ValueError, TypeError, RecursionError, cbor2.CBORDecodeError) as error:
        raise ExchangeRefusedError(_DAMAGED) from error
    _check_format(form)
    return inquiry


_DAMAGED = "the message is cut or damaged"
_NUMBER_MAX = 2**63 - 1
"""What a journal or a database can count to."""


def _outer(data: bytes, parts: int) -> list[Any]:
    if len(data) > EXCHANGE_BYTES_MAX:
        message = f"a message of {len(data)} bytes is above the limit of {EXCHANGE_BYTES_MAX}"
        raise ExchangeRefusedError(message)
    try:
        outer = cbor2.loads(data)
    except (ValueError, cbor2.CBORDecodeError, RecursionError) as error:
        raise ExchangeRefusedError(_DAMAGED) from error
    if not isinstance(outer, list) or len(outer) != parts or not all(isinstance(part, bytes) for part in outer[:2]):
        raise ExchangeRefusedError(_DAMAGED)
    return outer


def _check_format(form: object) -> None:
    if form != EXCHANGE_FORMAT:
        # A stranger chose the value: only a small number is worth repeating.
        known = f" {form}" if type(form) is int and abs(form) <= _NUMBER_MAX else ""
        message = f"exchange format{known} is not one this version speaks"
        raise ExchangeRefusedError(message)


def _position(value: Any) -> Position:
    epoch, seq, digest = value
    return Position(_typed(epoch, int), _typed(seq, int), _typed(digest, bytes))


def _bytes_items(value: Any) -> tuple[bytes, ...]:
    return tuple(_typed(item, bytes) for item in value)


def _code(value: Any) -> str:
    code: str = _typed(value, str)
    if "\0" in code:  # no database keeps it
        raise TypeError(_DAMAGED)
    return code


def _typed(value: Any, wanted: type) -> Any:
    if type(value) is not wanted or (type(value) is int and not 0 <= value <= _NUMBER_MAX):
        raise TypeError(_DAMAGED)
    return value
