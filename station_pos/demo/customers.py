"""The customers of the demonstration: who comes to the counter, with which bill, as their paper bills at home say.

They come from the billers' own seed: a customer brings what the biller sent, the station knows nothing before it asks.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from station_pos.demo.outside.biller_seed import demo_seed
from station_pos.demo.tariff_document import PRODUCT_OF


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with a bill: product, account, and what the paper bill says (amount in fen)."""

    product_code: int
    biller: str
    account_no: str
    bill_no: str
    period: str
    amount_fen: int


def handed_fen(total_fen: int) -> int:
    """Give the cash a customer hands over: the total rounded up to the next 10 yuan note."""
    return -(-total_fen // 1_000) * 1_000


class Queue:
    """Customers waiting, by biller, in the order of the billers' books; each bill once."""

    def __init__(self) -> None:
        """Take everybody who owes a bill."""
        self._waiting: dict[str, deque[Customer]] = {}
        self.top_up_numbers: tuple[str, ...] = ()
        self.nothing_due: dict[str, str] = {}
        for biller in demo_seed()["billers"]:
            code = biller["code"]
            product = PRODUCT_OF[code]
            accounts = biller["accounts"]
            self._waiting[code] = deque(
                Customer(product, code, one["account_no"], bill["bill_no"], bill["period"], bill["amount_fen"])
                for one in accounts
                for bill in one["bills"]
            )
            if biller.get("prepaid"):
                self.top_up_numbers = tuple(one["account_no"] for one in accounts)
            self.nothing_due[code] = accounts[-1]["account_no"]

    def next(self, biller: str) -> Customer:
        """Call the next customer of a biller.

        Raises:
            IndexError: nobody is left.
        """
        return self._waiting[biller].popleft()

    def top_up(self, number: int, amount_fen: int) -> Customer:
        """Give a customer who wants a phone topped up."""
        account_no = self.top_up_numbers[number % len(self.top_up_numbers)]
        return Customer(PRODUCT_OF["YDCZ"], "YDCZ", account_no, "", "", amount_fen)
