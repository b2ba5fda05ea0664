"""What HQ makes of a station's statement and of each frame, by what it holds. Pure; content is not looked at.

A validly sealed run that continues what is held is always taken. Damage is never mistaken for a fork: a branch counts
only when the station's own seal, or its signed statement, proves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from station_journal.exchange import Verdict
from station_journal.frame import FrameRefusedError, verify_frame
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_journal.frame import Frame
    from station_journal.seal import Certificate, Position


def judge_statement(stated: Position, head: Position, *, is_ancestor: bool) -> Verdict:
    """Compare the station's stated head with the head HQ holds.

    ``is_ancestor`` tells whether HQ's copy has passed, or stands at, the stated position.
    """
    if stated.epoch < head.epoch:
        return Verdict.EPOCH_CLOSED
    if stated.seq > head.seq:
        return Verdict.IN_STEP  # its frames will tell whether it continues what is held
    if not is_ancestor:
        return Verdict.DIVERGED
    return Verdict.IN_STEP if stated.seq == head.seq else Verdict.HQ_AHEAD


class Fate(Enum):
    """What becomes of a frame."""

    APPENDED = "appended"
    HELD_ALREADY = "held already"
    BRANCH = "branch"
    EARLY = "early"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of a frame, and why.

    ``digests`` are those after each of its records, where the seal proved them. ``new_from`` counts the records held
    already at its start. ``branch_seq`` is the first record that differs from what is held, else 0.
    """

    fate: Fate
    digests: tuple[bytes, ...] = ()
    new_from: int = 0
    branch_seq: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HeldAround:
    """What HQ holds around a frame.

    ``before`` is the position before the frame in the frame's own epoch, None if it is not held; ``digests`` are those
    held for the frame's numbers in that epoch.
    """

    head: Position
    before: Position | None
    digests: Sequence[bytes]


def judge_frame(frame: Frame, certificate: Certificate | None, held: HeldAround) -> Judgement:
    """Judge one frame. ``certificate`` is that of the frame's epoch, None where HQ certified none."""
    if frame.side is not Side.STATION or certificate is None:
        return Judgement(Fate.REFUSED, reason=f"the frame is not of this station's journal, epoch {frame.epoch}")
    if held.before is None:
        if frame.epoch == held.head.epoch and frame.from_seq > held.head.seq + 1:
            reason = f"the frame starts at record {frame.from_seq}, held is up to record {held.head.seq}"
            return Judgement(Fate.EARLY, reason=reason)
        reason = f"the frame starts at record {frame.from_seq}, which epoch {frame.epoch} does not reach"
        return Judgement(Fate.REFUSED, reason=reason)
    try:
        digests = tuple(verify_frame(frame, certificate, held.before))
    except FrameRefusedError as error:
        return Judgement(Fate.REFUSED, reason=str(error))
    for i, (theirs, ours) in enumerate(zip(digests, held.digests, strict=False)):
        if theirs != ours:
            reason = f"record {frame.from_seq + i} differs from the one held"
            return Judgement(Fate.BRANCH, digests, i, frame.from_seq + i, reason)
    known = len(held.digests)
    if known >= len(digests):
        return Judgement(Fate.HELD_ALREADY, digests, len(digests))
    if frame.epoch < held.head.epoch:
        reason = f"epoch {frame.epoch} was closed before record {frame.from_seq + known}"
        return Judgement(Fate.BRANCH, digests, known, frame.from_seq + known, reason)
    return Judgement(Fate.APPENDED, digests, known)
