"""What a record says beside the money, as rows: operators, outages, issued papers, published tariffs, HQ's notes.

Each row follows from its one record alone, so that folding live and folding again run the same statements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from station_journal.facts.commission import BranchCommissionStated, CommissionPaid, CommissionReturned
from station_journal.records import (
    AlarmRaised,
    CashReturned,
    CommissionStated,
    CopyIssued,
    CreditGranted,
    OperatorEnrolled,
    OutageClosed,
    OutageOpened,
    PendingSlipIssued,
    ReceiptIssued,
    StaffNamed,
    TariffPublished,
)
from station_journal.side import Side
from station_pos.receipts.service_slips import issues_slip
from station_pos.store.database import rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from station_journal.records import Record

Statement = tuple[str, tuple[Any, ...]]


def names_of_people(connection: Connection) -> dict[Side, dict[int, str]]:
    """Give the names of operators and of HQ's staff by number, by whose records name them."""
    return {
        Side.STATION: dict(rows(connection, "SELECT operator_no, name FROM operators")),
        Side.HQ: dict(rows(connection, "SELECT staff_no, name FROM hq_staff")),
    }


def statements_of(seq: int, record: Record) -> tuple[Statement, ...]:
    """Give the statements that note a record's facts; none for most kinds."""
    fact = record.fact
    match fact:
        case ReceiptIssued(payment_seq) | PendingSlipIssued(payment_seq) | CashReturned(payment_seq):
            return (("INSERT INTO issued_papers VALUES (?, ?, ?, 0)", (seq, payment_seq, fact.KIND)),)
        case CopyIssued(of_seq, copy_no):
            return (("UPDATE issued_papers SET copies=max(copies, ?) WHERE seq=?", (copy_no, of_seq)),)
        case OperatorEnrolled(operator_no, name, role):
            return (("INSERT OR REPLACE INTO operators VALUES (?, ?, ?)", (operator_no, name, int(role))),)
        case OutageOpened(equipment):
            opened_at = int(record.recorded_at.timestamp())
            return (("INSERT INTO outages VALUES (?, ?, ?, 0)", (seq, int(equipment), opened_at)),)
        case OutageClosed(_, opened_seq):
            return (("UPDATE outages SET closed_seq=? WHERE opened_seq=? AND closed_seq=0", (seq, opened_seq)),)
        case TariffPublished(tariff_hash, effective_on):
            return (("INSERT INTO published_tariffs VALUES (?, ?, ?)", (seq, tariff_hash, effective_on.isoformat())),)
        case (
            CommissionStated(month) | BranchCommissionStated(month) | CommissionPaid(month) | CommissionReturned(month)
        ):
            return (("INSERT INTO hq_notes VALUES (?, ?, ?)", (seq, fact.KIND, month)),)
        case AlarmRaised(_, station_seq, _):
            return (("INSERT INTO hq_notes VALUES (?, ?, ?)", (seq, fact.KIND, station_seq)),)
        case CreditGranted(_, purchase_no):
            return (("INSERT INTO hq_notes VALUES (?, ?, ?)", (seq, fact.KIND, purchase_no)),)
        case StaffNamed(staff_no, name):
            return (("INSERT OR REPLACE INTO hq_staff VALUES (?, ?)", (staff_no, name)),)
        case _ if issues_slip(fact):
            return (("INSERT INTO issued_papers VALUES (?, 0, ?, 0)", (seq, fact.KIND)),)
        case _:
            return ()
