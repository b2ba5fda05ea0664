"""The chain behind a withdrawal: slip, record, postings, the bank's word, its acquirer's line, its day, who was paid.

The acquirer's line is found by the terminal's own numbers, or by the acquirer's reference that its word named, in the
files of the day and of its neighbours. The bank pays what the shop laid out straight to the owner's account, which HQ
does not see; only where the agreement restores credit does the money come through HQ.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from hq_server.db.withdrawal_tables import acquirer_days
from hq_server.files.intake import accepted_files, kept_rows
from hq_server.files.profile import Purpose
from hq_server.files.rows import LineKind
from hq_server.reconciliation.chain_funds import Link
from hq_server.reconciliation.chain_links import case_links, held_link, postings_made
from hq_server.reference.working_days import SHANGHAI
from hq_server.wording import Sentence
from station_journal.chain import ChainStage
from station_journal.codec import UnreadableRecordError, decode
from station_journal.facts.withdrawals import BankAnswered
from station_journal.own_postings import own_records
from station_journal.rules.withdrawal import Claim, Withdrawal, WithdrawalState
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import date

    from sqlalchemy import Connection

    from hq_server.files.rows import FileRow

_STATES = {
    WithdrawalState.INTENDED: Sentence("等刷卡机答复", "waits for the terminal"),
    WithdrawalState.APPROVED: Sentence("银行已批准", "approved by the bank"),
    WithdrawalState.PAYABLE: Sentence("应付现金", "cash to be paid out"),
    WithdrawalState.VOIDING: Sentence("正在撤销", "being undone"),
    WithdrawalState.PAID: Sentence("现金已付", "cash paid out"),
    WithdrawalState.FAILED: Sentence("没有成功", "did not come about"),
}
_PAID_BY_BANK = Sentence("银行直接付到店主账户, 不经总部", "the bank pays the owner's account itself, not through HQ")
_NUMBERS_STAND = timedelta(hours=12)
_WORD = text("""
    SELECT data, stored_at FROM journal_records WHERE station_code = :code AND side = 'H' AND seq = :seq
""")
_CASES = text("""
    SELECT * FROM break_cases WHERE station_code = :code AND layer = 'BANK' AND item = :item ORDER BY case_no
""")


def chain_of_withdrawal(connection: Connection, station_code: str, withdrawal: Withdrawal) -> tuple[Link, ...]:
    """Give the chain of a withdrawal; HQ's console and the station itself show the same."""
    return tuple(_links(connection, station_code, withdrawal))


def _links(connection: Connection, code: str, withdrawal: Withdrawal) -> Iterator[Link]:
    day, fen = withdrawal.business_date, withdrawal.amount_fen
    if withdrawal.approved_seq:
        numbers = f"{withdrawal.terminal_no} {withdrawal.trace_no}"
        said = Sentence(f"刷卡机和流水号 {numbers}", f"terminal and trace {numbers}")
        place = f"/stations/{code}/records/S/{withdrawal.approved_seq}"
        yield Link(ChainStage.RECEIPT, f"{code} S{withdrawal.approved_seq}", fen, said, day, place)
    at, state = f"{withdrawal.recorded_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", _STATES[withdrawal.state]
    card = f"*{withdrawal.card_last4} " if withdrawal.card_last4 else ""
    said = Sentence(f"{at} {card}{state.zh}", f"{at} {card}{state.en}")
    place = f"/stations/{code}/records/S/{withdrawal.seq}"
    yield Link(ChainStage.RECORD, f"{code} S{withdrawal.seq}", fen, said, day, place)
    held = held_link(connection, code, withdrawal.seq)
    if held is not None:
        yield held
    records = own_records(withdrawal)
    own, hqs = ([seq for at_side, seq in records if at_side is side] for side in (Side.STATION, Side.HQ))
    yield from postings_made(connection, code, own, hqs)
    bank_no = yield from _word(connection, code, withdrawal)
    yield from _lines(connection, withdrawal, bank_no)
    yield from _paid(connection, code, withdrawal)
    for case in connection.execute(_CASES, {"code": code, "item": f"W:{withdrawal.seq}"}).all():
        yield from case_links(connection, case)


def _word(connection: Connection, code: str, withdrawal: Withdrawal) -> Generator[Link, None, str]:
    """Give the bank's last word; gives back the acquirer's reference that it named."""
    word = withdrawal.last_word
    row = connection.execute(_WORD, {"code": code, "seq": word.seq}).one_or_none() if word else None
    if row is None:
        return ""
    try:
        fact = decode(row.data, Side.HQ).fact
    except UnreadableRecordError:
        return ""
    if not isinstance(fact, BankAnswered):
        return ""
    said = Sentence(
        f"银行称{'已' if fact.debited else '未'}扣款; {fact.reason}",
        f"the bank says: {'' if fact.debited else 'not '}debited; {fact.reason}",
    )
    place = f"H{word.seq} {fact.bank_no}".strip() if word else ""
    yield Link(ChainStage.ANSWER, place, None, said, row.stored_at.astimezone(SHANGHAI).date())
    return fact.bank_no


def _lines(connection: Connection, withdrawal: Withdrawal, bank_no: str) -> Iterator[Link]:
    """Give the lines of the acquirer's files that are this withdrawal's, a reversal beside its debit."""
    if not withdrawal.acquirer_code:
        return
    day = withdrawal.recorded_at.astimezone(SHANGHAI).date()
    for on in (day - timedelta(days=1), day, day + timedelta(days=1)):
        for file in accepted_files(connection, Purpose.ACQUIRER, withdrawal.acquirer_code, on):
            for row in kept_rows(connection, file):
                if _is_its(row, withdrawal, bank_no):
                    yield _line(row, file.file_name, on, file.file_seq)


def _is_its(row: FileRow, withdrawal: Withdrawal, bank_no: str) -> bool:
    numbers = (row.terminal_no, row.trace_no.lstrip("0"))
    by_numbers = bool(withdrawal.trace_no) and numbers == (withdrawal.terminal_no, withdrawal.trace_no.lstrip("0"))
    # A terminal counts its numbers anew, so a neighbour day may have the same of another card.
    is_near = row.at is None or abs(row.at - withdrawal.recorded_at) <= _NUMBERS_STAND
    return (by_numbers and is_near) or (bool(bank_no) and row.their_no == bank_no)


def _line(row: FileRow, file_name: str, on: date, file_seq: int) -> Link:
    kind = Sentence("取款", "withdrawal") if row.kind is LineKind.PAY else Sentence("冲正", "reversal")
    said = Sentence(
        f"{file_name} 第 {row.row_no} 行 {kind.zh} {row.their_no}",
        f"{file_name} line {row.row_no} {kind.en} {row.their_no}",
    )
    return Link(ChainStage.FILE_LINE, f"{on} {file_seq}/{row.row_no}", row.amount_fen, said, on)


def _paid(connection: Connection, code: str, withdrawal: Withdrawal) -> Iterator[Link]:
    """Say when the acquirer's day was settled, and whose account the money came to."""
    table, day = acquirer_days.c, withdrawal.recorded_at.astimezone(SHANGHAI).date()
    this = (table.acquirer_code == withdrawal.acquirer_code) & (table.business_date == day)
    row = connection.execute(select(table.file_count, table.run_at).where(this)).one_or_none()
    if row is not None:
        said = Sentence(f"当日 {row.file_count} 份文件已对账", f"{row.file_count} files of the day were settled")
        on = row.run_at.astimezone(SHANGHAI).date()
        yield Link(ChainStage.WINDOW, f"ACQUIRER {withdrawal.acquirer_code} {day}", None, said, on)
    word = withdrawal.acted_word
    if word is not None and word.debited and word.claim is Claim.OWNER:
        yield Link(ChainStage.BANK_LINE, withdrawal.acquirer_code, withdrawal.amount_fen + word.fee_fen, _PAID_BY_BANK)
    elif withdrawal.restored_seq:
        said = Sentence("本金由总部退回为额度", "the principal came back as credit from HQ")
        yield Link(ChainStage.BANK_LINE, f"{code} H{withdrawal.restored_seq}", withdrawal.amount_fen, said)
