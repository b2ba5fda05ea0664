"""Papers composed from stored records: inside the transaction that issues them, and again when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.records import CashReturned, CopyIssued, PendingSlipIssued, ReceiptIssued, Side
from station_pos.receipts.paper import to_bytes
from station_pos.receipts.receipt import IssueFacts, Issuer
from station_pos.receipts.slip import paper_of, title_of
from station_pos.store import journal, reference
from station_pos.store.database import row, rows
from station_pos.store.queues import queue_paper

if TYPE_CHECKING:
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
    made = compose(recorder.connection, recorder.view, station_code, of_seq, (copy_no, now))
    if made is None:
        return 0
    paper, title, facts = made
    what = title, facts.payment.total_fen, copy_no
    stored = int(now.timestamp()), to_bytes(paper)
    return queue_paper(recorder.connection, seq, facts.payment.seq, what, stored)


def compose(
    connection: Connection, view: Projections, station_code: str, of_seq: int, copy_and_time: tuple[int, datetime]
) -> tuple[Paper, str, IssueFacts] | None:
    """Compose the paper that record ``of_seq`` issued; None where it issued none.

    ``copy_and_time`` is the number of the copy (0 for the original) and the time to show as issued.
    """
    copy_no, issued_at = copy_and_time
    issued = view.issued_paper(of_seq)
    payment = view.payment(issued.payment_seq) if issued else None
    issuing = journal.entry(connection, Side.STATION, of_seq)
    if issued is None or payment is None or issuing is None:
        return None
    taken = issuing if payment.seq == of_seq else journal.entry(connection, Side.STATION, payment.seq)
    profile = reference.profile(connection, of_seq)
    tariff_hash = tariff_of_payment(connection, payment.seq)
    tariff = view.tariff(tariff_hash) if tariff_hash else None
    operator = view.operator(payment.operator_no)
    facts = IssueFacts(
        issuer=Issuer(station_code, profile.station_name, profile.branch, profile.complaint_line),
        payment=payment,
        product=tariff.product(payment.product_code) if tariff else None,
        payment_digest=taken.digest if taken else b"",
        head=issuing.digest,
        issued_at=issued_at,
        operator_name=operator.name if operator else "",
        copy_no=copy_no,
    )
    return paper_of(issued.kind, facts), title_of(issued.kind, facts), facts


def tariff_of_payment(connection: Connection, seq: int) -> bytes:
    """Give the hash of the tariff that a payment was sold under."""
    found = row(connection, "SELECT tariff_hash FROM payments WHERE seq=?", (seq,))
    return b"" if found is None else bytes(found[0])


def payments_to_receipt(connection: Connection) -> tuple[int, ...]:
    """List the payments that were confirmed and have no receipt yet, oldest first."""
    found = rows(connection, "SELECT seq FROM payments WHERE status=2 AND receipt_seq=0 ORDER BY seq")
    return tuple(seq for (seq,) in found)
