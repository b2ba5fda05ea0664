"""The paper that came out of the printer, read as a customer or an inspector would read it.

Titles, numbers and amounts are found by their words on the paper; what the station believes it printed plays no part.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TITLES = {
    "代收费收据": "receipt",
    "COLLECTION RECEIPT": "receipt",
    "待定凭条": "pending",
    "RESULT PENDING": "pending",
    "退款凭条": "refund",
    "REFUND SLIP": "refund",
    "冲正凭条": "reversal",
    "REVERSAL SLIP": "reversal",
    "助农取款凭条": "withdrawal",
    "CASH WITHDRAWAL": "withdrawal",
    "取款未成凭条": "withdrawal_failed",
    "WITHDRAWAL NOT DONE": "withdrawal_failed",
    "取款待定凭条": "withdrawal_pending",
    "WITHDRAWAL PENDING": "withdrawal_pending",
    "代收货款收据": "cod",
    "CASH ON DELIVERY RECEIPT": "cod",
    "收件交接单": "received",
    "RECEIVING SLIP": "received",
    "额度充值凭条": "credit",
    "CREDIT ADDED": "credit",
}
OF_PAYMENTS = frozenset({"receipt", "pending", "refund", "reversal"})
"""Kinds of paper that name a payment."""
_CLOSE = re.compile(r"日终报表 Z \d+ 号|DAY CLOSE Z \d+")
_COPY = re.compile(r"【补打】第 ?(\d+) ?次|\[COPY\] No\. (\d+)")
_RECEIPT_NO = re.compile(r"(?:收据号|Receipt no\.)\s*(\d{8})")
_OUR_NO = re.compile(r"[A-Z0-9-]+-\d{6,}-[0-9a-f]{8}")
_AMOUNT = re.compile(r"(?:金额|CNY|代收|COLLECTED) ?([\d,]+\.\d\d)")
_CHANGE = re.compile(r"(?:找零|Change)\s*([\d,]+\.\d\d)")


@dataclass(frozen=True, slots=True)
class Slip:
    """One piece of paper. ``copy_no`` is 0 for an original; sums are in fen, None where the paper names none."""

    number: int
    kind: str
    our_no: str
    receipt_no: int
    copy_no: int
    amount_fen: int | None
    change_fen: int | None
    lines: tuple[str, ...]
    qr: tuple[str, ...]
    ended_by: str

    @property
    def text(self) -> str:
        """The lines as they stand on the paper."""
        return "\n".join(self.lines)


def _fen(found: re.Match[str] | None) -> int | None:
    return None if found is None else int(found.group(1).replace(",", "").replace(".", ""))


def _kind(line: str) -> str:
    return "z" if _CLOSE.fullmatch(line) else TITLES.get(line, "")


def read_slip(file: Path) -> Slip:
    """Read one slip from what the printer kept of it."""
    paper = json.loads(file.read_text("utf-8"))
    lines = tuple(line.rstrip() for line in paper["lines"])
    text = "\n".join(lines)
    # A long value stands on a line of its own, or broken over two: the numbers are looked for without line ends.
    joined = text.replace("\n", " ")
    copy, receipt_no, ours = _COPY.search(joined), _RECEIPT_NO.search(joined), _OUR_NO.search(joined)
    return Slip(
        number=paper["number"],
        kind=next((kind for line in lines if (kind := _kind(line.strip()))), "unknown"),
        our_no=ours.group(0) if ours else next((code.split("|")[0] for code in paper["qr"]), ""),
        receipt_no=int(receipt_no.group(1)) if receipt_no else 0,
        copy_no=int(copy.group(1) or copy.group(2)) if copy else 0,
        amount_fen=_fen(_AMOUNT.search(joined)),
        change_fen=_fen(_CHANGE.search(joined)),
        lines=lines,
        qr=tuple(paper["qr"]),
        ended_by=paper["ended_by"],
    )


def read_paper(folder: Path) -> list[Slip]:
    """Read all slips in the order in which they were cut."""
    files = sorted((file for file in folder.glob("*.json") if file.stem.isdigit()), key=lambda file: int(file.stem))
    return [read_slip(file) for file in files]


def counts(slips: list[Slip]) -> dict[str, int]:
    """Count originals by kind, and copies."""
    return dict(Counter("copy" if slip.copy_no else slip.kind for slip in slips))
