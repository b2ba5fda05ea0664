"""The chain behind a record or a break: receipt, record, postings, answer, file line, settlement, bank line, trail.

Every link is read from where it stands and names its place there, so that HQ and the station speak of the same thing.
A link that is not there yet is not shown. The words state what the books say and nothing about anybody's fault: what is
not known is unexplained. Where the money went on is in ``chain_funds``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from hq_server.ledger.queries import withdrawal_at
from hq_server.reconciliation.chain_credit import bank_line_links, chain_of_purchase, purchase_behind
from hq_server.reconciliation.chain_funds import Link, where_it_went
from hq_server.reconciliation.chain_links import case_links, held_link, postings_made
from hq_server.reconciliation.chain_withdrawals import chain_of_withdrawal
from hq_server.reference.working_days import SHANGHAI
from hq_server.wording import RefusedError, Sentence
from station_journal.chain import ChainStage
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row


_PAYMENT = text("SELECT * FROM payments WHERE station_code = :code AND seq = :seq")
_FILE_LINES = text("""
    SELECT l.station_code, l.our_no, l.business_date, l.file_seq, l.line_seq, l.biller_no, l.kind, l.status,
        l.amount_fen, r.file_name
    FROM settlement_lines l LEFT JOIN received_files r ON r.purpose = 'BILLER' AND r.party_code = l.biller_code
        AND r.business_date = l.business_date AND r.file_seq = l.file_seq AND r.state = 'ACCEPTED'
    WHERE (l.station_code = :code AND l.payment_seq = :seq)
        OR (l.biller_code = :biller AND l.biller_no = :biller_no AND :biller_no <> '')
        OR (l.biller_code = :biller AND l.business_date = :line_date AND l.file_seq = :file_seq
            AND l.line_seq = :line_seq)
    ORDER BY l.business_date, l.file_seq, l.line_seq LIMIT 20
""")
_ANSWERED = text("""
    SELECT stored_at FROM journal_records WHERE station_code = :code AND side = 'H' AND seq = :seq
""")
_CASES = text("""
    SELECT * FROM break_cases WHERE station_code = :code AND payment_seq = :seq AND layer = 'BILLER' ORDER BY case_no
""")
_NO_LINE = (None, None, None)
_STATUS = {
    1: Sentence("结果未知", "outcome not known"),
    2: Sentence("成功", "confirmed"),
    3: Sentence("失败", "declined"),
    4: Sentence("已冲正", "reversed"),
    5: Sentence("挂账", "in suspense"),
}
_LINE_KINDS = {"PAY": Sentence("缴费", "payment"), "REV": Sentence("冲正", "reversal")}
_LINE_STATUSES = {
    "SUCCESS": Sentence("成功", "successful"),
    "REVERSED": Sentence("已冲正", "reversed"),
    "FAILED": Sentence("失败", "failed"),
}


def chain_of_payment(
    connection: Connection, station_code: str, seq: int, *, own_only: bool = False
) -> tuple[Link, ...]:
    """Give the chain of a station's payment; HQ's console and the station itself show the same.

    ``own_only`` leaves out a line of the biller's file that bears another station's number.

    Raises:
        RefusedError: the station has no such payment.
    """
    payment = connection.execute(_PAYMENT, {"code": station_code, "seq": seq}).one_or_none()
    if payment is None:
        raise RefusedError(
            "unknown_payment",
            f"站点 {station_code} 没有第 {seq} 号缴费",
            f"station {station_code} has no payment {seq}",
        )
    links = list(_of_payment(connection, payment))
    key = station_code, seq
    links += _file_lines(connection, payment.biller_code, key, payment.biller_no, _NO_LINE, own_only=own_only)
    links += where_it_went(connection, station_code, seq, _answers(payment))
    for case in connection.execute(_CASES, {"code": station_code, "seq": seq}).all():
        links += case_links(connection, case)
    return tuple(links)


def chain_of_record(connection: Connection, station_code: str, seq: int) -> tuple[Link, ...]:
    """Give the chain behind any record of a station, with nothing of any other station in it.

    Raises:
        RefusedError: HQ does not hold that record.
    """
    key = {"code": station_code, "seq": seq}
    if connection.execute(_PAYMENT, key).one_or_none() is not None:
        return chain_of_payment(connection, station_code, seq, own_only=True)
    withdrawal = withdrawal_at(connection, station_code, seq)
    if withdrawal is not None:
        return chain_of_withdrawal(connection, station_code, withdrawal)
    purchase_no = purchase_behind(connection, station_code, Side.STATION, seq)
    if purchase_no is not None:
        return chain_of_purchase(connection, station_code, purchase_no)
    held = held_link(connection, station_code, seq)
    if held is None:
        raise RefusedError(
            "not_held",
            f"总部还没有收到第 {seq} 号记录",
            f"HQ does not hold record {seq} of {station_code} yet",
        )
    return (
        held,
        *postings_made(connection, station_code, [seq], []),
        *where_it_went(connection, station_code, seq, []),
    )


def chain_of_hq_record(connection: Connection, station_code: str, seq: int) -> tuple[Link, ...]:
    """Give the chain behind a record of HQ's that granted, sold or gave back bought credit.

    Raises:
        RefusedError: it is no such record.
    """
    purchase_no = purchase_behind(connection, station_code, Side.HQ, seq)
    if purchase_no is None:
        raise RefusedError(
            "no_purchase",
            f"总部第 {seq} 号记录不是购买的额度",
            f"record H{seq} of {station_code} is about no bought credit",
        )
    return chain_of_purchase(connection, station_code, purchase_no)


def chain_of_case(connection: Connection, case_no: int) -> tuple[Link, ...]:
    """Give the chain behind a break.

    Raises:
        RefusedError: there is no such break.
    """
    case = case_of(connection, case_no)
    if case.payment_seq is not None and case.layer == "BILLER":
        return chain_of_payment(connection, case.station_code, case.payment_seq)
    kind, _, seq = case.item.partition(":")
    withdrawal = (
        withdrawal_at(connection, case.station_code, int(seq)) if case.layer == "BANK" and kind == "W" else None
    )
    if withdrawal is not None:
        return chain_of_withdrawal(connection, case.station_code, withdrawal)
    if case.layer == "ACCOUNT" and kind == "P":
        return chain_of_purchase(connection, case.station_code, int(seq))
    if case.layer == "ACCOUNT" and kind == "L":
        name = f"{case.counterparty}/{case.line_date}/{case.file_seq}/{case.line_seq}"
        return (*bank_line_links(connection, name, None), *case_links(connection, case))
    line = (case.line_date, case.file_seq, case.line_seq)
    return (*_file_lines(connection, case.counterparty, ("", 0), "", line), *case_links(connection, case))


def case_of(connection: Connection, case_no: int) -> Row[Any]:
    """Read a break.

    Raises:
        RefusedError: there is no such break.
    """
    case = connection.execute(text("SELECT * FROM break_cases WHERE case_no = :no"), {"no": case_no}).one_or_none()
    if case is None:
        raise RefusedError("no_case", f"没有编号 {case_no} 的差错", f"there is no break {case_no}")
    return case


def proposal_on(connection: Connection, case_no: int) -> Row[Any] | None:
    """Read the proposal that waits on a break, if one does."""
    waiting = text("SELECT * FROM break_resolutions WHERE case_no = :no AND state = 'PROPOSED'")
    return connection.execute(waiting, {"no": case_no}).one_or_none()


def _answers(payment: Row[Any]) -> list[int]:
    return [seq for seq in (payment.answered_seq, payment.released_seq) if seq]


def _of_payment(connection: Connection, payment: Row[Any]) -> Iterator[Link]:
    code, day = payment.station_code, payment.business_date
    if payment.receipt_seq:
        said = Sentence(f"凭证号 {payment.receipt_no}", f"receipt {payment.receipt_no}")
        place = f"/stations/{code}/records/S/{payment.receipt_seq}"
        yield Link(ChainStage.RECEIPT, f"{code} S{payment.receipt_seq}", payment.amount_fen, said, day, place)
    at, status = f"{payment.recorded_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", _STATUS[payment.status]
    said = Sentence(f"{at} {payment.account_no} {status.zh}", f"{at} {payment.account_no} {status.en}")
    number = f"{code}-{payment.seq:06d}-{payment.digest_hex}"
    place = f"/stations/{code}/records/S/{payment.seq}"
    yield Link(ChainStage.RECORD, number, payment.amount_fen, said, day, place)
    held = held_link(connection, code, payment.seq)
    if held is not None:
        yield held
    yield from postings_made(connection, code, [payment.seq], _answers(payment))
    if payment.answered_seq:
        said = Sentence(f"{payment.biller_code} {status.zh}", f"{payment.biller_code} {status.en}")
        stored_at = connection.scalar(_ANSWERED, {"code": code, "seq": payment.answered_seq})
        on = stored_at.astimezone(SHANGHAI).date() if stored_at else None
        yield Link(ChainStage.ANSWER, payment.biller_no or f"H{payment.answered_seq}", None, said, on)


def _file_lines(
    connection: Connection,
    biller: str,
    key: tuple[str, int],
    biller_no: str,
    line: tuple[Any, Any, Any],
    *,
    own_only: bool = False,
) -> Iterator[Link]:
    place = dict(zip(("line_date", "file_seq", "line_seq"), line, strict=True))
    asked = {"biller": biller, "code": key[0], "seq": key[1], "biller_no": biller_no, **place}
    for row in connection.execute(_FILE_LINES, asked):
        if own_only and row.station_code != key[0] and row.our_no:
            continue
        kind, status = _LINE_KINDS[row.kind], _LINE_STATUSES[row.status]
        said = Sentence(
            f"{row.file_name} 第 {row.line_seq} 行 {kind.zh} {status.zh} {row.biller_no}",
            f"{row.file_name} line {row.line_seq} {kind.en} {status.en} {row.biller_no}",
        )
        reference = f"{row.business_date} {row.file_seq}/{row.line_seq}"
        yield Link(ChainStage.FILE_LINE, reference, row.amount_fen, said, row.business_date)
