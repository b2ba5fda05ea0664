"""A small HQ written apart from the real one, and a station's journals in memory: two sides for a simulated line."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from station_journal.balances import Books, merge_order
from station_journal.codec import decode, encode
from station_journal.exchange import Reply, Verdict, read_hello, write_reply
from station_journal.frame import FrameRefusedError, make_frame, pack_frame, read_frame, verify_frame
from station_journal.records import OutageClosed, OutageOpened, Record, Side, TariffAdopted, TariffPublished
from station_journal.seal import Certificate, Position, countersign, extend
from station_journal.tariff import read_tariff, tariff_hash
from station_pos.commands.orders import AdoptTariff, OpenOutage
from station_pos.commands.outcome import Accepted, Refusal, Refused
from station_pos.sync.session import Authority
from tests.factories.journal import STATION, TODAY, certificate, key, record


@dataclass
class Chain:
    """One journal: record bytes and digests, numbers going on across epochs."""

    certificates: list[Certificate]
    records: list[bytes] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)

    @property
    def certificate(self) -> Certificate:
        return self.certificates[-1]

    def head(self) -> Position:
        if self.epochs and self.epochs[-1] == self.certificate.epoch:
            return Position(self.epochs[-1], len(self.records), self.digests[-1])
        return self.certificate.start()

    def digest(self, seq: int) -> bytes | None:
        return self.digests[seq - 1] if 0 < seq <= len(self.records) else None

    def digest_in(self, epoch: int, seq: int) -> bytes | None:
        return self.digest(seq) if 0 < seq <= len(self.epochs) and self.epochs[seq - 1] == epoch else None

    def before(self, seq: int) -> Position:
        """The position before a record, in that record's epoch."""
        epoch = self.epochs[seq - 1] if seq <= len(self.epochs) else self.certificate.epoch
        given = next(c for c in self.certificates if c.epoch == epoch)
        return given.start() if seq - 1 == given.prior_seq else Position(epoch, seq - 1, self.digests[seq - 2])

    def append(self, run, digests) -> None:
        self.epochs += [self.certificate.epoch] * len(run)
        self.records += run
        self.digests += digests

    def decoded(self, side: Side) -> list[tuple[int, Record]]:
        return [(seq, decode(data, side)) for seq, data in enumerate(self.records, 1)]


def folded(station: Chain, hq: Chain, documents: dict[bytes, bytes]) -> Books:
    """The books of both journals, from nothing."""
    books = Books({name: read_tariff(data) for name, data in documents.items()})
    for side, seq, rec in merge_order(station.decoded(Side.STATION), hq.decoded(Side.HQ)):
        books.apply(side, seq, rec)
    return books


class SmallHq:
    """Holds a station's journal, writes HQ's, answers exchanges."""

    def __init__(self, hq_key_number: int = 2) -> None:
        self.key = key(hq_key_number)
        self.station = Chain([certificate()])
        self.own = Chain([certificate(Side.HQ)])
        self.seals: dict[int, bytes] = {}
        self.documents: dict[bytes, bytes] = {}
        self.branches: list[tuple[bytes, ...]] = []
        self.branch_heads: dict[int, Position] = {}
        self.hellos = 0

    def append(self, fact, seen_seq: int | None = None) -> None:
        seen = len(self.station.records) if seen_seq is None else seen_seq
        data = encode(record(fact, seen_seq=seen, operator_no=11))
        self.own.append([data], extend(self.own.head(), [data]))

    def publish(self, tariff) -> None:
        self.documents[tariff.hash] = tariff.to_bytes()
        self.append(TariffPublished(tariff.hash, tariff.effective_on))

    def open_epoch(self, public_key: bytes) -> Certificate:
        head = self.station.head()
        given = certificate(epoch=head.epoch + 1, public_key=public_key, prior_seq=head.seq, prior_digest=head.digest)
        self.station.certificates.append(given)
        return given

    def exchange(self, request: bytes) -> bytes:
        """Answer a request; raises what the readers raise where it is damaged."""
        signed = read_hello(request)
        hello = signed.hello
        writer = next(c for c in self.station.certificates if c.epoch == hello.station.epoch)
        signed.check(writer.public_key)
        self.hellos += 1
        verdict, refused = Verdict.EPOCH_CLOSED, ""
        if writer is self.station.certificate:
            verdict, refused = self._take(hello.station, signed.frames)
        held = self.station.head()
        reply = Reply(
            verdict=verdict,
            held=held,
            held_signature=countersign(self.key, STATION, held),
            hq_head=self.own.head(),
            hq_frames=self._news(hello.hq.seq, hello.down_bytes),
            recovered_frames=self._tail(hello.station.seq) if verdict is Verdict.HQ_AHEAD else (),
            documents=tuple(self.documents[name] for name in hello.wants if name in self.documents),
            refused=refused,
            hq_time=1_800_000_000,
        )
        return write_reply(self.key, reply)

    def _take(self, theirs: Position, frames: tuple[bytes, ...]) -> tuple[Verdict, str]:
        held = self.station.head()
        known = held.digest if theirs.seq == held.seq else self.station.digest(theirs.seq)
        if theirs.seq <= held.seq and known not in {theirs.digest, None}:
            self.branches.append(frames)
            return Verdict.DIVERGED, ""
        for data in frames:
            try:
                frame = read_frame(data)
                if frame.to_seq <= self.station.head().seq:
                    verify_frame(frame, self.station.certificate, self.station.before(frame.from_seq))
                    continue
                if frame.from_seq - 1 in self.branch_heads:
                    before = self.branch_heads[frame.from_seq - 1]
                    return self._freeze(frame, verify_frame(frame, self.station.certificate, before), frames)
                overlap = self.station.head().seq + 1 - frame.from_seq
                before = self.station.before(frame.from_seq) if overlap >= 0 else self.station.head()
                digests = verify_frame(frame, self.station.certificate, before)
            except FrameRefusedError as error:
                return Verdict.IN_STEP, str(error)
            if overlap and digests[overlap - 1] != self.station.head().digest:
                return self._freeze(frame, digests, frames)
            self.station.append(list(frame.run[overlap:]), digests[overlap:])
            self.seals[frame.to_seq] = frame.signature
        held = self.station.head()
        return (Verdict.HQ_AHEAD if theirs.seq < held.seq else Verdict.IN_STEP), ""

    def _freeze(self, frame, digests, frames) -> tuple[Verdict, str]:
        self.branches.append(frames)
        self.branch_heads[frame.to_seq] = Position(frame.epoch, frame.to_seq, digests[-1])
        return Verdict.DIVERGED, ""

    def _news(self, after_seq: int, down_bytes: int) -> tuple[bytes, ...]:
        run = self.own.records[after_seq : after_seq + 3]  # three a frame, so that news need more than one
        if not run or down_bytes < 200:
            return ()
        return (make_frame(self.key, self.own.certificate, self.own.before(after_seq + 1), run)[0],)

    def _tail(self, after_seq: int) -> tuple[bytes, ...]:
        end = min(seq for seq in self.seals if seq > after_seq)
        run = self.station.records[after_seq:end]
        return (pack_frame(Side.STATION, self.station.before(after_seq + 1), run, self.seals[end]),)


class MemoryJournals:
    """What sync needs of a register, kept in memory; every write is whole."""

    def __init__(self) -> None:
        self.station = Chain([certificate()])
        self.hq = Chain([certificate(Side.HQ)])
        self.documents: dict[bytes, bytes] = {}
        self.acks: dict[int, Position] = {}
        self.signatures: dict[Position, bytes] = {}
        self.read_only = ""
        self.hq_time = 0
        self.today: date = TODAY
        self.commands: list[object] = []

    def image(self) -> MemoryJournals:
        """A copy of the disk as it is now."""
        return copy.deepcopy(self)

    def append(self, fact, operator_no: int = 1) -> int:
        assert not self.read_only, "sold while read-only"
        data = encode(record(fact, seen_seq=len(self.hq.records), operator_no=operator_no))
        self.station.append([data], extend(self.station.head(), [data]))
        return len(self.station.records)

    def books(self) -> Books:
        return folded(self.station, self.hq, self.documents)

    # What sync asks for.
    def authority(self) -> Authority:
        return Authority(STATION, self.station.certificate, self.hq.certificate)

    def station_head(self) -> Position:
        return self.station.head()

    def hq_head(self) -> Position:
        return self.hq.head()

    def station_digest(self, epoch: int, seq: int) -> bytes | None:
        return self.station.digest_in(epoch, seq)

    def hq_digest(self, epoch: int, seq: int) -> bytes | None:
        return self.hq.digest_in(epoch, seq)

    def acknowledged(self) -> Position:
        return self.acks.get(self.station.certificate.epoch, self.station.certificate.start())

    def station_records(self, after_seq: int, limit: int) -> tuple[bytes, ...]:
        return tuple(self.station.records[after_seq : after_seq + limit])

    def hq_frame(self, after: Position) -> bytes | None:
        del after  # this HQ is never restored
        return None

    def _published(self) -> list[TariffPublished]:
        facts = [rec.fact for _, rec in self.hq.decoded(Side.HQ)]
        return [fact for fact in facts if isinstance(fact, TariffPublished)]

    def documents_wanted(self) -> tuple[bytes, ...]:
        return tuple(fact.tariff_hash for fact in self._published() if fact.tariff_hash not in self.documents)

    def tariff_due(self) -> bytes | None:
        due = [f.tariff_hash for f in self._published() if f.effective_on <= self.today]
        adopted = self.books().standing().tariff_hash
        latest = due[-1] if due and not self.read_only else adopted
        return latest if latest != adopted and latest in self.documents else None

    def answers_awaited(self) -> int:
        return sum(payment.answered_seq == 0 for payment in self.books().payments.values())

    def acknowledge(self, held: Position, signature: bytes, hq_time: int) -> None:
        assert held.seq >= self.acknowledged().seq
        self.acks[held.epoch] = held
        self.signatures[held] = signature
        self.hq_time = hq_time

    def heard_at(self, hq_time: int) -> None:
        self.hq_time = max(self.hq_time, hq_time)

    def receive_hq(self, run) -> None:
        assert run.before == self.hq.head()
        self.hq.append(list(run.records), list(run.digests))

    def recover(self, run) -> None:
        assert run.before == self.station.head()
        self.station.append(list(run.records), list(run.digests))

    def keep_document(self, data: bytes) -> None:
        self.documents[tariff_hash(data)] = data

    def set_read_only(self, reason: str) -> None:
        self.read_only = reason

    def open_epoch(self, given: Certificate) -> None:
        self.station.certificates.append(given)
        self.read_only = ""

    def execute(self, command) -> Accepted | Refused:
        self.commands.append(command)
        if self.read_only:
            return Refused(Refusal.READ_ONLY)
        if isinstance(command, AdoptTariff):
            return Accepted(self.append(TariffAdopted(command.tariff_hash), 0), ())
        outages = [(s, r.fact) for s, r in self.station.decoded(Side.STATION)]
        opened = [s for s, fact in outages if isinstance(fact, OutageOpened)]
        closed = {fact.opened_seq for _, fact in outages if isinstance(fact, OutageClosed)}
        still = [seq for seq in opened if seq not in closed]
        if isinstance(command, OpenOutage) == bool(still):
            return Refused(Refusal.NOTHING_TO_DO)
        equipment = command.equipment
        fact = OutageClosed(equipment, still[0]) if still else OutageOpened(equipment)
        return Accepted(self.append(fact, 0), ())


class Line:
    """Carries requests to an HQ; put another function into ``carry`` and something becomes of them."""

    def __init__(self, hq: SmallHq) -> None:
        self.hq = hq
        self.waits: list[int] = []
        self.requests: list[bytes] = []
        self.replies: list[bytes] = []
        self.carry: Callable[[bytes], bytes] = self.deliver

    def exchange(self, request: bytes, wait_s: int = 0) -> bytes:
        self.waits.append(wait_s)
        self.requests.append(request)
        return self.carry(request)

    def deliver(self, request: bytes) -> bytes:
        reply = self.hq.exchange(request)
        self.replies.append(reply)
        return reply
