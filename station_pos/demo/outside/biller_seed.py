"""What a biller knows before the first payment: accounts and open bills, from JSON or the demonstration set."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from station_pos.demo.outside.biller_book import BillerBook

SURNAMES = ("张三", "李四", "王五", "赵六")
CODE_PATTERN = re.compile(r"[A-Z][A-Z0-9]{1,11}")
PERIOD_PATTERN = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class SeedRefusedError(ValueError):
    """The seed is not usable; the message is one sentence naming the place. Nothing was stored."""


@dataclass(frozen=True, slots=True)
class _DemoBiller:
    """Shape of one demonstration biller; `account_stem` plus a running number makes an account number."""

    code: str
    name: str
    service: str
    account_pattern: str
    account_stem: str
    digits: int
    base_fen: int
    step_fen: int
    street: str


DEMO_BILLERS = (
    _DemoBiller("SCDL", "四川电力", "electricity", r"\d{10}", "51078", 10, 4_260, 1_337, "太平镇正街"),
    _DemoBiller("JYSW", "江油水务", "water", r"\d{8}", "3807", 8, 1_890, 463, "三合镇河堰路"),
    _DemoBiller("ZYRQ", "中源燃气", "gas", r"\d{9}", "60512", 9, 2_735, 871, "中坝镇解放路"),
)
ACCOUNTS, TWO_BILLS_FROM = 19, 17
"""Accounts of a demonstration biller: the last owes nothing, the two before it owe two bills, the others one."""
TOP_UP_NUMBERS = tuple(f"1390816{number:04d}" for number in range(2001, 2013))


def demo_seed() -> dict[str, Any]:
    """Return the demonstration billers: 20 open bills each for electricity, water and gas, and 12 top-up numbers.

    The result is the same on every call. Of 19 accounts of a biller, 16 owe one bill, two owe two, one owes nothing.
    """
    billers = [_demo_utility(shape) for shape in DEMO_BILLERS]
    numbers = [
        {"account_no": number, "payer_name": f"{SURNAMES[i % 4]}{i + 1:02d}", "address": "", "bills": []}
        for i, number in enumerate(TOP_UP_NUMBERS)
    ]
    billers.append(
        {
            "code": "YDCZ",
            "name": "移动充值",
            "service": "top-up",
            "account_pattern": r"1[3-9]\d{9}",
            "prepaid": True,
            "accounts": numbers,
        }
    )
    return {"billers": billers}


def _demo_utility(shape: _DemoBiller) -> dict[str, Any]:
    accounts = []
    for i in range(1, ACCOUNTS + 1):
        account_no = f"{shape.account_stem}{i * 7:0{shape.digits - len(shape.account_stem)}d}"
        periods = () if i == ACCOUNTS else ("2026-09", "2026-10") if i >= TWO_BILLS_FROM else ("2026-10",)
        bills = [
            {
                "bill_no": f"{period.replace('-', '')}{account_no}",
                "period": period,
                "amount_fen": shape.base_fen + (i * shape.step_fen + 97 * k) % 17_000,
            }
            for k, period in enumerate(periods)
        ]
        name = f"{SURNAMES[i % 4]}{i:02d}"
        accounts.append(
            {"account_no": account_no, "payer_name": name, "address": f"{shape.street}{i}号", "bills": bills}
        )
    return {
        "code": shape.code,
        "name": shape.name,
        "service": shape.service,
        "account_pattern": shape.account_pattern,
        "prepaid": False,
        "accounts": accounts,
    }


def _text(value: object, place: str, *, empty: bool = False) -> str:
    if not isinstance(value, str) or (not value and not empty) or any(ch < " " or ch == "|" for ch in value):
        msg = f"{place}: text without control characters or | expected"
        raise SeedRefusedError(msg)
    return value


def _rows(seed: dict[str, Any]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Check the whole seed and return (billers, accounts, bills) as rows. Raises `SeedRefusedError`."""
    billers: list[tuple[Any, ...]] = []
    accounts: list[tuple[Any, ...]] = []
    bills: list[tuple[Any, ...]] = []
    for biller in seed["billers"]:
        code = _text(biller["code"], "code")
        if not CODE_PATTERN.fullmatch(code):
            msg = f"biller code {code!r}: 2 to 12 capital letters and digits expected"
            raise SeedRefusedError(msg)
        pattern = _text(biller.get("account_pattern", r"\d{4,20}"), f"{code} account_pattern")
        billers.append(
            (code, _text(biller["name"], code), _text(biller["service"], code), pattern, bool(biller.get("prepaid")))
        )
        for account in biller["accounts"]:
            account_no = _text(account["account_no"], f"{code} account_no")
            if not re.fullmatch(pattern, account_no):
                msg = f"{code} account {account_no}: does not fit {pattern}"
                raise SeedRefusedError(msg)
            address = _text(account.get("address", ""), account_no, empty=True)
            accounts.append((code, account_no, _text(account["payer_name"], account_no), address))
            for bill in account.get("bills", []):
                amount_fen, period = bill["amount_fen"], _text(bill["period"], account_no)
                if type(amount_fen) is not int or amount_fen <= 0 or not PERIOD_PATTERN.fullmatch(period):
                    msg = f"{code} account {account_no}: a bill needs a period YYYY-MM and a positive amount in fen"
                    raise SeedRefusedError(msg)
                bills.append((code, _text(bill["bill_no"], account_no), account_no, period, amount_fen))
    return billers, accounts, bills


def sow(book: BillerBook, seed: dict[str, Any]) -> dict[str, int]:
    """Add what the seed names and the book lacks (so a restart changes nothing); return how much the seed holds.

    Raises `SeedRefusedError`; then nothing was stored.
    """
    try:
        billers, accounts, bills = _rows(seed)
    except (KeyError, TypeError, AttributeError, re.error) as error:
        msg = f"seed lacks a field or has one of the wrong shape: {error}"
        raise SeedRefusedError(msg) from error
    with book.transaction() as db:
        db.executemany("INSERT OR IGNORE INTO biller VALUES (?, ?, ?, ?, ?)", billers)
        db.executemany("INSERT OR IGNORE INTO account VALUES (?, ?, ?, ?)", accounts)
        db.executemany("INSERT OR IGNORE INTO bill VALUES (?, ?, ?, ?, ?, NULL)", bills)
    return {"billers": len(billers), "accounts": len(accounts), "bills": len(bills)}
