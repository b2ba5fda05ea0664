"""What the exchange with HQ means, without doing any of it: what to send next, and what a reply proves.

Pure: positions, bytes and a draw of chance come in, values come out. The one cursor is the position HQ has
acknowledged; a reply is judged whole before anything of it is kept, and judging it twice gives nothing new, so any
resend, cut, reorder or replay ends in the same state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from station_journal.exchange import Reply, Verdict
from station_journal.frame import FRAME_RECORDS_MAX, Frame, FrameRefusedError, read_frame, verify_frame
from station_journal.seal import Certificate, Position, SealRefusedError, verify_countersignature
from station_journal.tariff import tariff_hash
from station_pos.sync.stop import Stop
from station_pos.sync.wording import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

BUDGET_FIRST_BYTES = 4 * 1024
"""Record bytes in the first frame after a failure: 2 s on a 20 kbit/s line, so little is lost if it is cut."""
BUDGET_MAX_BYTES = 64 * 1024
_BUDGET_MIN_BYTES = 1024
BACK_OFF_FIRST_S = 1.0
BACK_OFF_MAX_S = 300.0
_DOUBLINGS_MAX = 16


class ReplyRefusedError(ValueError):
    """HQ's reply does not fit what this station knows for certain; one sentence. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class View:
    """How far everything had got when the hello was written.

    ``station`` is the head of the own journal, ``acknowledged`` how far HQ holds it by its own signature, ``hq`` the
    head of the copy of HQ's journal.
    """

    station: Position
    acknowledged: Position
    hq: Position


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose signatures count: the certificates of the epochs that are being written."""

    station_code: str
    station: Certificate
    hq: Certificate


class Copies(Protocol):
    """What a reply is held against: both journals as this station now holds them."""

    def station_head(self) -> Position:
        """Give the head of the station's own journal."""

    def hq_head(self) -> Position:
        """Give the head of the copy of HQ's journal."""

    def station_digest(self, epoch: int, seq: int) -> bytes | None:
        """Give the digest after one of the station's records, None where the journal has no such record."""

    def hq_digest(self, epoch: int, seq: int) -> bytes | None:
        """Give the digest after one of HQ's records, None where the copy has no such record."""


@dataclass(frozen=True, slots=True)
class Run:
    """Verified records that follow on what is held: ready to append. ``seal`` is the writer's over the last of them."""

    before: Position
    records: tuple[bytes, ...]
    digests: tuple[bytes, ...]
    seal: bytes

    @property
    def after(self) -> Position:
        """The position after the last record."""
        return Position(self.before.epoch, self.before.seq + len(self.records), self.digests[-1])


@dataclass(frozen=True, slots=True)
class Findings:
    """What a reply proves and asks for, in the order it is to be done.

    ``stop`` comes first; ``acknowledged`` is None where HQ holds no more than was known. ``complaint`` is a sentence
    about a part that was not taken (HQ's about a frame of ours, or ours about a frame of HQ's), else empty.
    ``more_down`` says that HQ has more for this station than fitted. ``behind`` is how far a restored HQ holds the
    station's journal and its own: it is to be sent what follows.
    """

    stop: Stop | None
    acknowledged: Position | None
    held_signature: bytes
    recovered: tuple[Run, ...]
    hq_runs: tuple[Run, ...]
    documents: tuple[bytes, ...]
    complaint: str
    more_down: bool
    hq_time: int
    behind: tuple[Position, Position] | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How boldly to send: failures in a row and the record bytes to put into one frame."""

    failures: int = 0
    budget_bytes: int = BUDGET_FIRST_BYTES

    def failed(self) -> Pace:
        """After a failure the next frame is smaller, so that less is lost with the next cut."""
        return Pace(self.failures + 1, max(_BUDGET_MIN_BYTES, min(BUDGET_FIRST_BYTES, self.budget_bytes // 2)))

    def succeeded(self) -> Pace:
        """After a success the next frame may be larger: fewer round trips."""
        return Pace(0, min(BUDGET_MAX_BYTES, self.budget_bytes * 2))

    def back_off_s(self, draw: float) -> float:
        """Give the wait after a failure: full jitter under a bound that doubles from 1 s to 5 minutes.

        ``draw`` is uniform in [0, 1): stations that lost one HQ together do not come back together.
        """
        doublings = min(max(self.failures - 1, 0), _DOUBLINGS_MAX)
        return draw * min(BACK_OFF_MAX_S, BACK_OFF_FIRST_S * 2.0**doublings)


def run_length(sizes: Iterable[int], budget_bytes: int) -> int:
    """Say how many of the next records go into one frame: at least one, within budget and frame limit.

    ``sizes`` are the records' lengths in bytes, in order.
    """
    count = total = 0
    for size in sizes:
        total += size
        if count and (total > budget_bytes or count >= FRAME_RECORDS_MAX):
            break
        count += 1
    return count


def judge(view: View, reply: Reply, authority: Authority, copies: Copies, wanted: frozenset[bytes]) -> Findings:
    """Judge a reply, whose own signature was checked, against what was known when its hello was written and is now.

    ``wanted`` holds the SHA-256 of the documents asked for.

    Raises:
        ReplyRefusedError: it is older than something HQ had signed before, or contradicts itself or this journal.
    """
    _check_countersignature(reply, authority)
    if reply.verdict is Verdict.HQ_BEHIND:
        return _behind(reply, authority, copies)
    _check_age(view, reply)
    stop = _stop(view, reply, authority, copies)
    station_head, hq_head = copies.station_head(), copies.hq_head()
    recovered: tuple[Run, ...] = ()
    tail_complaint = ""
    if stop is Stop.RESTORED and station_head == view.station:
        reader = _Reader(authority.station, station_head, copies.station_digest)
        recovered, tail_complaint = reader.runs(reply.recovered_frames)
    hq_runs, hq_complaint = _Reader(authority.hq, hq_head, copies.hq_digest).runs(reply.hq_frames)
    hq_after = hq_runs[-1].after if hq_runs else hq_head
    advanced = stop is None and reply.held.seq > view.acknowledged.seq
    return Findings(
        stop=stop,
        acknowledged=reply.held if advanced else None,
        held_signature=reply.held_signature,
        recovered=recovered,
        hq_runs=hq_runs,
        documents=tuple(data for data in reply.documents if tariff_hash(data) in wanted),
        complaint=reply.refused or tail_complaint or hq_complaint,
        more_down=bool(hq_runs or recovered) and (hq_after.seq < reply.hq_head.seq or bool(recovered)),
        hq_time=reply.hq_time,
    )


def _check_countersignature(reply: Reply, authority: Authority) -> None:
    try:
        verify_countersignature(authority.hq.public_key, reply.held_signature, authority.station_code, reply.held)
    except SealRefusedError as error:
        raise ReplyRefusedError(TEXT("reply_unsigned")) from error


def _behind(reply: Reply, authority: Authority, copies: Copies) -> Findings:
    """Find from where a restored HQ is to be sent both journals: only ever from positions that they have passed.

    What this station knows to be acknowledged stays so; an old reply of this kind that is played again makes it resend.
    """
    held, hqs = reply.held, reply.hq_head
    own_digest = digest_at(authority.station, copies.station_head(), held, copies.station_digest)
    hq_digest = digest_at(authority.hq, copies.hq_head(), hqs, copies.hq_digest)
    if own_digest != held.digest or hq_digest != hqs.digest:
        raise ReplyRefusedError(TEXT("reply_contradicts"))
    return Findings(
        stop=None,
        acknowledged=None,
        held_signature=reply.held_signature,
        recovered=(),
        hq_runs=(),
        documents=(),
        complaint=reply.refused or TEXT("hq_restored"),
        more_down=False,
        hq_time=reply.hq_time,
        behind=(held, hqs),
    )


def _check_age(view: View, reply: Reply) -> None:
    held, known = reply.held, view.acknowledged
    if (held.epoch, held.seq) < (known.epoch, known.seq):
        raise ReplyRefusedError(TEXT("reply_older", seq=held.seq, known=known.seq))
    head = reply.hq_head
    if (head.epoch, head.seq) < (view.hq.epoch, view.hq.seq):
        raise ReplyRefusedError(TEXT("reply_older", seq=head.seq, known=view.hq.seq))


def _stop(view: View, reply: Reply, authority: Authority, copies: Copies) -> Stop | None:
    """Take HQ's verdict only where the positions HQ signed bear it out."""
    held = reply.held
    agrees = digest_at(authority.station, copies.station_head(), held, copies.station_digest) == held.digest
    differs = held.epoch == authority.station.epoch and held.seq <= copies.station_head().seq and not agrees
    if reply.verdict is Verdict.IN_STEP:
        # HQ may not have seen yet what its own signature proves: that it holds another record under one of our numbers.
        borne_out, stop = agrees or differs, Stop.DIVERGED if differs else None
    elif reply.verdict is Verdict.HQ_AHEAD:
        # A hello that was overtaken by a later one states an old head: HQ is ahead of that, and in step with this one.
        ahead = held.epoch == authority.station.epoch and held.seq > copies.station_head().seq
        borne_out, stop = agrees or ahead, None if agrees else Stop.RESTORED
    elif reply.verdict is Verdict.DIVERGED:
        borne_out, stop = held.epoch == view.station.epoch and not agrees, Stop.DIVERGED
    else:
        borne_out, stop = held.epoch > view.station.epoch, Stop.EPOCH_CLOSED
    if not borne_out:
        raise ReplyRefusedError(TEXT("reply_contradicts"))
    return stop


def digest_at(
    certificate: Certificate, head: Position, position: Position, stored: Callable[[int, int], bytes | None]
) -> bytes | None:
    """Give one's own digest at a position of the epoch being written; None where one's journal does not reach it."""
    if position.epoch != certificate.epoch or position.seq > head.seq:
        return None
    if position.seq == certificate.prior_seq:
        return certificate.start().digest
    return stored(position.epoch, position.seq)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the frames of one journal; what is held already is passed over, what does not verify ends the reading."""

    certificate: Certificate
    head: Position
    stored: Callable[[int, int], bytes | None]

    def runs(self, frames: Sequence[bytes]) -> tuple[tuple[Run, ...], str]:
        runs: list[Run] = []
        head = self.head
        for data in frames:
            try:
                run = self._run(read_frame(data), head)
            except FrameRefusedError as error:
                return tuple(runs), TEXT("frame_refused", why=str(error))
            if run is not None:
                runs.append(run)
                head = run.after
        return tuple(runs), ""

    def _run(self, frame: Frame, head: Position) -> Run | None:
        if (frame.epoch, frame.to_seq) <= (head.epoch, head.seq):
            return None
        overlap = head.seq + 1 - frame.from_seq
        if overlap <= 0 or frame.epoch != head.epoch:
            digests = verify_frame(frame, self.certificate, head)
            return Run(head, frame.run, tuple(digests), frame.signature)
        start = Position(head.epoch, frame.from_seq - 1, b"")
        before = start._replace(digest=digest_at(self.certificate, head, start, self.stored) or b"")
        digests = verify_frame(frame, self.certificate, before)
        return Run(head, frame.run[overlap:], tuple(digests[overlap:]), frame.signature)
