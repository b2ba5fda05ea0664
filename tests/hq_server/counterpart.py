"""A station's side of the exchange in as few lines as the wire allows: it writes records, frames and hellos."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq_server.ingest.exchange_desk import ExchangeDesk
from station_journal.balances import Books
from station_journal.codec import decode, encode, readable_kinds
from station_journal.exchange import Hello, Reply, read_reply, write_hello
from station_journal.frame import make_frame, read_frame, verify_frame
from station_journal.records import RULES_VERSION, Actor, ActorKind, Fact, Record, Side
from station_journal.seal import Certificate, Position, extend
from station_journal.tariff import Tariff
from tests.hq_server.people import NOON, EnrolledStation

CLERK = Actor(ActorKind.PERSON, 2)
DAY = date(2026, 11, 23)


@dataclass
class Station:
    """Both journals as a station's machine holds them, and its own fold of them."""

    code: str
    key: Ed25519PrivateKey
    certificate: Certificate
    hq_certificate: Certificate
    tariffs: dict[bytes, Tariff] = field(default_factory=dict)
    run: list[bytes] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    hq: Position = field(init=False)
    acked_seq: int = 0
    hq_facts: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.positions.append(self.certificate.start())
        self.hq = self.hq_certificate.start()
        self.acked_seq = self.head.seq
        self.books = Books(self.tariffs)

    @classmethod
    def of(cls, enrolled: EnrolledStation, hq_public_key: bytes, *tariffs: Tariff) -> Station:
        hqs = Certificate(Side.HQ, enrolled.code, 1, hq_public_key)
        return cls(enrolled.code, enrolled.key, enrolled.certificate, hqs, {one.hash: one for one in tariffs})

    @property
    def head(self) -> Position:
        return self.positions[-1]

    def image(self) -> Station:
        """A disk image of this machine."""
        return deepcopy(self, {id(self.key): self.key, id(self.tariffs): self.tariffs})

    def write(self, *facts: Fact, actor: Actor = CLERK, day: date = DAY) -> int:
        """Append records; gives the number of the last one."""
        for fact in facts:
            record = Record(NOON, day, actor, self.hq.seq, RULES_VERSION, fact)
            self.write_bytes(encode(record))
            self.books.apply(Side.STATION, self.head.seq, record)
        return self.head.seq

    def write_bytes(self, data: bytes) -> int:
        """Append bytes, readable or not."""
        (digest,) = extend(self.head, [data])
        self.run.append(data)
        self.positions.append(Position(self.head.epoch, self.head.seq + 1, digest))
        return self.head.seq

    def position(self, seq: int) -> Position:
        return self.positions[seq - self.positions[0].seq]

    def frame(self, from_seq: int, to_seq: int | None = None) -> bytes:
        """Seal the records of a stretch into a frame."""
        first = from_seq - self.positions[0].seq - 1
        last = len(self.run) if to_seq is None else to_seq - self.positions[0].seq
        return make_frame(self.key, self.certificate, self.position(from_seq - 1), self.run[first:last])[0]

    def hello(self, *frames: bytes, key: Ed25519PrivateKey | None = None, **changes: Any) -> bytes:
        stated: dict[str, Any] = {
            "station_code": self.code,
            "station": self.head,
            "hq": self.hq,
            "wait_s": 0,
            "down_bytes": 100_000,
            "wants": (),
            "hq_kinds": readable_kinds(Side.HQ),
        } | changes
        return write_hello(key or self.key, Hello(**stated), tuple(frames))

    def unsent(self) -> tuple[bytes, ...]:
        """Frames of what HQ has not acknowledged."""
        return (self.frame(self.acked_seq + 1),) if self.acked_seq < self.head.seq else ()

    def exchange(self, desk: ExchangeDesk, *frames: bytes, **changes: Any) -> Reply:
        """Send what is unsent, or the frames given, and take the answer in."""
        body = self.hello(*(frames or self.unsent()), **changes)
        return self.receive(desk.answer(desk.take(body)))

    def receive(self, answer: bytes) -> Reply:
        """Verify an answer as a station does, and keep HQ's records."""
        reply = read_reply(answer, self.hq_certificate.public_key)
        for data in reply.hq_frames:
            frame = read_frame(data)
            digests = verify_frame(frame, self.hq_certificate, self.hq)
            for i, item in enumerate(frame.run):
                record = decode(item, Side.HQ)
                self.hq_facts.append(record.fact)
                self.books.apply(Side.HQ, frame.from_seq + i, record)
            self.hq = Position(frame.epoch, frame.to_seq, digests[-1])
        self.acked_seq = max(self.acked_seq, min(reply.held.seq, self.head.seq))
        return reply
