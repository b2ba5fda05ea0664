"""An acquirer's daily withdrawal file, written from the bank's own book.

    python -m station_pos.demo.outside.bank_daily_file --book bank.json --into inbox --date 2026-11-23

Writes ``WD_<acquirer>_<YYYYMMDD>_<number>.csv`` and its ``.ok`` flag. ``--dishonour`` names trace numbers that the bank
refuses after all: they are left out, as a debit that was rolled back in the night is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

HEADER = "terminal_no,trace_no,kind,card_last4,amount,fee,at,bank_no"


def yuan(fen: int) -> str:
    """Write fen as yuan."""
    return f"{fen // 100}.{fen % 100:02d}"


def lines_of(
    book: dict[str, Any], day: date, terminal_no: str, fee_fen: int, dishonoured: set[int]
) -> list[tuple[str, int, int]]:
    """Give each line with its amount and fee: what was debited that day, and what was reversed."""
    made = []
    for one in book["transactions"]:
        at = datetime.fromisoformat(one["at"])
        if at.date() != day or one["trace"] in dishonoured:
            continue
        undoes = int(one.get("undoes") or 0)
        if one["kind"] == "sale" and one["code"] == 0 and one["state"] in {"approved", "completed", "reversed"}:
            kind, trace, fee = "W", one["trace"], fee_fen
        elif one["kind"] == "reversal" and undoes:
            kind, trace, fee = "R", undoes, 0
        else:
            continue
        last4 = book["cards"][one["card"]]["number"][-4:]
        text = f"{terminal_no},{trace:06d},{kind},{last4},{yuan(one['amount_fen'])},{yuan(fee)},{at:%Y-%m-%d %H:%M:%S},"
        made.append((text + f"B{one['trace']:08d}", one["amount_fen"], fee))
    return made


def main(argv: list[str] | None = None) -> int:
    """Write the file; return 2 where the book cannot be read."""
    parser = argparse.ArgumentParser(prog="bank_daily_file", description="The acquirer's daily withdrawal file.")
    parser.add_argument("--book", type=Path, required=True, help="the bank's book")
    parser.add_argument("--into", type=Path, required=True, help="folder for the file")
    parser.add_argument("--date", type=date.fromisoformat, required=True, help="calendar day")
    parser.add_argument("--acquirer", default="100", help="acquirer's number")
    parser.add_argument("--terminal", required=True, help="number of the terminal that the book is of")
    parser.add_argument("--number", type=int, default=1, help="number of the file on that day")
    parser.add_argument("--fee-fen", type=int, default=100, help="fee of a withdrawal, in fen")
    parser.add_argument("--dishonour", type=int, action="append", default=[], help="trace number left out")
    options = parser.parse_args(argv)
    try:
        book = json.loads(options.book.read_text("utf-8"))
    except (OSError, ValueError) as error:
        print(f"bank_daily_file: {error}", file=sys.stderr)
        return 2
    lines = lines_of(book, options.date, options.terminal, options.fee_fen, set(options.dishonour))
    amount, fee = sum(one[1] for one in lines), sum(one[2] for one in lines)
    body = "".join(line + "\n" for line in (HEADER, *(one[0] for one in lines)))
    end = f"END,{len(lines)},,,{yuan(amount)},{yuan(fee)},,{hashlib.sha256(body.encode()).hexdigest()}\n"
    options.into.mkdir(parents=True, exist_ok=True)
    path = options.into / f"WD_{options.acquirer}_{options.date:%Y%m%d}_{options.number}.csv"
    path.write_text(body + end, "utf-8")
    path.with_name(path.name + ".ok").touch()
    print(json.dumps({"path": str(path), "lines": len(lines)}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
