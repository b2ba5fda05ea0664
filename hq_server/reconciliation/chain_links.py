"""Links that every chain has: the record as HQ holds it, its ledger lines, a break with its trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from hq_server.reconciliation.causes import ACTION_WORDS, CAUSE_WORDS, Action, Cause
from hq_server.reconciliation.chain_funds import Link
from hq_server.reconciliation.discrepancy import CLASS_WORDS, BreakClass
from hq_server.reference.working_days import SHANGHAI
from hq_server.wording import Sentence
from station_journal.account_words import posting_words
from station_journal.accounts import Account, Ledger, Posting
from station_journal.chain import ChainStage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Row

_POSTINGS = text("""
    SELECT business_date, side, seq, line, debit_account, debit_party, credit_account, credit_party, amount_fen
    FROM ledger_entries
    WHERE station_code = :code AND ((side = 'S' AND seq = ANY(:own)) OR (side = 'H' AND seq = ANY(:answers)))
    ORDER BY side DESC, seq, line
""")
_RECORD = text("""
    SELECT stored_at, digest FROM journal_records WHERE station_code = :code AND side = 'S' AND seq = :seq
""")
_EVENTS = text("""
    SELECT at, actor, kind, details FROM break_events WHERE station_code = :code AND case_no = :case_no
    ORDER BY event_no
""")
_CASE_STATES = {
    "OPEN": Sentence("未结", "open"),
    "EXPLAINED": Sentence("已查清", "explained"),
    "RESOLVED": Sentence("已了结", "ended"),
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
    "CORRECTION": Sentence("向站点提出更正", "a correction was proposed to the station"),
}


def held_link(connection: Connection, station_code: str, seq: int) -> Link | None:
    """Say that HQ holds a record and since when; None where it does not."""
    row = connection.execute(_RECORD, {"code": station_code, "seq": seq}).one_or_none()
    if row is None:
        return None
    at = f"{row.stored_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    said = Sentence(f"总部 {at} 收到, 原样保存", f"HQ took it in at {at} and keeps its bytes")
    reference, address = (
        f"{station_code} S{seq} {bytes(row.digest)[:8].hex()}",
        f"/stations/{station_code}/records/S/{seq}",
    )
    return Link(ChainStage.HELD, reference, None, said, row.stored_at.astimezone(SHANGHAI).date(), address)


def postings_made(connection: Connection, code: str, own: Sequence[int], answers: Sequence[int]) -> Iterator[Link]:
    """Give the ledger lines of some records of a station and of HQ's about it."""
    for row in connection.execute(_POSTINGS, {"code": code, "own": list(own), "answers": list(answers)}):
        reference, address = f"{code} {row.side}{row.seq}.{row.line}", f"/stations/{code}/records/{row.side}/{row.seq}"
        yield Link(ChainStage.POSTING, reference, row.amount_fen, _in_words(row), row.business_date, address)


def own_posting(row: Row[Any], source: str) -> Link:
    """Give a line of HQ's own books, which stand beside all stations'."""
    words = _in_words(row)
    said = Sentence(f"总部自己的账: {words.zh}", f"HQ's own books: {words.en}")
    return Link(ChainStage.POSTING, f"{source}.{row.line}", row.amount_fen, said, row.booked_on)


def _in_words(row: Row[Any]) -> Sentence:
    debit = Ledger(Account(row.debit_account), row.debit_party)
    credit = Ledger(Account(row.credit_account), row.credit_party)
    return Sentence(*posting_words(Posting(debit, credit, row.amount_fen)))


def case_links(connection: Connection, case: Row[Any]) -> Iterator[Link]:
    """Give a break and its trail."""
    zh, en = CLASS_WORDS[BreakClass(case.break_class)]
    cause = CAUSE_WORDS[Cause(case.cause) if case.cause else Cause.UNEXPLAINED]
    state = _CASE_STATES[case.state]
    said = Sentence(f"{zh}; {cause.zh}; {state.zh}", f"{en}; {cause.en}; {state.en}")
    address = f"/breaks/{case.case_no}"
    yield Link(ChainStage.BREAK, str(case.case_no), case.difference_fen, said, case.business_date, address)
    for row in connection.execute(_EVENTS, {"code": case.station_code, "case_no": case.case_no}):
        word = _EVENT_WORDS[row.kind]
        action = row.details.get("action")
        what = ACTION_WORDS[Action(action)] if action else Sentence("", "")
        who = _who(row.actor)
        said = Sentence(f"{who.zh} {word.zh} {what.zh}".strip(), f"{who.en} {word.en} {what.en}".strip())
        at = row.at.astimezone(SHANGHAI)
        yield Link(ChainStage.TRAIL, f"{at:%Y-%m-%d %H:%M}", None, said, at.date())


def _who(actor: str) -> Sentence:
    """Name who did a step of the trail: a member of staff by number, or the system."""
    kind, _, number = actor.partition(":")
    return Sentence(f"工号 {number}", f"staff {number}") if kind == "staff" else Sentence("系统", "the system")
