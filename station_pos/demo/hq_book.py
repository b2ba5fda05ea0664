"""HQ's book as its commands state it: heads, balances, payments, breaks and commission, read from ``--json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from station_journal.accounts import Account, Ledger
from station_journal.records import Side
from station_pos.demo.headquarters import ECOM
from station_pos.demo.processes import at_once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from station_pos.demo.headquarters import Headquarters
    from station_pos.demo.settling import Settled


@dataclass(frozen=True, slots=True)
class HqBook:
    """What HQ says of one station; ``payments`` maps our number to (status, fen), ``report`` is for readers."""

    public_key: str
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
    asked = (
        (None, "report", "station", station_code, "--json"),
        (ECOM, "commission", "show", "--month", settled.month, "--json"),
        (None, "report", "revenue", "--from", settled.business_date),
        (None, "breaks"),
        (ECOM, "commission", "show", "--month", settled.month),
    )
    found = at_once([partial(hq.run, *words) for words in asked])
    books, run = (json.loads(text) for text in found[:2])
    return HqBook(
        public_key=books["hq_public_key"],
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
        report=tuple(line for text in found[2:] for line in text.splitlines()),
    )
