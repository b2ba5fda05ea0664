"""Papers composed from stored records: inside the transaction that issues them, and again when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.records import CashReturned, CopyIssued, PendingSlipIssued, ReceiptIssued, Side
from station_pos.receipts.paper import to_bytes
from station_pos.receipts.receipt import IssueFacts, Issuer
from station_pos.receipts.slip import paper_of, title_of
from station_pos.store import journal, reference
from station_pos.store.database import rows
from station_pos.store.queues import queue_paper

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from station_journal.records import Fact
    from station_pos.receipts.paper import Paper
    from station_pos.store.projections import Projections
    from station_pos.store.recording import Recorder

_ISSUING = (ReceiptIssued, PendingSlipIssued, CashReturned)


def queue_print(recorder: Recorder, station_code: str, seq: int, fact: Fact, now: datetime) -> int:
    """Compose and queue the paper that a record just appended calls for; gives the job's number, 0 for none."""
    copy_no, of_seq = 0, seq
    if isinstance(fact, CopyIssued):
        copy_no, of_seq = fact.copy_no, fact.of_seq
    elif not isinstance(fact, _ISSUING):
        return 0
    made = compose(recorder.connection, recorder.view, station_code, of_seq, (copy_no, now), recorder.digests)
    if made is None:
        return 0
    paper, title, facts = made
    what = title, facts.payment.total_fen, copy_no
    stored = int(now.timestamp()), to_bytes(paper)
    return queue_paper(recorder.connection, recorder.heads[Side.STATION], facts.payment.seq, what, stored)


def compose(
    connection: Connection,
    view: Projections,
    station_code: str,
    of_seq: int,
    copy_and_time: tuple[int, datetime],
    digests: Mapping[int, bytes],
) -> tuple[Paper, str, IssueFacts] | None:
    """Compose the paper that record ``of_seq`` issued; None where it issued none.

    ``copy_and_time`` is the number of the copy (0 for the original) and the time to show as issued; ``digests`` are
    those of records just appended, which need not be read again.
    """
    copy_no, issued_at = copy_and_time
    issued = view.issued_paper(of_seq)
    payment = view.payment(issued.payment_seq) if issued else None
    if issued is None or payment is None:
        return None
    head = _digest(connection, of_seq, digests)
    payment_digest = _digest(connection, payment.seq, digests)
    profile = reference.profile(connection, of_seq)
    tariff_hash = view.tariff_of_payment(payment.seq)
    tariff = view.tariff(tariff_hash) if tariff_hash else None
    operator = view.operator(payment.operator_no)
    facts = IssueFacts(
        issuer=Issuer(station_code, profile.station_name, profile.branch, profile.complaint_line),
        payment=payment,
        product=tariff.product(payment.product_code) if tariff else None,
        payment_digest=payment_digest,
        head=head,
        issued_at=issued_at,
        operator_name=operator.name if operator else "",
        copy_no=copy_no,
    )
    return paper_of(issued.kind, facts), title_of(issued.kind, facts), facts


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
