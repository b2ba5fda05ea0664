"""Invoices against receipts: a branch clerk finds the receipt a payer brings and hands out its invoice, once.

Rule (article 8, part three, item four 2(3)): the station gives a receipt, a branch gives the invoice on showing it. One
invoice a receipt; never for a payment that is not confirmed, that was reversed, or whose reversal is being asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.desk_tables import invoices
from hq_server.db.ledger_tables import payments
from hq_server.hq_journal import HeldJournal, held_head
from hq_server.ledger.queries import require_computable
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.payment import CashStatus, PaymentStatus
from station_journal.records import Actor, ActorKind, InvoiceIssued
from station_journal.reference_no import our_no
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember

_INVOICE_NO = re.compile(r"[0-9A-Z-]{4,30}")
_OUR_NO = re.compile(r"(?P<code>[A-Z0-9-]{4,20})-(?P<seq>[0-9]{6,18})-(?P<digest>[0-9a-f]{8})")
_RECEIPT_NO = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as the branch desk sees it: amounts in fen, the payer's name as masked at the station.

    ``refusal`` says why no invoice can be given for it, in both languages; None where one can.
    """

    station_code: str
    payment_seq: int
    our_no: str
    receipt_no: int
    business_date: date
    biller_code: str
    account_no: str
    payer_name: str
    bill_period: str
    amount_fen: int
    fee_fen: int
    invoice_no: str
    refusal: RefusedError | None


def find_receipt(
    connection: Connection, reference: str, account_no: str, station_code: str = "", *, lock: bool = False
) -> Receipt:
    """Find a receipt by what stands on it, and by the payer's account number too, so that no number is guessed.

    ``reference`` is our number, the text of the printed code, or with ``station_code`` the receipt number.

    Raises:
        RefusedError: nothing matches both, or the station's figures cannot be computed.
    """
    text = reference.strip().split("|")[0]
    named = _OUR_NO.fullmatch(text)
    if named is not None:
        code = named["code"]
        condition = payments.c.seq == int(named["seq"])
    elif _RECEIPT_NO.fullmatch(text) and int(text) > 0 and station_code.strip():
        code = station_code.strip().upper()
        condition = payments.c.receipt_no == int(text)
    else:
        raise _not_found()
    if lock:
        held_head(connection, code, Side.HQ, lock=True)
    require_computable(connection, code)
    # A payment that was sent again shares its receipt with the one before it.
    query = select(payments).where(payments.c.station_code == code, condition).order_by(payments.c.seq).limit(1)
    row = connection.execute(query).one_or_none()
    if row is None or row.account_no != account_no.strip():
        raise _not_found()
    digest = HeldJournal.open(connection, code, Side.STATION).digest_at(connection, row.seq)
    number = our_no(code, row.seq, digest or b"")
    if named is not None and number != text:
        raise _not_found()
    row = _sent_again(connection, row)
    table = invoices.c
    issued = connection.scalar(select(table.invoice_no).where(table.station_code == code, table.payment_seq == row.seq))
    return _receipt(row, number, issued or "")


def _sent_again(connection: Connection, row: Row[Any]) -> Row[Any]:
    """Give the payment that now carries a receipt's cash: the last time it was sent to the biller."""
    while row.cash == CashStatus.SENT_AGAIN:
        theirs = payments.c.station_code == row.station_code, payments.c.source_seq == row.seq
        row = connection.execute(select(payments).where(*theirs)).one()
    return row


def _not_found() -> RefusedError:
    return RefusedError(
        "receipt", "没有与收据号和户号都相符的缴费", "no payment matches both the receipt and the account number"
    )


def _receipt(row: Row[tuple[object, ...]], number: str, invoice_no: str) -> Receipt:
    return Receipt(
        station_code=row.station_code,
        payment_seq=row.seq,
        our_no=number,
        receipt_no=row.receipt_no,
        business_date=row.business_date,
        biller_code=row.biller_code,
        account_no=row.account_no,
        payer_name=row.payer_name,
        bill_period=row.bill_period,
        amount_fen=row.amount_fen,
        fee_fen=row.fee_fen,
        invoice_no=invoice_no,
        refusal=_refusal(row, invoice_no),
    )


def _refusal(row: Row[tuple[object, ...]], invoice_no: str) -> RefusedError | None:
    if invoice_no:
        return RefusedError(
            "invoiced", f"该收据已开发票 {invoice_no}", f"invoice {invoice_no} was handed out for this receipt already"
        )
    if row.status == PaymentStatus.REVERSED or row.reversal_seq:
        return RefusedError("reversed", "该笔缴费已冲正或正在冲正", "this payment was reversed or is being reversed")
    if row.status != PaymentStatus.CONFIRMED:
        return RefusedError("not_confirmed", "该笔缴费尚未经收费单位确认", "the biller has not confirmed this payment")
    if not row.receipt_no:
        return RefusedError("no_receipt", "该笔缴费没有收据", "no receipt was issued for this payment")
    return None


def issue(  # noqa: PLR0913 - a receipt is named by what stands on it
    connection: Connection,
    journal: HqJournal,
    by: StaffMember,
    reference: str,
    account_no: str,
    invoice_no: str,
    now: datetime,
    *,
    station_code: str = "",
) -> Receipt:
    """Mark a receipt's invoice as handed out and tell the station; of two clerks at once one wins.

    Raises:
        RefusedError: no right, no such receipt, an invoice number that is none or used, or no invoice may be given.
    """
    by.require(Deed.ISSUE_INVOICE)
    number = invoice_no.strip().upper()
    if not _INVOICE_NO.fullmatch(number):
        raise RefusedError(
            "invoice_no",
            "发票号为 4 至 30 位数字、大写字母或连字符",
            "an invoice number has 4 to 30 digits, capital letters or hyphens",
        )
    receipt = find_receipt(connection, reference, account_no, station_code, lock=True)
    if receipt.refusal is not None:
        raise receipt.refusal
    if connection.scalar(select(invoices.c.payment_seq).where(invoices.c.invoice_no == number).limit(1)) is not None:
        raise _used(number)
    fact = InvoiceIssued(receipt.payment_seq, number)
    row = {"payment_seq": receipt.payment_seq, "invoice_no": number, "clerk_no": by.staff_no, "issued_at": now}
    try:
        with connection.begin_nested():
            (seq,) = journal.append(connection, receipt.station_code, [fact], Actor(ActorKind.PERSON, by.staff_no), now)
            connection.execute(insert(invoices).values(station_code=receipt.station_code, hq_seq=seq, **row))
    except IntegrityError as error:
        raise _used(number) from error
    details = {"our_no": receipt.our_no, "invoice_no": number}
    actor = audit.staff_actor(by.staff_no)
    audit.note(connection, AuditTag.INVOICE_ISSUED, actor, now, details, receipt.station_code)
    return find_receipt(connection, reference, account_no, station_code)


def _used(number: str) -> RefusedError:
    return RefusedError("invoice_used", f"发票号 {number} 已用过", f"the invoice number {number} was used before")
