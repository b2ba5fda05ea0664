"""HQ's book as its commands state it: heads, balances, payments, breaks and commission, read from ``--json``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal.accounts import Account, Ledger
from station_journal.records import Side
from station_pos.demo.headquarters import ECOM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from station_pos.demo.headquarters import Headquarters
    from station_pos.demo.settling import Settled


@dataclass(frozen=True, slots=True)
class HqBook:
    """What HQ says of one station. ``payments`` maps our number to (status, amount in fen); ``report`` is for readers."""

    heads: Mapping[Side, tuple[int, str]]
    balances: Mapping[Ledger, int]
    payments: Mapping[str, tuple[str, int]]
    trial_balance_fen: int
    unknown_open: int
    breaks: Mapping[str, int]
    month: int
    gross_fen: int
    tax_fen: int
    net_fen: int
    report: tuple[str, ...]


def read_hq(hq: Headquarters, station_code: str, settled: Settled) -> HqBook:
    """Read HQ's books after everything was settled.

    Raises:
        WorldError: a command was refused.
    """
    books = hq.ask(None, "report", "station", station_code)
    run = hq.ask(ECOM, "commission", "show", "--month", settled.month)
    shown = hq.run(None, "report", "revenue", "--from", settled.business_date).splitlines()
    shown += hq.run(None, "breaks").splitlines()
    shown += hq.run(ECOM, "commission", "show", "--month", settled.month).splitlines()
    return HqBook(
        heads={Side(side): (head["seq"], head["digest"]) for side, head in books["heads"].items()},
        balances={Ledger(Account(row["account"]), row["party"]): row["balance_fen"] for row in books["balances"]},
        payments={row["our_no"]: (row["status"], row["amount_fen"]) for row in books["payments"]},
        trial_balance_fen=books["trial_balance_fen"],
        unknown_open=books["payments_held"],
        breaks=settled.breaks,
        month=settled.month,
        gross_fen=run["gross_fen"],
        tax_fen=run["tax_fen"],
        net_fen=run["net_fen"],
        report=tuple(shown),
    )
