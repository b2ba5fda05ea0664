"""A replaced or restored machine gets this station's records back from HQ, before its new epoch begins.

It asks under its new key, so a closed epoch does not stand in the way. What HQ sends is verified record by record by
the certificates of the epochs it was written in, and must end at the record that the new certificate names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from station_journal.codec import readable_kinds
from station_journal.exchange import ExchangeRefusedError, Hello, Verdict, read_reply, write_hello
from station_journal.frame import FrameRefusedError, read_frame, verify_frame
from station_journal.seal import Position, SealRefusedError, verify_countersignature
from station_journal.side import Side
from station_pos.enrolment.faults import EnrolmentError, EnrolmentFault
from station_pos.sync.session import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.exchange import Reply
    from station_journal.seal import Certificate
    from station_pos.enrolment.approval import Approval
    from station_pos.keystore import PendingKey

_DOWN_BYTES = 64 * 1024


class RecoverableJournal(Protocol):
    """The station's own journal while no register has it open; every write is one durable step."""

    def last(self) -> Position:
        """Give the last record's epoch, number and digest; (0, 0, empty) without one."""

    def acknowledged(self) -> Position:
        """Give how far HQ holds this journal by its own signature; (0, 0, empty) if it never said."""

    def digest_at(self, seq: int) -> bytes:
        """Give the digest after a record; empty where there is no such record."""

    def append(self, run: Run) -> None:
        """Append verified records; nothing may be sold on them until the new epoch begins."""

    def put_aside(self, after_seq: int) -> int:
        """Take the records above a number out of the journal and keep them as a branch; gives how many."""


def continues(journal: RecoverableJournal, approval: Approval) -> bool:
    """Tell whether this journal holds the record that the new epoch continues."""
    return _reached(
        journal, approval.certificate, {item.certificate.epoch: item.certificate for item in approval.earlier}
    )


def _reached(journal: RecoverableJournal, certificate: Certificate, earlier: dict[int, Certificate]) -> bool:
    if certificate.prior_seq == 0 or journal.digest_at(certificate.prior_seq) == certificate.prior_digest:
        return True
    # An epoch without a record is continued at its start, which stands where the epoch before it ended.
    empty = earlier.get(certificate.epoch - 1)
    if empty is None or empty.start()[1:] != (certificate.prior_seq, certificate.prior_digest):
        return False
    return _reached(journal, empty, earlier)


def recover(
    exchange: Callable[[bytes], bytes], pending: PendingKey, approval: Approval, journal: RecoverableJournal
) -> int:
    """Fetch what this journal lacks up to the record that the new epoch continues; gives how many were put aside.

    Cut anywhere, it goes on from the last frame that was kept.

    Raises:
        LinkError: the line failed.
        EnrolmentError: HQ has nothing that joins this journal, or what it sent does not verify.
    """
    put_aside = 0
    hq_known = Position(approval.hq.certificate.epoch, 0, b"")
    while not continues(journal, approval):
        last = journal.last()
        reply = _ask(exchange, pending, approval, last, hq_known)
        diverged = last.seq >= approval.certificate.prior_seq or reply.verdict is Verdict.DIVERGED
        if diverged:
            common = journal.acknowledged().seq
            if common >= last.seq:
                raise _differs(approval, last)
            put_aside += journal.put_aside(common)
            continue
        got = _append(reply, approval, journal)
        if not got and hq_known == reply.hq_head:
            raise _differs(approval, last)
        hq_known = reply.hq_head  # so that the next reply is not filled with HQ's records
    return put_aside


def _ask(
    exchange: Callable[[bytes], bytes], pending: PendingKey, approval: Approval, last: Position, hq_known: Position
) -> Reply:
    hello = Hello(
        station_code=pending.station_code,
        station=Position(approval.certificate.epoch, last.seq, last.digest),
        hq=hq_known,
        wait_s=0,
        down_bytes=_DOWN_BYTES,
        wants=(),
        hq_kinds=readable_kinds(Side.HQ),
    )
    hq_public_key = approval.hq.certificate.public_key
    try:
        reply = read_reply(exchange(write_hello(pending.key, hello, ())), hq_public_key)
        verify_countersignature(hq_public_key, reply.held_signature, pending.station_code, reply.held)
    except (ExchangeRefusedError, SealRefusedError) as error:
        raise EnrolmentError(EnrolmentFault.NOT_HQ) from error
    if reply.verdict is Verdict.EPOCH_CLOSED:
        raise EnrolmentError(EnrolmentFault.CERTIFICATE_WRONG)
    return reply


def _append(reply: Reply, approval: Approval, journal: RecoverableJournal) -> int:
    certificates = {item.certificate.epoch: item.certificate for item in approval.earlier}
    got = 0
    for data in reply.recovered_frames:
        last = journal.last()
        try:
            frame = read_frame(data)
            certificate = certificates.get(frame.epoch)
            if certificate is None:
                raise EnrolmentError(EnrolmentFault.CERTIFICATE_WRONG)
            at_start = last.seq == certificate.prior_seq
            before = certificate.start() if at_start else Position(frame.epoch, last.seq, last.digest)
            digests = verify_frame(frame, certificate, before)
        except FrameRefusedError as error:
            raise _differs(approval, last) from error
        journal.append(Run(before, frame.run, tuple(digests), frame.signature))
        got += len(frame.run)
    return got


def _differs(approval: Approval, last: Position) -> EnrolmentError:
    return EnrolmentError(EnrolmentFault.HISTORY_DIFFERS, prior=approval.certificate.prior_seq, own=last.seq)
