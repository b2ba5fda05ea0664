"""The counter as its operator works it: one customer after another, cash noted by a bystander.

What every scene of the scripted day is made of. Each step is checked where it happens: a counter that tells its
operator something else than what the scene is about stops the day with one sentence.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from station_pos.demo.customers import Queue, handed_fen
from station_pos.demo.processes import WorldError, until
from station_pos.demo.till_book import TillBook, Visit

if TYPE_CHECKING:
    from station_pos.demo.customers import Customer
    from station_pos.demo.shop import Shop

ANSWER_S = 40.0
INQUIRIES_A_MINUTE = 25
_MINUTE_S = 60.0
RECENT = 200


class CounterDay:
    """The counter, its queue of customers, and the notebook."""

    def __init__(self, shop: Shop) -> None:
        """Serve at the counter of a shop that is open."""
        self.shop = shop
        self.queue = Queue()
        self.till = TillBook()
        self.merged: set[int] = set()
        self.unknown: set[int] = set()
        self.collected: set[str] = set()
        self.bills = 0
        self._inquiries: list[float] = []

    def expect(self, held: object, what: str) -> None:
        """Stop the day where the counter did not do what it must.

        Raises:
            WorldError: saying what it should have done.
        """
        if not held:
            raise WorldError(f"the counter did not do what it must: {what}")

    def take(self, customer: Customer, *, offline: bool = False, inquire: bool = True) -> dict[str, Any]:
        """Serve one customer up to the cash: ask for the bill, read the name back, take the money.

        Gives the payment as the counter shows it.
        """
        answer = self.try_to_take(customer, offline=offline, inquire=inquire)
        self.expect(answer["accepted"], f"take {customer.amount_fen} fen for {customer.account_no}, not {answer}")
        payment: dict[str, Any] = answer["payment"]
        due_fen = customer.amount_fen + self.shop.fee_fen(customer.product_code)
        handed = handed_fen(due_fen)
        self._came(Visit(payment["seq"], customer.biller, customer.account_no, due_fen, handed, handed - due_fen))
        return payment

    def note(self, payment: dict[str, Any]) -> None:
        """Write down a payment that was not made by ``take``, as the counter shows it."""
        due_fen, handed = payment["amount_fen"] + payment["fee_fen"], payment["tendered_fen"]
        who = payment["biller_code"], payment["account_no"]
        self._came(Visit(payment["seq"], *who, due_fen, handed, handed - due_fen))

    def _came(self, visit: Visit) -> None:
        self.bills += 1
        self.till.came(visit)

    def try_to_take(self, customer: Customer, *, offline: bool = False, inquire: bool = True) -> dict[str, Any]:
        """Do the same and give the counter's answer, a refusal too; without a link there is no inquiry."""
        station = self.shop.station
        payer_name, bill_no, period = "", "", ""
        if not offline and customer.bill_no:
            bill_no, period = customer.bill_no, customer.period  # printed on the customer's own paper bill
        if bill_no and inquire and self._may_inquire():
            found = station.inquire(customer.product_code, customer.account_no)
            self.expect(not found["problem"], f"find the bill of {customer.account_no}, not {found['problem']}")
            named = [bill for bill in found["bills"] if bill["bill_no"] == customer.bill_no]
            self.expect(
                named and named[0]["amount_fen"] == customer.amount_fen, f"show the open bill {customer.bill_no}"
            )
            payer_name = found["payer_name"]
            self.expect("*" in payer_name, f"mask the payer's name, not show {payer_name}")
        fee_fen = self.shop.fee_fen(customer.product_code)
        return station.pay(
            product_code=customer.product_code,
            account_no=customer.account_no,
            bill_no=bill_no,
            bill_period=period,
            payer_name=payer_name,
            amount_fen=customer.amount_fen,
            tendered_fen=handed_fen(customer.amount_fen + fee_fen),
            offline=offline,
        )

    def _may_inquire(self) -> bool:
        """Keep within what HQ answers a station in a minute: a scripted day is faster than any counter."""
        now = time.monotonic()
        self._inquiries = [at for at in self._inquiries if now - at < _MINUTE_S]
        if len(self._inquiries) >= INQUIRIES_A_MINUTE:
            return False
        self._inquiries.append(now)
        return True

    def settled(self, payment: dict[str, Any], wanted: str, timeout_s: float = ANSWER_S) -> dict[str, Any]:
        """Wait until a payment is no longer held and check how it ended."""
        shown = self.shop.station.wait(payment["seq"], timeout_s)
        self.expect(shown["status"] == wanted, f"show payment {payment['seq']} as {wanted}, not {shown['status']}")
        return shown

    def settled_as(self, payment_seq: int, wanted: str, timeout_s: float = ANSWER_S) -> None:
        """Wait until a payment that is final stands differently, as after a reversal."""
        station = self.shop.station
        until(
            f"payment {payment_seq} to be {wanted}", lambda: station.payment(payment_seq)["status"] == wanted, timeout_s
        )

    def sell(self, customer: Customer) -> dict[str, Any]:
        """Serve a customer to the end: confirmed, with a receipt."""
        return self.settled(self.take(customer), "CONFIRMED")

    def hand_back(self, payment_seq: int, ending: str) -> None:
        """Give a customer the cash back that is due."""
        visit = self.till.visits[payment_seq]
        answer = self.shop.station.ask("return_cash", payment_seq=payment_seq)
        self.expect(answer["accepted"], f"hand back the cash of payment {payment_seq}, not {answer}")
        self.till.handed_back(payment_seq, visit.due_fen, ending)

    def paper_idle(self, timeout_s: float = 60.0) -> None:
        """Wait until the printer has nothing left to print."""
        until("the printer to finish", lambda: self.shop.station.state()["queued_prints"] == 0, timeout_s, 0.1)

    def _waiting(self) -> bool:
        payments = self.shop.station.ask("recent", limit=RECENT)["payments"]
        return any(one["status"] == "HELD" and one["seq"] not in self.unknown for one in payments)

    def all_sent(self, timeout_s: float = 40.0) -> None:
        """Wait until HQ holds everything and every payment has its answer, but for those known to be unknown.

        Asks for news as an impatient operator does.
        """

        def quiet() -> bool:
            state = self.shop.station.state()
            if state["unsent"] == 0 and state["link"] == "up" and not self._waiting():
                return True
            self.shop.station.sync()
            return False

        until("HQ to hold everything and all answers to be there", quiet, timeout_s, 0.5)
