"""What is done at the counter while the power fails, and how a shopkeeper goes on after it.

A shopkeeper knows what lies in the drawer, what the counter answered, and the paper. After a cut the counter is asked
what became of the job; what is not on record is done again, what is on record is not. That doing it once more is
refused is tried each time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from benchmarks.power_cut.folder import COD_FEN, waybill
from benchmarks.power_cut.shop import ASK_S
from station_journal.facts.withdrawals import BankAnswered, BankWordSource
from station_pos.demo.processes import WorldError, until

if TYPE_CHECKING:
    from benchmarks.power_cut.shop import Shop

BILL_FEN, TENDERED_FEN = 7_260, 10_000
RESULT_S = 45.0
"""How long a result may stay unknown: the counter listens, asks, and asks again; then the bank's file is waited for."""
WITHDRAWN_FEN = 1_000
_AMOUNTS = 7
"""Withdrawals one after another are of different amounts, as customers' are."""
STANDING = ("approved", "completed")
"""States of the bank's book in which a card stands debited."""
_PRODUCT = 101


@dataclass
class Told:
    """What the counter answered before or after the cut: records that it called done, by what they are for."""

    seqs: dict[str, list[int]] = field(default_factory=dict)
    objections: list[str] = field(default_factory=list)

    def note(self, what: str, answer: dict[str, Any]) -> int:
        """Keep an answer; gives the record's number, 0 for a refusal."""
        if not answer["accepted"]:
            return 0
        self.seqs.setdefault(what, []).append(int(answer["seq"]))
        return int(answer["seq"])

    def must_refuse(self, what: str, answer: dict[str, Any], reason: str) -> None:
        """Note an objection where doing it once more is taken, or refused for another reason."""
        if answer["accepted"] or answer["refused"] != reason:
            self.objections.append(f"{what} a second time: {answer}")


@dataclass
class Cash:
    """The notes of one job: they go into the drawer, or out of it, once, whatever is asked or recorded meanwhile."""

    fen: int
    moved: bool = False

    def moves(self, shop: Shop) -> None:
        """Move them, if they did not move yet."""
        if not self.moved:
            shop.till_fen += self.fen
            self.moved = True


class Job(Protocol):
    """One customer's business, or the day's close."""

    told: Told

    def prepare(self, shop: Shop) -> None:
        """Do what has to stand before; the power does not fail here."""

    def do(self, shop: Shop) -> None:
        """Do it; raises ``PowerCutError`` wherever the power fails."""

    def finish(self, shop: Shop) -> None:
        """Go on after the cut until the job is done, once; after another cut it is called again."""


class Bill:
    """A customer pays an electricity bill in cash; HQ confirms it and the receipt prints."""

    def __init__(self, number: int) -> None:
        """Take a customer that nobody else is."""
        self.account_no = f"{5_000_000_000 + number:010d}"
        self.told = Told()
        self._cash = Cash(BILL_FEN)

    def prepare(self, shop: Shop) -> None:
        """Nothing."""

    def do(self, shop: Shop) -> None:
        """Take the cash, record it, wait for the receipt."""
        self._settled(shop, self._pay(shop))

    def _pay(self, shop: Shop) -> int:
        fields = {"product_code": _PRODUCT, "account_no": self.account_no, "bill_no": self.account_no}
        paid = shop.ask("pay", **fields, bill_period="2026-11", amount_fen=BILL_FEN, tendered_fen=TENDERED_FEN)
        if not paid["accepted"]:
            self.told.objections.append(f"the bill was not taken: {paid}")
        return self.told.note("bill", paid)

    def _settled(self, shop: Shop, seq: int) -> None:
        def receipted() -> bool:
            payment = shop.ask("payment", payment_seq=seq)["payment"]
            return bool(payment["status"] == "CONFIRMED" and payment["receipt_seq"])

        until("the receipt", receipted, ASK_S, 0.01)
        shop.paper_idle()

    def finish(self, shop: Shop) -> None:
        """Look the customer up; pay again only where nothing is on record."""
        found = [one for one in shop.ask("recent", limit=8)["payments"] if one["account_no"] == self.account_no]
        seq = found[0]["seq"] if found else self._pay(shop)
        self._cash.moves(shop)
        self._settled(shop, seq)
        fields = {"product_code": _PRODUCT, "account_no": self.account_no, "bill_no": self.account_no}
        again = shop.ask("pay", **fields, bill_period="2026-11", amount_fen=BILL_FEN)
        self.told.must_refuse("the bill", again, "bill_already_paid")


class HandOff:
    """A parcel with cash on delivery goes over the counter."""

    def __init__(self, number: int) -> None:
        """Take a parcel that nobody else gets."""
        self.waybill = waybill(number)
        self.told = Told()
        self._cash = Cash(COD_FEN)

    def prepare(self, shop: Shop) -> None:
        """Put it on a shelf and let its label print."""
        assert shop.ask("scan_in", waybill=self.waybill)["accepted"]
        shop.paper_idle()

    def do(self, shop: Shop) -> None:
        """Scan it, take the cash, hand it over."""
        self._hand_off(shop)
        shop.paper_idle()

    def _hand_off(self, shop: Shop) -> None:
        handed = shop.ask("hand_off", waybills=[self.waybill], tendered_fen=COD_FEN)
        if not self.told.note("hand-off", handed):
            self.told.objections.append(f"the parcel was not handed off: {handed}")

    def finish(self, shop: Shop) -> None:
        """Ask where the parcel is; hand it off only from the shelf."""
        if shop.ask("parcel", waybill=self.waybill)["where"] == "SHELF":
            self._hand_off(shop)
        self._cash.moves(shop)
        again = shop.ask("hand_off", waybills=[self.waybill], tendered_fen=COD_FEN)
        self.told.must_refuse("the hand-off", again, "parcel_elsewhere")


class Close:
    """The drawer is counted and the day closed; the shopkeeper counts what really lies there."""

    def __init__(self, number: int) -> None:
        """The number is that of the run: closes differ by it in nothing."""
        self.number = number
        self.told = Told()
        self._before = 0

    def prepare(self, shop: Shop) -> None:
        """Remember the last close."""
        self._before = self._last(shop)

    @staticmethod
    def _last(shop: Shop) -> int:
        found = shop.ask("closes", limit=1)["closes"]
        return int(found[0]["z_no"]) if found else 0

    def do(self, shop: Shop) -> None:
        """Count, agree, close, wait for the slip."""
        self._close(shop, self._count(shop))
        shop.paper_idle()

    def _count(self, shop: Shop) -> int:
        counted = shop.ask("count_day", coins_fen=shop.till_fen)
        seq = self.told.note("count", counted)
        if not seq or counted["review"]["difference_fen"]:
            self.told.objections.append(f"the drawer holds {shop.till_fen}: {counted}")
        return seq

    def _close(self, shop: Shop, count_seq: int) -> None:
        closed = shop.ask("close_day", count_seq=count_seq)
        if not self.told.note("close", closed):
            self.told.objections.append(f"the day was not closed: {closed}")

    def finish(self, shop: Shop) -> None:
        """Look at the last close; count and close again only where it is still the one before."""
        if self._last(shop) == self._before:
            self._close(shop, self._count(shop))
        if self._last(shop) != self._before + 1:
            self.told.objections.append(f"the last close is {self._last(shop)} after {self._before}")
        if "count" in self.told.seqs:
            again = shop.ask("close_day", count_seq=self.told.seqs["count"][-1])
            self.told.must_refuse("the close", again, "count_stale")


class Withdrawal:
    """A customer draws cash by card. It is handed out on the counter's word alone, and once."""

    def __init__(self, number: int) -> None:
        """The number is that of the run. Each draws the same."""
        self.number = number
        self.told = Told()
        self.amount_fen = WITHDRAWN_FEN * (1 + number % _AMOUNTS)
        self.cash = Cash(-self.amount_fen)
        self._known: set[int] = set()
        self._booked = 0

    def prepare(self, shop: Shop) -> None:
        """Let the terminal, in every other run, reverse by itself a result that nobody took over."""
        shop.terminal.ask(cmd="reverse_on_silence", on=bool(self.number % 2))
        self._known = {one["seq"] for one in shop.ask("withdrawals", limit=3)["withdrawals"]}
        self._booked = len(shop.terminal.ask(cmd="status")["transactions"])

    def do(self, shop: Shop) -> None:
        """Ask the terminal, pay what the counter says, note that it was paid."""
        asked = shop.ask("withdraw", amount_fen=self.amount_fen)
        seq = self.told.note("intent", asked)
        if not seq:
            self.told.objections.append(f"the withdrawal was not begun: {asked}")
            return
        self._end(shop, seq)
        shop.paper_idle()

    def _end(self, shop: Shop, seq: int) -> None:
        """Wait until it is known how it ended; hand out the cash where it is due."""

        def known() -> dict[str, Any] | None:
            found: dict[str, Any] = shop.ask("withdrawal", withdrawal_seq=seq)["withdrawal"]
            if found["state"] not in {"INTENDED", "APPROVED", "VOIDING"}:
                return found
            shop.ask("ask_terminal")
            return None

        try:
            ended = until("the terminal's result", known, RESULT_S, 0.02)
        except WorldError:
            self._bank_answers(shop, seq)
            ended = until("the bank's word", known, RESULT_S, 0.02)
        if ended["state"] == "PAYABLE":
            self._pay(shop, seq)

    def _bank_answers(self, shop: Shop, seq: int) -> None:
        """Let the acquirer's daily file come to HQ: what the bank's own book says of this withdrawal."""
        booked = shop.terminal.ask(cmd="status")["transactions"][self._booked :]
        debited = any(one["kind"] == "sale" and one["state"] in STANDING for one in booked)
        shop.house.write(BankAnswered(seq, debited, BankWordSource.FILE, "", 0, "WD100"))
        shop.bank_words += 1
        shop.ask("sync")

    def _pay(self, shop: Shop, seq: int) -> None:
        self.cash.moves(shop)
        if not self.told.note("payout", shop.ask("pay_out", withdrawal_seq=seq)):
            self.told.objections.append("the payout was not taken")

    def finish(self, shop: Shop) -> None:
        """Look for the withdrawal; where none is on record the customer may try again another time."""
        found = [one for one in shop.ask("withdrawals", limit=3)["withdrawals"] if one["seq"] not in self._known]
        for one in found:
            self._end(shop, one["seq"])
            self.told.must_refuse("the payout", shop.ask("pay_out", withdrawal_seq=one["seq"]), "payout_not_due")


JOBS: dict[str, type[Bill | HandOff | Close | Withdrawal]] = {
    "withdrawal": Withdrawal,
    "bill": Bill,
    "hand-off": HandOff,
    "close": Close,
}
