"""The chain behind a payment or a break: receipt, record, postings, answer, file line, bank line, and the trail.

Every link is read from where it stands and names its place there, so that HQ and the station speak of the same thing.
A link that is not there yet is not shown. The words state what the books say and nothing about anybody's fault: what is
not known is unexplained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from hq_server.reconciliation.causes import ACTION_WORDS, CAUSE_WORDS, Action, Cause
from hq_server.reconciliation.discrepancy import CLASS_WORDS, BreakClass
from hq_server.wording import RefusedError, Sentence
from station_journal.accounts import Account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row

    from hq_server.wording import Language


@dataclass(frozen=True, slots=True)
class Link:
    """One link: where it stands, the reference by which it is found there, its amount in fen, and what it says."""

    stage: Sentence
    reference: str
    amount_fen: int | None
    said: Sentence

    def words(self, language: Language) -> str:
        """Give what the link says in one language."""
        return self.said.said_in(language)


_RECEIPT = Sentence("凭证", "receipt")
_RECORD = Sentence("站点记录", "record")
_POSTING = Sentence("记账", "posting")
_ANSWER = Sentence("对方答复", "answer")
_FILE = Sentence("对账文件", "file line")
_BANK = Sentence("银行流水", "bank line")
_BREAK = Sentence("差错", "break")
_TRAIL = Sentence("经过", "trail")

_PAYMENT = text("SELECT * FROM payments WHERE station_code = :code AND seq = :seq")
_POSTINGS = text("""
    SELECT side, seq, line, debit_account, debit_party, credit_account, credit_party, amount_fen FROM ledger_entries
    WHERE station_code = :code AND ((side = 'S' AND seq = :seq) OR (side = 'H' AND seq = ANY(:answers)))
    ORDER BY side DESC, seq, line
""")
_FILE_LINES = text("""
    SELECT l.business_date, l.file_seq, l.line_seq, l.biller_no, l.kind, l.status, l.amount_fen, r.file_name, r.sha256
    FROM settlement_lines l LEFT JOIN received_files r ON r.purpose = 'BILLER' AND r.party_code = l.biller_code
        AND r.business_date = l.business_date AND r.file_seq = l.file_seq AND r.state = 'ACCEPTED'
    WHERE (l.station_code = :code AND l.payment_seq = :seq)
        OR (l.biller_code = :biller AND l.biller_no = :biller_no AND :biller_no <> '')
        OR (l.biller_code = :biller AND l.business_date = :line_date AND l.file_seq = :file_seq
            AND l.line_seq = :line_seq)
    ORDER BY l.business_date, l.file_seq, l.line_seq LIMIT 20
""")
_BANK_LINES = text("""
    SELECT o.order_no, b.booked_on, b.amount_fen, b.bank_no FROM settlement_windows w
    JOIN payment_orders o ON o.order_no = w.order_no
    JOIN bank_entries b ON concat_ws('/', b.account_no, b.business_date, b.file_seq, b.row_no) = o.bank_line
    WHERE w.kind = 'BILLER' AND w.party = :biller AND w.business_date >= :day ORDER BY w.business_date LIMIT 1
""")
_CASES = text("""
    SELECT * FROM break_cases WHERE station_code = :code AND payment_seq = :seq AND layer = 'BILLER' ORDER BY case_no
""")
_EVENTS = text("""
    SELECT at, actor, kind, details FROM break_events WHERE station_code = :code AND case_no = :case_no
    ORDER BY event_no
""")
_STATUS = {
    1: Sentence("结果未知", "outcome not known"),
    2: Sentence("成功", "confirmed"),
    3: Sentence("失败", "declined"),
    4: Sentence("已冲正", "reversed"),
    5: Sentence("挂账", "in suspense"),
}
_EVENT_WORDS = {
    "CHANGED": Sentence("差错有变化", "the difference changed"),
    "REOPENED": Sentence("重新打开", "open again"),
    "EXPLAINED": Sentence("由文件或记录查清", "explained by a file or a record"),
    "ASSIGNED": Sentence("分派", "given to somebody"),
    "PROPOSED": Sentence("提出处理", "an end was proposed"),
    "RESOLVED": Sentence("审批了结", "ended by approval"),
    "REFUSED": Sentence("处理被退回", "the proposal was refused"),
    "WITHDRAWN": Sentence("处理被撤回", "the proposal was taken back"),
}


def chain_of_payment(connection: Connection, station_code: str, seq: int) -> tuple[Link, ...]:
    """Give the chain of a station's payment; HQ's console and the station itself show the same.

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
    links += _file_lines(connection, payment.biller_code, (station_code, seq), payment.biller_no, (None, None, None))
    links += _bank_lines(connection, payment)
    for case in connection.execute(_CASES, {"code": station_code, "seq": seq}).all():
        links += _of_case(connection, case)
    return tuple(links)


def chain_of_case(connection: Connection, case_no: int) -> tuple[Link, ...]:
    """Give the chain behind a break.

    Raises:
        RefusedError: there is no such break.
    """
    case = case_of(connection, case_no)
    if case.payment_seq is not None and case.layer == "BILLER":
        return chain_of_payment(connection, case.station_code, case.payment_seq)
    line = (case.line_date, case.file_seq, case.line_seq)
    return (*_file_lines(connection, case.counterparty, ("", 0), "", line), *_of_case(connection, case))


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


def _of_payment(connection: Connection, payment: Row[Any]) -> Iterator[Link]:
    code = payment.station_code
    if payment.receipt_seq:
        said = Sentence(f"凭证号 {payment.receipt_no}", f"receipt {payment.receipt_no}")
        yield Link(_RECEIPT, f"{code} S{payment.receipt_seq}", payment.amount_fen, said)
    at, status = f"{payment.recorded_at:%Y-%m-%d %H:%M}", _STATUS[payment.status]
    said = Sentence(f"{at} {payment.account_no} {status.zh}", f"{at} {payment.account_no} {status.en}")
    number = f"{code}-{payment.seq:06d}-{payment.digest_hex}"
    yield Link(_RECORD, number, payment.amount_fen, said)
    answers = [seq for seq in (payment.answered_seq, payment.released_seq) if seq]
    for row in connection.execute(_POSTINGS, {"code": code, "seq": payment.seq, "answers": answers}):
        debit, credit = (Account(no).name for no in (row.debit_account, row.credit_account))
        words = f"{debit} {row.debit_party} / {credit} {row.credit_party}"
        said = Sentence(f"借 {words.replace(' / ', ' 贷 ')}", f"debit {words.replace(' / ', ' credit ')}")
        yield Link(_POSTING, f"{code} {row.side}{row.seq}.{row.line}", row.amount_fen, said)
    if payment.answered_seq:
        said = Sentence(f"{payment.biller_code} {status.zh}", f"{payment.biller_code} {status.en}")
        yield Link(_ANSWER, payment.biller_no or f"H{payment.answered_seq}", None, said)


def _file_lines(
    connection: Connection, biller: str, key: tuple[str, int], biller_no: str, line: tuple[Any, Any, Any]
) -> Iterator[Link]:
    place = dict(zip(("line_date", "file_seq", "line_seq"), line, strict=True))
    asked = {"biller": biller, "code": key[0], "seq": key[1], "biller_no": biller_no, **place}
    for row in connection.execute(_FILE_LINES, asked):
        said = Sentence(
            f"{row.file_name} 第 {row.line_seq} 行 {row.kind} {row.status} {row.biller_no}",
            f"{row.file_name} line {row.line_seq} {row.kind} {row.status} {row.biller_no}",
        )
        yield Link(_FILE, f"{row.business_date} {row.file_seq}/{row.line_seq}", row.amount_fen, said)


def _bank_lines(connection: Connection, payment: Row[Any]) -> Iterator[Link]:
    for row in connection.execute(_BANK_LINES, {"biller": payment.biller_code, "day": payment.business_date}):
        said = Sentence(
            f"{row.booked_on} 付款单 {row.order_no} 的银行流水 (合计)",
            f"{row.booked_on} bank line of payment order {row.order_no}, with others",
        )
        yield Link(_BANK, row.bank_no, row.amount_fen, said)


def _of_case(connection: Connection, case: Row[Any]) -> Iterator[Link]:
    zh, en = CLASS_WORDS[BreakClass(case.break_class)]
    cause = CAUSE_WORDS[Cause(case.cause) if case.cause else Cause.UNEXPLAINED]
    said = Sentence(f"{zh}; {cause.zh}; {case.state}", f"{en}; {cause.en}; {case.state}")
    yield Link(_BREAK, str(case.case_no), case.difference_fen, said)
    for row in connection.execute(_EVENTS, {"code": case.station_code, "case_no": case.case_no}):
        word = _EVENT_WORDS[row.kind]
        action = row.details.get("action")
        what = ACTION_WORDS[Action(action)] if action else Sentence("", "")
        said = Sentence(f"{row.actor} {word.zh} {what.zh}".strip(), f"{row.actor} {word.en} {what.en}".strip())
        yield Link(_TRAIL, f"{row.at:%Y-%m-%d %H:%M}", None, said)
