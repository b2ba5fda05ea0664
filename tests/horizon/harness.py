"""What every horizon test stands on: one shop of real processes, and both books of it held side by side."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from station_journal.accounts import Account, Ledger
from station_journal.records import CopyIssued, Side
from station_pos.demo.counter_day import CounterDay
from station_pos.demo.customers import Customer, Queue
from station_pos.demo.journal_book import JournalBook, read_journals
from station_pos.demo.paper_book import Slip, read_paper
from station_pos.demo.processes import until
from station_pos.demo.shop import Shop
from station_pos.demo.world import World


@dataclass
class Case:
    """A shop that is open, with its counter, in a world whose HQ and billers other tests use too."""

    world: World
    shop: Shop
    day: CounterDay
    moved_fen: int = 0
    """Cash that a bystander saw go into the drawer (above zero) or out of it beside the customers'."""
    _exports: int = field(default=0)

    @property
    def station(self) -> Any:
        return self.shop.station

    def journals(self) -> JournalBook:
        """The station's own export, proved by the stand-alone verifier."""
        self._exports += 1
        return read_journals(self.station.export(self.shop.folder / f"export-{self._exports}.spj"))

    def drawer_fen(self) -> int:
        """What must lie in the drawer, by what a bystander saw."""
        return self.day.till.drawer_fen() + self.moved_fen

    def put_in(self, amount_fen: int) -> None:
        """Put own money into the drawer, or take it out below zero."""
        reason = 1 if amount_fen > 0 else 2
        assert self.station.ask("move_cash", reason=reason, amount_fen=abs(amount_fen))["accepted"]
        self.moved_fen += amount_fen

    def count(self, counted_fen: int) -> dict[str, Any]:
        """Count the drawer, all in coins."""
        answer: dict[str, Any] = self.station.ask("count_day", coins_fen=counted_fen)
        assert answer["accepted"], answer
        return answer

    def close_day(self, count: dict[str, Any], verdict: str = "AGREED") -> dict[str, Any]:
        """Close with a count; what was missing is gone, what was too much is there."""
        answer: dict[str, Any] = self.station.ask("close_day", count_seq=count["seq"], verdict=verdict)
        if answer["accepted"]:
            self.moved_fen += count["review"]["difference_fen"]
        return answer

    def paper(self, of_seq: int) -> str:
        """The stored paper of a record."""
        text: str = self.station.ask("paper", of_seq=of_seq)["text"]
        return text

    def hq_books(self) -> dict[str, Any]:
        """What HQ's ledger says of the station."""
        found: dict[str, Any] = self.world.hq.ask(None, "report", "station", self.shop.code)
        return found

    def heard(self, condition: Callable[[], object]) -> None:
        """Exchange with HQ until the station knows something."""

        def asked() -> object:
            self.station.sync()
            return condition()

        until("the station to hear of it", asked, 60.0, 0.2)

    def hq_books_posted(self) -> dict[str, Any]:
        """The same, once HQ holds and has posted everything."""
        self.day.all_sent()
        found: dict[str, Any] = until("HQ to post everything", lambda: _posted(self), 60.0, 0.2)
        return found

    def booked(self) -> list[Any]:
        """What the billers have booked for this station, and not declined."""
        ours = self.world.biller.payments("SCDL", "JYSW", "ZYRQ", "YDCZ")
        return [one for one in ours if one.our_no.startswith(self.shop.code + "-") and one.status != "declined"]

    def slips(self) -> list[Slip]:
        """The paper in the tray, in the order of the cuts, once the counter has nothing left to print."""
        if self.station.runs:
            self.day.paper_idle()
        until("the tray to hold what was cut", self._all_in_the_tray, 60.0, 0.05)
        return read_paper(self.shop.paper)

    def _all_in_the_tray(self) -> bool:
        cut: int = self.shop.printer.ask(cmd="status")["receipts"]
        return len([file for file in self.shop.paper.glob("*.json") if file.stem.isdigit()]) >= cut

    def owes(self, biller: str, account_no: str, bill_no: str, amount_fen: int, product_code: int) -> Customer:
        """Have a biller send somebody a bill, and give that customer."""
        bill = {"bill_no": bill_no, "period": "2026-11", "amount_fen": amount_fen}
        account = {"account_no": account_no, "payer_name": "张三88", "address": "", "bills": [bill]}
        names = {"code": biller, "name": biller, "service": "utility", "accounts": [account]}
        self.world.biller.post("/control/seed", billers=[names])
        return Customer(product_code, biller, account_no, bill_no, "2026-11", amount_fen)


def books_agree(case: Case, merged_fen: int = 0) -> JournalBook:
    """Hold the export, HQ's ledger, the billers' book, the drawer and the paper against each other; give the export."""
    case.day.all_sent()
    journals, hq = until("both sides to hold the same", lambda: _in_step(case), 60.0, 0.5)
    assert journals.faults == ()
    folded = {(int(of.account), of.party): fen for of, fen in journals.books.balances.items() if fen}
    assert folded == {(row["account"], row["party"]): row["balance_fen"] for row in hq["balances"]}
    assert hq["trial_balance_fen"] == 0
    payments = journals.payments()
    assert {number: one.status.name for number, one in payments.items()} == {
        one["our_no"]: one["status"] for one in hq["payments"]
    }
    standing = {one.our_no: one.amount_fen for one in case.booked() if one.status == "confirmed"}
    ours = {number: one.amount_fen for number, one in payments.items() if one.status.name == "CONFIRMED"}
    assert sum(ours.values()) - sum(standing.values()) == merged_fen
    assert standing.keys() <= ours.keys()
    assert journals.books.balance_fen(Account.DRAWER) == case.drawer_fen()
    paper_is_of(journals, case.slips())
    return journals


def _in_step(case: Case) -> tuple[JournalBook, dict[str, Any]] | None:
    """The export and HQ's books once both name the same heads; what HQ writes by itself may still be on its way."""
    hq = _posted(case)
    if hq is None:
        return None
    journals = case.journals()
    heads = {side.value: dict(zip(("seq", "digest"), journals.head(side), strict=True)) for side in Side}
    if heads == hq["heads"]:
        return journals, hq
    case.station.sync()
    return None


def _posted(case: Case) -> dict[str, Any] | None:
    found = case.hq_books()
    return found if found["up_to_date"] else None


def paper_is_of(journals: JournalBook, slips: list[Slip]) -> None:
    """Every slip is of a payment in the journal, an original comes out at most once, every repetition is marked.

    Papers without a payment (of cash, of closes, of withdrawals) are looked at by the tests about them.
    """
    payments = journals.payments()
    slips = [slip for slip in slips if slip.our_no and not slip.kind.startswith("withdrawal")]
    assert {slip.our_no for slip in slips} <= payments.keys()
    originals = Counter((slip.kind, slip.our_no) for slip in slips if not slip.copy_no)
    assert all(count == 1 for count in originals.values()), originals
    copies = {fact.copy_no for _, fact in journals.facts(CopyIssued) if isinstance(fact, CopyIssued)}
    assert {slip.copy_no for slip in slips if slip.copy_no} <= copies


def balances(journals: JournalBook) -> dict[Ledger, int]:
    """Every account that is not empty."""
    return {ledger: fen for ledger, fen in journals.books.balances.items() if fen}


def new_folder() -> Path:
    """A folder with a short path: a control socket lies in it."""
    return Path(tempfile.mkdtemp(prefix="sph-"))


def close(shop: Shop) -> None:
    """Stop a shop and clear its folder away."""
    shop.stop()
    shutil.rmtree(shop.folder, ignore_errors=True)


SHARED_QUEUE = Queue()
"""Customers of the whole session: the billers are shared, so nobody comes twice."""
