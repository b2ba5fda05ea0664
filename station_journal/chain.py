"""The chain behind a record of a station: the station's question, and HQ's signed answer, in words of both sides.

The question is signed by the station's key, the answer by HQ's, so that an answer that was kept is evidence of what HQ
stated, and when. Both are deterministic CBOR; an answer is named by the SHA-256 of its bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

import cbor2

from station_journal.side import Side
from station_journal.signed_message import SignedMessage, check_signed, write_signed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CHAIN_FORMAT = 1
HQ_RECORD_FORMAT = 2
"""The form of a question for the chain behind a record of HQ's journal, and of its answer: they name the side."""
QUESTION_BYTES_MAX = 1024
ANSWER_BYTES_MAX = 96 * 1024
"""What the most links with the longest texts take; the chain of a payment has two or three kilobytes."""
LINKS_MAX = 60
TEXT_MAX = 200
_QUESTION, _ANSWER = "chain question", "chain answer"
_NUMBER_MAX = 2**63 - 1


class ChainStage(IntEnum):
    """Where a link of the chain stands; the numbers travel, the order is ``SALE_ORDER`` or ``CREDIT_ORDER``."""

    RECEIPT = 1
    RECORD = 2
    POSTING = 3
    HELD = 4
    ANSWER = 5
    FILE_LINE = 6
    WINDOW = 7
    ORDER = 8
    BANK_LINE = 9
    BREAK = 10
    TRAIL = 11
    PURCHASE = 12
    GRANT = 13
    BALANCE = 14


SALE_ORDER: tuple[ChainStage, ...] = tuple(ChainStage)[: ChainStage.TRAIL]
"""The stages of a payment or withdrawal, from the customer's paper to the bank."""
CREDIT_ORDER: tuple[ChainStage, ...] = (
    ChainStage.RECEIPT,
    ChainStage.PURCHASE,
    ChainStage.ORDER,
    ChainStage.FILE_LINE,
    ChainStage.BANK_LINE,
    ChainStage.POSTING,
    ChainStage.GRANT,
    ChainStage.RECORD,
    ChainStage.HELD,
    ChainStage.BALANCE,
    ChainStage.BREAK,
    ChainStage.TRAIL,
)
"""The stages of bought credit, from the slip at the branch through the bank to the station's free credit."""
STAGE_WORDS: dict[ChainStage, tuple[str, str]] = {
    ChainStage.RECEIPT: ("凭证", "receipt"),
    ChainStage.RECORD: ("站点记录", "record"),
    ChainStage.POSTING: ("记账", "posting"),
    ChainStage.HELD: ("总部签收", "held by HQ"),
    ChainStage.ANSWER: ("对方答复", "answer"),
    ChainStage.FILE_LINE: ("对账文件", "file line"),
    ChainStage.WINDOW: ("清算批次", "settlement"),
    ChainStage.ORDER: ("付款单", "payment order"),
    ChainStage.BANK_LINE: ("银行流水", "bank line"),
    ChainStage.BREAK: ("差错", "break"),
    ChainStage.TRAIL: ("经过", "trail"),
    ChainStage.PURCHASE: ("额度购买", "purchase"),
    ChainStage.GRANT: ("额度下发", "grant"),
    ChainStage.BALANCE: ("可用额度", "free credit"),
}
"""What each stage is called, in Chinese and in English, on both sides and on paper."""


class ChainRefusedError(ValueError):
    """A question or answer is damaged, of another format, or not signed by its writer; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One link: when, where it is found, its amount in fen, and what it says in Chinese and in English.

    ``on`` is None where the place knows no date.
    """

    stage: ChainStage
    on: date | None
    reference: str
    amount_fen: int | None
    said: str
    said_en: str


@dataclass(frozen=True, slots=True)
class ChainAnswer:
    """What HQ stated of record ``seq`` of a station's journal at ``answered_at`` (seconds since 1970, UTC).

    ``cut`` where the chain has more links than an answer takes; the newest of the trail are then missing. ``side`` is
    HQ where the record is one of HQ's journal.
    """

    station_code: str
    seq: int
    answered_at: int
    links: tuple[ChainLink, ...]
    cut: bool
    side: Side = Side.STATION


def write_question(
    key: Ed25519PrivateKey, station_code: str, seq: int, asked_at: int, side: Side = Side.STATION
) -> bytes:
    """Sign the question for the chain behind one of the station's own records, or of HQ's for it."""
    form, named = _form_of(side)
    body = cbor2.dumps([form, station_code, seq, asked_at, *named])
    return write_signed(key, _QUESTION, body)


@dataclass(frozen=True, slots=True)
class SignedQuestion(SignedMessage):
    """A question as it came in: read, not yet trusted."""

    PURPOSE: ClassVar[str] = _QUESTION
    REFUSED: ClassVar[type[ValueError]] = ChainRefusedError
    station_code: str
    seq: int
    asked_at: int
    side: Side
    body: bytes
    signature: bytes


def read_question(data: bytes) -> SignedQuestion:
    """Read a question.

    Raises:
        ChainRefusedError: the bytes are none.
    """
    body, signature = _outer(data, QUESTION_BYTES_MAX)
    try:
        form, code, seq, asked_at, *named = cbor2.loads(body)
        side = _side_of(form, named)
        question = SignedQuestion(_text(code), _number(seq), _number(asked_at), side, body, signature)
    except _UNREADABLE as error:
        raise ChainRefusedError(_DAMAGED) from error
    if question.seq == 0:
        raise ChainRefusedError(_DAMAGED)
    return question


def write_answer(key: Ed25519PrivateKey, answer: ChainAnswer) -> bytes:
    """Sign an answer; of too many links the last are left out, and texts are cut to what an answer takes."""
    kept = answer.links[:LINKS_MAX]
    rows = [
        [
            int(link.stage),
            link.on.isoformat() if link.on else "",
            link.reference[:TEXT_MAX],
            link.amount_fen,
            link.said[:TEXT_MAX],
            link.said_en[:TEXT_MAX],
        ]
        for link in kept
    ]
    cut = answer.cut or len(kept) < len(answer.links)
    form, named = _form_of(answer.side)
    body = cbor2.dumps([form, answer.station_code, answer.seq, answer.answered_at, rows, cut, *named])
    return write_signed(key, _ANSWER, body)


def read_answer(data: bytes, hq_public_key: bytes, asked: tuple[str, int], side: Side = Side.STATION) -> ChainAnswer:
    """Read and check an answer to what was ``asked``: station and record of the journal ``side``.

    Raises:
        ChainRefusedError: the bytes are none, HQ did not sign them, or they are about another record.
    """
    body, signature = _outer(data, ANSWER_BYTES_MAX)
    check_signed(hq_public_key, signature, _ANSWER, body, ChainRefusedError)
    answer = read_kept_answer(data)
    if (answer.station_code, answer.seq, answer.side) != (*asked, side):
        raise ChainRefusedError("HQ's answer is about another record")
    return answer


def read_kept_answer(data: bytes) -> ChainAnswer:
    """Read an answer that was checked when it came, and is known by its name since.

    Raises:
        ChainRefusedError: the bytes are none.
    """
    body, _ = _outer(data, ANSWER_BYTES_MAX)
    try:
        form, code, seq, answered_at, rows, cut, *named = cbor2.loads(body)
        links = tuple(_link(*row) for row in rows)
        side = _side_of(form, named)
        answer = ChainAnswer(_text(code), _number(seq), _number(answered_at), links, bool(cut), side)
    except _UNREADABLE as error:
        raise ChainRefusedError(_DAMAGED) from error
    if len(links) > LINKS_MAX:
        raise ChainRefusedError(_DAMAGED)
    return answer


def answer_name(data: bytes) -> bytes:
    """Name an answer's bytes: their SHA-256."""
    return hashlib.sha256(data).digest()


_DAMAGED = "the message about a chain is cut or damaged"
_UNREADABLE = (ValueError, TypeError, RecursionError, OverflowError, cbor2.CBORDecodeError)


def _form_of(side: Side) -> tuple[int, tuple[str, ...]]:
    """Give the form of a message about a record of a journal, and what it says of the journal: nothing of its own."""
    return (CHAIN_FORMAT, ()) if side is Side.STATION else (HQ_RECORD_FORMAT, (side.value,))


def _side_of(form: object, named: list[object]) -> Side:
    for side in Side:
        if (form, tuple(named)) == _form_of(side):
            return side
    raise ValueError(_DAMAGED)


def _outer(data: bytes, bytes_max: int) -> tuple[bytes, bytes]:
    try:
        body, signature = cbor2.loads(data) if len(data) <= bytes_max else (None, None)
    except _UNREADABLE as error:
        raise ChainRefusedError(_DAMAGED) from error
    # One form only: an answer is named by its bytes.
    if type(body) is not bytes or type(signature) is not bytes or cbor2.dumps([body, signature]) != data:
        raise ChainRefusedError(_DAMAGED)
    return body, signature


def _link(stage: object, on: object, reference: object, amount_fen: object, said: object, said_en: object) -> ChainLink:
    amount = None if amount_fen is None else _signed(amount_fen)
    day = date.fromisoformat(_text(on)) if on else None
    return ChainLink(ChainStage(_number(stage)), day, _text(reference), amount, _text(said), _text(said_en))


def _text(value: Any) -> str:  # noqa: ANN401 - off the wire
    if type(value) is not str or len(value) > TEXT_MAX or not value.isprintable():
        raise TypeError(_DAMAGED)
    return value


def _number(value: Any) -> int:  # noqa: ANN401 - off the wire
    if type(value) is not int or not 0 <= value <= _NUMBER_MAX:
        raise TypeError(_DAMAGED)
    return value


def _signed(value: Any) -> int:  # noqa: ANN401 - off the wire
    if type(value) is not int or abs(value) > _NUMBER_MAX:
        raise TypeError(_DAMAGED)
    return value
