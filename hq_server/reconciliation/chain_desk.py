"""A station's question for the chain behind one of its own records: who asks is proved, how often is bounded.

The answer is signed, so that a station which kept it can show what HQ stated, and when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hq_server.reconciliation.chain import chain_of_hq_record, chain_of_record
from hq_server.reference.question_rates import within_rate
from hq_server.reference.senders import check_asked, check_sender
from hq_server.wording import RefusedError
from station_journal.chain import ChainAnswer, ChainLink, ChainRefusedError, read_question, write_answer
from station_journal.side import Side

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Engine

    from hq_server.db import Clock
    from hq_server.reconciliation.chain_funds import Link


class TooManyQuestionsError(RefusedError):
    """A station asks more often than a counter can by hand."""


class ChainDesk:
    """Answers for any station; holds nothing but database, key and clock, so any web worker may serve."""

    def __init__(self, engine: Engine, key: Ed25519PrivateKey, clock: Clock) -> None:
        """Keep what every answer needs; ``key`` is HQ's."""
        self._engine = engine
        self._key = key
        self._clock = clock

    def answer(self, data: bytes) -> bytes:
        """Answer one signed question.

        Raises:
            RefusedError: the bytes are no question, not of an approved station, of another time, or HQ does not hold
                the record.
            TooManyQuestionsError: the station asked too often in this minute.
        """
        try:
            question = read_question(data)
        except ChainRefusedError as error:
            raise RefusedError("damaged", "查询来龙去脉的报文不完整或损坏", str(error)) from error
        now = self._clock()
        with self._engine.begin() as connection:  # a question that is refused below counts as well
            check_sender(connection, question.station_code, question)
            check_asked(question.asked_at, now)
            may_ask = within_rate(connection, question.station_code, now)
        if not may_ask:
            raise TooManyQuestionsError(
                "too_many", "问得太频繁, 一分钟后再问", "asked too often; ask again in a minute"
            )
        with self._engine.connect() as connection:
            find = chain_of_record if question.side is Side.STATION else chain_of_hq_record
            links = find(connection, question.station_code, question.seq)
        said = tuple(_said(link) for link in links)
        code, seq, side = question.station_code, question.seq, question.side
        answer = ChainAnswer(code, seq, int(now.timestamp()), said, cut=False, side=side)
        return write_answer(self._key, answer)


def _said(link: Link) -> ChainLink:
    return ChainLink(link.kind, link.on, link.reference, link.amount_fen, _plain(link.said.zh), _plain(link.said.en))


def _plain(text: str) -> str:
    """Keep what may be printed: reasons and file names come from outside."""
    return "".join(character if character.isprintable() else " " for character in text)
