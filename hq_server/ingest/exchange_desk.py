"""One exchange with a station, in two steps: take what it brought, then answer with what it lacks.

Between the steps nothing is held, so that an answer may wait for news without a connection or a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hq_server.hq_journal import HeldJournal, held_head, mark_ahead, recovery_of
from hq_server.ingest.acceptance import Fate, judge_statement
from hq_server.ingest.intake import take_frame
from hq_server.ingest.recovery import end_if_whole, is_hqs, take_back
from hq_server.reference.couriers import contacts_document
from hq_server.reference.evidence import evidence_document
from hq_server.reference.goods import goods_document
from hq_server.reference.stations import certificates, remember_hello
from hq_server.reference.tariffs import tariff_document
from hq_server.wording import RefusedError
from station_journal.exchange import EXCHANGE_BYTES_MAX, Hello, Reply, Verdict, read_hello, write_reply
from station_journal.seal import countersign
from station_journal.side import Side

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from hq_server.db import Clock
    from hq_server.hq_journal import HqJournal
    from station_journal.exchange import SignedHello
    from station_journal.seal import Position

_DOWN_BYTES_MAX = EXCHANGE_BYTES_MAX // 2
_WANTS_MAX = 16


@dataclass(frozen=True, slots=True)
class Taken:
    """What a station brought and what HQ found, once its frames are durably stored."""

    hello: Hello
    verdict: Verdict
    refused: str


@dataclass(slots=True)
class _Budget:
    """Bytes that a reply may still hold; the first part of a reply always goes."""

    left: int
    used: bool = False

    def take(self, parts: tuple[bytes, ...]) -> tuple[bytes, ...]:
        self.left -= sum(map(len, parts))
        self.used = self.used or bool(parts)
        return parts


def _document(connection: Connection, station_code: str, name: bytes) -> bytes | None:
    """Give a tariff or a list of goods that anybody may read, or contacts or evidence that are this station's alone."""
    anybodys = tariff_document(connection, name) or goods_document(connection, name)
    return (
        anybodys
        or contacts_document(connection, station_code, name)
        or evidence_document(connection, station_code, name)
    )


class ExchangeDesk:
    """Serves exchanges of any station."""

    def __init__(self, engine: Engine, journal: HqJournal, clock: Clock) -> None:
        """Keep what every exchange needs."""
        self._engine = engine
        self._journal = journal
        self._clock = clock

    def take(self, body: bytes) -> Taken:
        """Check who speaks, compare histories, and store the frames, each durably before the next.

        Raises:
            ExchangeRefusedError: the bytes are no hello, or not signed by the key of the epoch it names.
            RefusedError: HQ certified no such epoch of such a station.
        """
        signed = read_hello(body)
        hello, code = signed.hello, signed.hello.station_code
        now = self._clock()
        with self._engine.begin() as connection:
            self._check_sender(connection, signed)
            remember_hello(connection, code, hello.hq_kinds, now)
            head = self._head(connection, code, Side.STATION)
            recovers = recovery_of(connection, code) is not None
            if not recovers and hello.hq.seq > self._head(connection, code, Side.HQ).seq:
                recovers = mark_ahead(connection, code, now) is not None
            held = HeldJournal.open(connection, code, Side.STATION)
            verdict = judge_statement(hello.station, head, is_ancestor=held.is_ancestor(connection, hello.station))
        refused = ""
        for data in signed.frames:
            if recovers and is_hqs(data):
                refused = refused or take_back(self._engine, code, data, now)
                continue
            judgement = take_frame(self._engine, self._journal, code, data, now)
            if judgement.fate is Fate.BRANCH and verdict is not Verdict.EPOCH_CLOSED:
                verdict = Verdict.DIVERGED
            if judgement.fate in {Fate.EARLY, Fate.REFUSED}:
                refused = refused or judgement.reason
        if recovers and verdict in {Verdict.IN_STEP, Verdict.HQ_AHEAD} and not end_if_whole(self._engine, hello, now):
            verdict = Verdict.HQ_BEHIND
        return Taken(hello, verdict, refused)

    @staticmethod
    def _check_sender(connection: Connection, signed: SignedHello) -> None:
        hello = signed.hello
        for item in certificates(connection, hello.station_code):
            if item.side is Side.STATION and item.epoch == hello.station.epoch:
                signed.check(item.read().public_key)
                return
        raise RefusedError(
            "unknown_station",
            f"总部没有站点 {hello.station_code} 第 {hello.station.epoch} 期的证书",
            f"HQ has certified no epoch {hello.station.epoch} of station {hello.station_code}",
        )

    @staticmethod
    def _head(connection: Connection, station_code: str, side: Side) -> Position:
        head = held_head(connection, station_code, side)
        if head is None:  # both journals are opened in the transaction that certifies the first epoch
            raise RefusedError(
                "not_approved", f"站点 {station_code} 尚未开通", f"station {station_code} is not approved yet"
            )
        return head

    def has_news(self, taken: Taken) -> bool:
        """Tell whether the answer has anything for the station beyond the acknowledgement."""
        hello = taken.hello
        if taken.verdict is not Verdict.IN_STEP or taken.refused:
            return True
        with self._engine.connect() as connection:
            head = self._head(connection, hello.station_code, Side.HQ)
            if head.seq != hello.hq.seq:
                return True
            code = hello.station_code
            return any(_document(connection, code, name) is not None for name in hello.wants[:_WANTS_MAX])

    def answer(self, taken: Taken) -> bytes:
        """Compose and sign the reply: what is durably held now, and what the station lacks within its budget."""
        hello, code = taken.hello, taken.hello.station_code
        budget = _Budget(min(hello.down_bytes, _DOWN_BYTES_MAX))
        with self._engine.connect() as connection:
            held = self._head(connection, code, Side.STATION)
            hq_head = self._head(connection, code, Side.HQ)
            hq_frames: tuple[bytes, ...] = ()
            recovered: tuple[bytes, ...] = ()
            documents: tuple[bytes, ...] = ()
            refused = taken.refused
            if taken.verdict is not Verdict.EPOCH_CLOSED:
                hq_frames, sentence = self._hq_frames(connection, hello, hq_head, budget)
                refused = refused or sentence
                if taken.verdict is Verdict.HQ_AHEAD:
                    recovered = self._recovered(connection, hello, budget)
                documents = self._documents(connection, hello, budget)
        reply = Reply(
            verdict=taken.verdict,
            held=held,
            held_signature=countersign(self._journal.key, code, held),
            hq_head=hq_head,
            hq_frames=hq_frames,
            recovered_frames=recovered,
            documents=documents,
            refused=refused,
            hq_time=int(self._clock().timestamp()),
        )
        return write_reply(self._journal.key, reply)

    @staticmethod
    def _hq_frames(
        connection: Connection, hello: Hello, hq_head: Position, budget: _Budget
    ) -> tuple[tuple[bytes, ...], str]:
        if hello.hq.seq > hq_head.seq and recovery_of(connection, hello.station_code) is not None:
            return (), ""
        journal = HeldJournal.open(connection, hello.station_code, Side.HQ)
        if hello.hq.seq > hq_head.seq or not journal.is_ancestor(connection, hello.hq):
            return (), f"HQ's journal as the station has it up to record {hello.hq.seq} is not the one HQ holds"
        return budget.take(journal.frames(connection, hello.hq.seq, budget.left)), ""

    @staticmethod
    def _recovered(connection: Connection, hello: Hello, budget: _Budget) -> tuple[bytes, ...]:
        if budget.used and budget.left <= 0:
            return ()
        journal = HeldJournal.open(connection, hello.station_code, Side.STATION)
        return budget.take(journal.frames(connection, hello.station.seq, budget.left))

    @staticmethod
    def _documents(connection: Connection, hello: Hello, budget: _Budget) -> tuple[bytes, ...]:
        chosen: tuple[bytes, ...] = ()
        for name in hello.wants[:_WANTS_MAX]:
            document = _document(connection, hello.station_code, name)
            if document is not None and (len(document) <= budget.left or not budget.used):
                chosen += budget.take((document,))
        return chosen
