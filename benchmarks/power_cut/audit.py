"""Holds the counter's paper, the card terminal's bank and HQ's copy of the journal against each other after a cut.

None of them was in the process that was ended. Every slip names a chain head, so each whole slip leads to one record of
HQ's copy or to none; each debit of a card to one payout; what the counter called done, to a record of that kind.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.power_cut.jobs import STANDING, Bill, Close, HandOff, Withdrawal
from benchmarks.power_cut.shop import ASK_S
from station_journal.facts.cash import DayClosed, DayCounted
from station_journal.facts.parcels import ParcelsHandedOff
from station_journal.facts.withdrawals import (
    PayoutInstructed,
    WithdrawalApproved,
    WithdrawalFailed,
    WithdrawalIntended,
    WithdrawalPaid,
    WithdrawalPendingSlipIssued,
)
from station_journal.records import BillPaymentTaken, CopyIssued, PendingSlipIssued, ReceiptIssued
from station_pos.demo.processes import until

if TYPE_CHECKING:
    from benchmarks.power_cut.counting_house import CountingHouse
    from benchmarks.power_cut.jobs import Job
    from benchmarks.power_cut.shop import Shop
    from station_journal.records import Record

_TORN = "torn off"
_HEAD = re.compile(r"链头 ([0-9A-F]{4}(?:-[0-9A-F]{4}){3})")
_COPY = re.compile(r"【补打】第 ?(\d+) ?次")
_PARTS = ("商户存根", "顾客存根")
_ISSUED_BY: dict[str, type] = {
    "代收费收据": ReceiptIssued,
    "待定凭条": PendingSlipIssued,
    "助农取款凭条": PayoutInstructed,
    "取款未成凭条": WithdrawalFailed,
    "取款待定凭条": WithdrawalPendingSlipIssued,
    "代收货款收据": ParcelsHandedOff,
    "日终报表 Z": DayClosed,
}
_PIECES = {PayoutInstructed: 2, DayClosed: 2}
"""How many pieces of paper a record issues, where it is not one."""
_CALLED_DONE: dict[str, type] = {
    "bill": BillPaymentTaken,
    "hand-off": ParcelsHandedOff,
    "count": DayCounted,
    "close": DayClosed,
    "intent": WithdrawalIntended,
    "payout": WithdrawalPaid,
}


@dataclass
class Findings:
    """What an audit found: lost, doubled, and whatever else a shopkeeper would object to."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether anything was found."""
        return bool(self.lost or self.doubled or self.wrong)


@dataclass(frozen=True)
class Piece:
    """One piece of paper: from where it was cut or torn to the next."""

    number: int
    title: str
    text: str
    torn: bool

    @property
    def kind(self) -> type | None:
        """The fact that issues paper of this title; None for a label or what cannot be read."""
        return next((kind for title, kind in _ISSUED_BY.items() if self.title.startswith(title)), None)

    @property
    def copy(self) -> bool:
        """Whether it is marked as a copy."""
        return _COPY.search(self.text) is not None

    @property
    def head(self) -> str:
        """The chain head that it names, empty for none."""
        found = _HEAD.search(self.text)
        return found.group(1).replace("-", "").lower() if found else ""

    @property
    def part(self) -> str:
        """Which of two different pieces it is."""
        return next((part for part in _PARTS if part in self.text), "")


def pieces(shop: Shop, after_number: int) -> list[Piece]:
    """Read the paper in the tray after a piece."""
    shown = shop.printer.ask(cmd="status")["receipts"]
    until("the paper in the tray", lambda: len(list(shop.paper.glob("*.json"))) >= shown, ASK_S, 0.005)
    found = []
    for number in range(after_number + 1, shown + 1):
        paper: dict[str, Any] = json.loads((shop.paper / f"{number:04d}.json").read_text("utf-8"))
        lines = [line.strip() for line in paper["lines"]]
        title = next((line for line in lines if line), "")
        found.append(Piece(number, title, "\n".join(lines), paper["ended_by"] == _TORN))
    return found


@dataclass(frozen=True)
class Before:
    """Where every book stood before a run."""

    station_seq: int
    paper_no: int
    transactions: int

    @classmethod
    def now(cls, shop: Shop) -> Before:
        """Note where they stand."""
        paper_no = shop.printer.ask(cmd="status")["receipts"]
        transactions = len(shop.terminal.ask(cmd="status")["transactions"])
        return cls(len(shop.house.station.data), paper_no, transactions)


def look_at_doubtful(shop: Shop, before: Before, missing: list[str]) -> None:
    """Answer, by the paper in the tray, whether each doubtful slip came out; the titles of those not are noted."""
    for job in shop.ask("doubtful")["jobs"]:
        whole = [one for one in pieces(shop, before.paper_no) if not one.torn and one.title == job["title"]]
        wanted = next((_PIECES.get(one.kind, 1) for one in whole if one.kind), 1)
        came_out = len([one for one in whole if not one.copy]) >= wanted
        if not came_out:
            missing.append(job["title"])
        answer = shop.ask("settle_doubtful", job_no=job["job_no"], came_out=came_out)
        assert answer["settled"], answer


def audit(shop: Shop, job: Job, before: Before, missing: list[str]) -> Findings:
    """Audit one run; ``missing`` are the titles of slips that the counter asked about and that had not come out."""
    found = Findings(wrong=list(job.told.objections))
    records = dict(shop.house.records(before.station_seq))
    _called_done(job, records, found)
    look_at_paper(shop.house, records, pieces(shop, before.paper_no), missing, found)
    if isinstance(job, Withdrawal):
        _withdrawal(shop, job, records, before, found)
    else:
        _once(shop, job, records, found)
    found.doubled += shop.house.complaints
    shop.house.complaints.clear()
    return found


def _called_done(job: Job, records: dict[int, Record], found: Findings) -> None:
    for what, seqs in job.told.seqs.items():
        kind = _CALLED_DONE[what]
        for seq in seqs:
            record = records.get(seq)
            if record is None or not isinstance(record.fact, kind):
                found.lost.append(f"the counter called {what} done as record {seq}; HQ holds {record}")


def look_at_paper(
    house: CountingHouse, records: dict[int, Record], paper: list[Piece], missing: list[str], found: Findings
) -> None:
    """Lead every piece of paper to its record, and every record that issues paper to its pieces."""
    originals: Counter[tuple[int, str]] = Counter()
    shown: Counter[int] = Counter()
    for piece in paper:
        if piece.torn:
            if piece.kind is not None and piece.title not in missing:
                found.lost.append(f"a torn slip that the counter did not ask about: {piece.text!r}")
            continue
        if piece.kind is None:
            if "链头" in piece.text:
                found.wrong.append(f"a slip without its title: {piece.text!r}")
            continue
        seq = _behind(house, records, piece)
        if not seq:
            found.lost.append(f"a slip that no record stands behind: {piece.text!r}")
            continue
        shown[seq] += 1
        if not piece.copy:
            originals[seq, piece.part] += 1
    for (seq, part), count in originals.items():
        if count > (1 if part else _PIECES.get(type(records[seq].fact), 1)):
            found.doubled.append(f"record {seq} has {count} unmarked slips {part}")
    for seq, record in records.items():
        if shown[seq] < _pieces_of(record):
            found.wrong.append(f"record {seq} has {shown[seq]} slips: {record.fact}")


def _behind(house: CountingHouse, records: dict[int, Record], piece: Piece) -> int:
    """Give the record that issued a slip, or the copy of which it is; 0 where none of this run did."""
    seq = house.seq_of_head(piece.head) if piece.head else 0
    record = records.get(seq)
    if record is not None and isinstance(record.fact, CopyIssued):
        seq = record.fact.of_seq
        record = records.get(seq)
    issued = record is not None and piece.kind is not None and isinstance(record.fact, piece.kind)
    return seq if issued else 0


def _pieces_of(record: Record) -> int:
    fact = record.fact
    if not isinstance(fact, tuple(_ISSUED_BY.values())):
        return 0
    nothing = isinstance(fact, ParcelsHandedOff) and not fact.collected_fen
    return 0 if nothing else _PIECES.get(type(fact), 1)


def _once(shop: Shop, job: Job, records: dict[int, Record], found: Findings) -> None:
    facts = [record.fact for record in records.values()]
    times = {"records": 0}
    if isinstance(job, Bill):
        taken = [seq for seq, record in records.items() if _is_bill(record, job.account_no)]
        receipts = [fact for fact in facts if isinstance(fact, ReceiptIssued) and fact.payment_seq in taken]
        times = {"records": len(taken), "receipts": len(receipts), "bookings": shop.house.billed[job.account_no]}
    elif isinstance(job, HandOff):
        handed = [fact for fact in facts if isinstance(fact, ParcelsHandedOff)]
        times = {"records": sum(one.waybill == job.waybill for fact in handed for one in fact.parcels)}
    elif isinstance(job, Close):
        times = {"records": sum(isinstance(fact, DayClosed) for fact in facts)}
    for what, count in times.items():
        if count != 1:
            (found.lost if count == 0 else found.doubled).append(f"{count} {what} of one job")


def _is_bill(record: Record, account_no: str) -> bool:
    return isinstance(record.fact, BillPaymentTaken) and record.fact.account_no == account_no


def _withdrawal(shop: Shop, job: Withdrawal, records: dict[int, Record], before: Before, found: Findings) -> None:
    facts = [record.fact for record in records.values()]
    booked = shop.terminal.ask(cmd="status")["transactions"][before.transactions :]
    sales = [one for one in booked if one["kind"] == "sale" and one["code"] == 0]
    debits = [one for one in sales if one["state"] in STANDING]
    instructed = [fact for fact in facts if isinstance(fact, PayoutInstructed)]
    paid = [fact for fact in facts if isinstance(fact, WithdrawalPaid)]
    approved = {int(fact.trace_no or 0) for fact in facts if isinstance(fact, WithdrawalApproved)}
    if max(len(sales), len(instructed), len(paid)) > 1:
        found.doubled.append(f"{len(sales)} at the bank, {len(instructed)} instructions, {len(paid)} payouts")
    if len(debits) != len(instructed):
        found.lost.append(f"the bank has {len(debits)} debits, the journal {len(instructed)} instructions: {booked}")
    if len(paid) != int(job.cash.moved):
        found.lost.append(f"cash handed out: {job.cash.moved}; on record: {len(paid)}")
    if not {one["trace"] for one in debits} <= approved:
        found.lost.append(f"a debit of the bank is not in the journal: {debits}")
