"""Papers composed from stored records: inside the transaction that issues them, and again when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from station_journal.codec import decode
from station_journal.records import CashReturned, CopyIssued, PendingSlipIssued, ReceiptIssued, Side
from station_pos.receipts.copies import marked
from station_pos.receipts.label import compose_label
from station_pos.receipts.paper import from_bytes, to_bytes
from station_pos.receipts.practice_mark import practice_marked
from station_pos.receipts.receipt import IssueFacts, Issuer
from station_pos.receipts.service_labels import LABELS
from station_pos.receipts.service_slips import FROZEN, SLIPS, SlipFacts, issues_slip
from station_pos.receipts.slip import paper_of, title_of
from station_pos.receipts.wording import TEXT
from station_pos.store import journal, reference
from station_pos.store.database import rows
from station_pos.store.queues import job_of_issue, queue_label, queue_paper

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from station_journal.records import Fact
    from station_pos.receipts.paper import Paper
    from station_pos.store.projections import Projections
    from station_pos.store.recording import Recorder

_ISSUING = (ReceiptIssued, PendingSlipIssued, CashReturned)


class Composed(NamedTuple):
    """A paper with what the spool notes of it: title, the payment it is for (0 for none), and amount in fen."""

    paper: Paper
    title: str
    payment_seq: int
    amount_fen: int


def queue_print(recorder: Recorder, station_code: str, seq: int, fact: Fact, now: datetime) -> int:
    """Compose and queue the slip and the label that a record just appended calls for.

    Gives the number of the slip's job, else of the label's, 0 for none.
    """
    slip = _queue_slip(recorder, station_code, seq, fact, now)
    label = _queue_label(recorder, station_code, seq, now) if type(fact) in LABELS else 0
    return slip or label


def _queue_label(recorder: Recorder, station_code: str, seq: int, now: datetime) -> int:
    facts = _service_facts(
        recorder.connection, recorder.view, _issuer(recorder.connection, station_code, seq), seq, (0, now)
    )
    said = LABELS[type(facts.record.fact)](facts) if facts else None
    if said is None:
        return 0
    stored = int(now.timestamp()), to_bytes(practice_marked(compose_label(said), station_code))
    title = TEXT("label", code=said.shelf_code)
    return queue_label(recorder.connection, recorder.heads[Side.STATION], title, stored)


def _queue_slip(recorder: Recorder, station_code: str, seq: int, fact: Fact, now: datetime) -> int:
    copy_no, of_seq = 0, seq
    if isinstance(fact, CopyIssued):
        copy_no, of_seq = fact.copy_no, fact.of_seq
    elif not isinstance(fact, _ISSUING) and not issues_slip(fact):
        return 0
    made = compose(recorder.connection, recorder.view, station_code, of_seq, (copy_no, now), recorder.digests)
    if made is None:
        return 0
    what = made.title, made.amount_fen, copy_no
    stored = int(now.timestamp()), to_bytes(made.paper)
    return queue_paper(recorder.connection, recorder.heads[Side.STATION], made.payment_seq, what, stored)


def compose(
    connection: Connection,
    view: Projections,
    station_code: str,
    of_seq: int,
    copy_and_time: tuple[int, datetime],
    digests: Mapping[int, bytes],
) -> Composed | None:
    """Compose the paper that record ``of_seq`` issued, marked where it is practice; None where it issued none.

    ``copy_and_time`` is the number of the copy (0 for the original) and the time to show as issued; ``digests`` are
    those of records just appended, which need not be read again.
    """
    made = _compose(connection, view, station_code, of_seq, copy_and_time, digests)
    return None if made is None else made._replace(paper=practice_marked(made.paper, station_code))


def _compose(
    connection: Connection,
    view: Projections,
    station_code: str,
    of_seq: int,
    copy_and_time: tuple[int, datetime],
    digests: Mapping[int, bytes],
) -> Composed | None:
    copy_no, issued_at = copy_and_time
    issued = view.issued_paper(of_seq)
    if issued is None:
        return None
    issuer = _issuer(connection, station_code, of_seq)
    payment = view.payment(issued.payment_seq)
    if payment is None:
        return _service_slip(connection, view, issuer, of_seq, copy_and_time)
    head = _digest(connection, of_seq, digests)
    payment_digest = _digest(connection, payment.seq, digests)
    tariff_hash = view.tariff_of_payment(payment.seq)
    tariff = view.tariff(tariff_hash) if tariff_hash else None
    operator = view.operator(payment.operator_no)
    facts = IssueFacts(
        issuer=issuer,
        payment=payment,
        product=tariff.product(payment.product_code) if tariff else None,
        payment_digest=payment_digest,
        head=head,
        issued_at=issued_at,
        operator_name=operator.name if operator else "",
        copy_no=copy_no,
    )
    return Composed(paper_of(issued.kind, facts), title_of(issued.kind, facts), payment.seq, payment.total_fen)


def _issuer(connection: Connection, station_code: str, seq: int) -> Issuer:
    profile = reference.profile(connection, seq)
    return Issuer(station_code, profile.station_name, profile.branch, profile.complaint_line)


def _service_slip(
    connection: Connection, view: Projections, issuer: Issuer, of_seq: int, copy_and_time: tuple[int, datetime]
) -> Composed | None:
    """Compose the slip of a service from the record as it is stored."""
    facts = _service_facts(connection, view, issuer, of_seq, copy_and_time)
    composer = SLIPS.get(type(facts.record.fact)) if facts else None
    if facts is None or composer is None:
        return None
    if facts.copy_no and type(facts.record.fact) in FROZEN:
        entry = journal.entry(connection, Side.STATION, of_seq)
        stored = job_of_issue(connection, entry.epoch, of_seq) if entry else None
        if stored is not None:
            return Composed(marked(from_bytes(stored.paper), facts.copy_no), stored.title, 0, stored.amount_fen)
    slip = composer(facts)
    return Composed(slip.paper, slip.title, 0, slip.amount_fen)


def _service_facts(
    connection: Connection, view: Projections, issuer: Issuer, of_seq: int, copy_and_time: tuple[int, datetime]
) -> SlipFacts | None:
    entry = journal.entry(connection, Side.STATION, of_seq)
    if entry is None:
        return None
    record = decode(entry.data, Side.STATION)
    operator = view.operator(record.actor.number)
    copy_no, issued_at = copy_and_time
    return SlipFacts(
        issuer=issuer,
        seq=of_seq,
        record=record,
        head=entry.digest,
        books=view,
        issued_at=issued_at,
        operator_name=operator.name if operator else "",
        digest_of=lambda seq: _digest(connection, seq, {}),
        operator_of=lambda number: found.name if (found := view.operator(number)) else "",
        document_of=lambda named: reference.document(connection, named),
        record_of=lambda side, seq: journal.record_of(connection, side, seq),
        copy_no=copy_no,
    )


def _digest(connection: Connection, seq: int, digests: Mapping[int, bytes]) -> bytes:
    known = digests.get(seq)
    if known is not None:
        return known
    entry = journal.entry(connection, Side.STATION, seq)
    return b"" if entry is None else entry.digest


def payments_to_receipt(connection: Connection) -> tuple[int, ...]:
    """List the payments that were confirmed and have no receipt yet, oldest first."""
    found = rows(connection, "SELECT seq FROM payments WHERE status=2 AND receipt_seq=0 ORDER BY seq")
    return tuple(seq for (seq,) in found)
