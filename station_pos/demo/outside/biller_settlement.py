"""The settlement file that a biller writes from its own book, with differences planted on request.

Layout (default profile), one record a line, fields parted by `|`:

    H|biller|YYYYMMDD|seq|1
    D|seq|our_no|biller_no|account|YYYYMMDDHHMMSS|PAY or REV|amount_fen|SUCCESS or REVERSED
    T|count of D|sum of amount_fen of D|SHA-256 over the bytes of all H and D lines with their line ends, hex

A payment that was reversed is one row, `REV` and `REVERSED`. Times are Shanghai time. An empty file named like the data
file plus `.ok` is written last: without it the data file is not complete.
"""

from __future__ import annotations

import hashlib
import os
import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from station_pos.demo.outside.biller_book import SHANGHAI

if TYPE_CHECKING:
    from pathlib import Path

    from station_pos.demo.outside.biller_book import BillerBook, Payment

DIFFERENCES = (
    "theirs_only",
    "ours_only",
    "amount_mismatch",
    "status_mismatch",
    "duplicate_theirs",
    "account_mismatch",
    "cutoff_shift",
)
DAMAGES = ("total_mismatch", "bad_byte", "half_line", "no_trailer", "wrong_biller")
ENCODINGS = ("utf-8", "gb18030")
NEWLINES = {"lf": "\n", "crlf": "\r\n"}


class SettlementRefusedError(ValueError):
    """The file asked for cannot be made; the message is one sentence. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Row:
    """One detail row before it is numbered; `time` is `YYYYMMDDHHMMSS`, `kind` PAY or REV."""

    our_no: str
    biller_no: str
    account_no: str
    time: str
    kind: str
    amount_fen: int
    status: str


@dataclass(frozen=True, slots=True)
class Order:
    """What the auditor asked for: whose file of which date, where, and what to plant in it."""

    biller: str
    business_date: date
    out_dir: Path
    encoding: str
    newline: str
    plant: dict[str, int]
    seed: int


@dataclass(frozen=True, slots=True)
class Planted:
    """A difference as planted, named from the reader's point of view."""

    kind: str
    our_no: str
    biller_no: str
    note: str


def read_order(body: dict[str, Any], out_dir: Path) -> Order:
    """Check the body of POST /control/settlement. Raises `SettlementRefusedError`."""
    try:
        business_date = date.fromisoformat(str(body["business_date"]))
    except (KeyError, ValueError) as error:
        msg = "business_date must be a date YYYY-MM-DD"
        raise SettlementRefusedError(msg) from error
    encoding, newline = body.get("encoding", "utf-8"), body.get("newline", "lf")
    if encoding not in ENCODINGS or newline not in NEWLINES:
        msg = "encoding must be utf-8 or gb18030, newline lf or crlf"
        raise SettlementRefusedError(msg)
    plant: dict[str, int] = {}
    for name, count in dict(body.get("plant") or {}).items():
        kind = str(name).lower()
        if kind not in DIFFERENCES + DAMAGES or isinstance(count, float) or int(count) < 0:
            msg = f"cannot plant {name}: {count}; known: {', '.join(DIFFERENCES + DAMAGES)}"
            raise SettlementRefusedError(msg)
        if int(count):
            plant[kind] = int(count)
    return Order(str(body["biller"]), business_date, out_dir, encoding, newline, plant, int(body.get("seed", 1)))


def row_of(payment: Payment) -> Row:
    """Return the detail row of a payment that was booked."""
    time = payment.posted_at.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")
    kind, status = ("REV", "REVERSED") if payment.status == "reversed" else ("PAY", "SUCCESS")
    return Row(payment.our_no, payment.biller_no, payment.account_no, time, kind, payment.amount_fen, status)


def plant_differences(
    rows: list[Row], accounts: list[str], order: Order, file_seq: int
) -> tuple[list[Row], list[Planted]]:
    """Return the rows with the differences asked for, each on a row of its own, and what was done.

    Raises `SettlementRefusedError` when there are too few successful rows for that.
    """
    draw = random.Random(f"{order.seed}/{order.biller}/{order.business_date}")
    counts = {kind: order.plant.get(kind, 0) for kind in DIFFERENCES}
    untouched = [i for i, row in enumerate(rows) if row.status == "SUCCESS"]
    needed = sum(counts.values()) - counts["theirs_only"]
    if needed > len(untouched) or (counts["account_mismatch"] and not accounts[1:]):
        msg = f"{needed} differences need as many successful rows; {order.biller} has {len(untouched)} that day"
        raise SettlementRefusedError(msg)
    chosen = iter(draw.sample(untouched, needed))
    changed: dict[int, list[Row]] = {}
    planted: list[Planted] = []
    for kind in DIFFERENCES:
        if kind == "theirs_only":
            continue
        for _ in range(counts[kind]):
            index = next(chosen)
            serial = f"{order.biller}{order.business_date:%Y%m%d}8{file_seq:02d}{index:05d}"
            changed[index], note = _disturbed(rows[index], kind, accounts, serial, draw)
            planted.append(Planted(kind, rows[index].our_no, rows[index].biller_no, note))
    result = [row for i, original in enumerate(rows) for row in changed.get(i, [original])]
    for n in range(counts["theirs_only"]):
        serial = f"{order.biller}{order.business_date:%Y%m%d}9{file_seq:02d}{n:05d}"
        stray = Row(
            f"ZZ{draw.randrange(10**14):014d}",
            serial,
            draw.choice(accounts),
            f"{order.business_date:%Y%m%d}{draw.randrange(9, 18):02d}{draw.randrange(60):02d}{draw.randrange(60):02d}",
            "PAY",
            draw.randrange(1_000, 20_000),
            "SUCCESS",
        )
        result.insert(draw.randrange(len(result) + 1), stray)
        planted.append(Planted("theirs_only", stray.our_no, serial, f"a row nobody asked for, {stray.amount_fen} fen"))
    return result, planted


def _disturbed(row: Row, kind: str, accounts: list[str], serial: str, draw: random.Random) -> tuple[list[Row], str]:
    """Return the rows that stand in the file instead of `row`, and a note of the change."""
    if kind in {"ours_only", "cutoff_shift"}:
        return [], "row left out" if kind == "ours_only" else "row kept for the next date's file"
    if kind == "amount_mismatch":
        difference_fen = draw.randint(1, 99)
        if row.amount_fen > difference_fen and draw.choice((True, False)):
            difference_fen = -difference_fen
        amount_fen = row.amount_fen + difference_fen
        return [replace(row, amount_fen=amount_fen)], f"{row.amount_fen} fen written as {amount_fen}"
    if kind == "status_mismatch":
        return [replace(row, kind="REV", status="REVERSED")], "success written as reversed"
    if kind == "duplicate_theirs":
        return [row, replace(row, biller_no=serial)], f"repeated with serial {serial}"
    other = draw.choice([account for account in accounts if account != row.account_no])
    return [replace(row, account_no=other)], f"account {row.account_no} written as {other}"


def compose(rows: list[Row], order: Order, file_seq: int) -> bytes:
    """Return the bytes of the file, with at most the damages asked for; otherwise it is sound in itself."""
    damage = set(order.plant) & set(DAMAGES)
    end = NEWLINES[order.newline]
    biller = f"{order.biller}X" if "wrong_biller" in damage else order.biller
    lines = [f"H|{biller}|{order.business_date:%Y%m%d}|{file_seq}|1"]
    for seq, row in enumerate(rows, start=1):
        fields = (row.our_no, row.biller_no, row.account_no, row.time, row.kind, row.amount_fen, row.status)
        lines.append("|".join(("D", str(seq), *map(str, fields))))
    body = "".join(line + end for line in lines).encode(order.encoding)
    if "bad_byte" in damage:  # 0xFF is valid in neither encoding; it replaces the last byte before the line end
        cut = len(body) - len(end)
        body = body[: cut - 1] + b"\xff" + body[cut:]
    total_fen = sum(row.amount_fen for row in rows) + (1 if "total_mismatch" in damage else 0)
    trailer = f"T|{len(rows)}|{total_fen}|{hashlib.sha256(body).hexdigest()}{end}".encode(order.encoding)
    if "half_line" in damage:
        return body[: len(body) - len(lines[-1]) // 2 - len(end)]
    return body if "no_trailer" in damage else body + trailer


def _write_whole(path: Path, content: bytes) -> None:
    """Write through a temporary name, so that no reader ever sees half a file."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def write_settlement_file(book: BillerBook, order: Order) -> dict[str, Any]:
    """Write the file and its flag; return names, totals and what was planted. Raises `SettlementRefusedError`."""
    with book.transaction() as db:
        payments = [p for p in book.payments(order.biller, order.business_date) if p.biller_no]
        day = order.business_date.isoformat()
        arrived = db.execute("SELECT our_no FROM carried_row WHERE biller = ? AND to_date = ?", (order.biller, day))
        late = [book.status(order.biller, row["our_no"]) for row in arrived.fetchall()]
        left = db.execute("SELECT our_no FROM carried_row WHERE biller = ? AND from_date = ?", (order.biller, day))
        moved = {row["our_no"] for row in left}
        accounts = [
            row[0] for row in db.execute("SELECT account_no FROM account WHERE biller = ? ORDER BY 1", (order.biller,))
        ]
        own = [row_of(p) for p in payments if p.our_no not in moved]
        rows = [row_of(p) for p in late if p is not None]
        file_seq = (
            1
            + db.execute(
                "SELECT COUNT(*) FROM settlement_file WHERE biller = ? AND business_date = ?", (order.biller, day)
            ).fetchone()[0]
        )
        disturbed, planted = plant_differences(own, accounts, order, file_seq)
        rows += disturbed
        content = compose(rows, order, file_seq)
        name = f"{order.biller}_{order.business_date:%Y%m%d}_{file_seq}.txt"
        db.execute(
            "INSERT INTO settlement_file VALUES (?, ?, ?, ?, ?)",
            (order.biller, day, file_seq, name, hashlib.sha256(content).hexdigest()),
        )
        tomorrow = (order.business_date + timedelta(days=1)).isoformat()
        shifted = [p.our_no for p in planted if p.kind == "cutoff_shift"]
        db.executemany(
            "INSERT INTO carried_row VALUES (?, ?, ?, ?)", [(order.biller, our_no, day, tomorrow) for our_no in shifted]
        )
        try:
            order.out_dir.mkdir(parents=True, exist_ok=True)
            _write_whole(order.out_dir / name, content)
            (order.out_dir / f"{name}.ok").touch()
        except OSError as error:
            msg = f"cannot write in {order.out_dir}: {error.strerror}"
            raise SettlementRefusedError(msg) from error
    return {
        "file": str(order.out_dir / name),
        "ok_file": str(order.out_dir / f"{name}.ok"),
        "seq": file_seq,
        "count": len(rows),
        "amount_fen": sum(row.amount_fen for row in rows),
        "planted": {kind.upper(): count for kind, count in order.plant.items()},
        "planted_rows": [
            {"kind": p.kind.upper(), "our_no": p.our_no, "biller_no": p.biller_no, "note": p.note} for p in planted
        ],
        "carried_in": [p.our_no for p in late if p is not None],
    }
