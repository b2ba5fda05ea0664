"""What a ZVT terminal says, as bytes: results, states, receipt lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

TERMINAL_NO, MERCHANT_NO = "29001234", b"100726560100417"  # acquirer 3, area 4, category 4, serial 4
ACCEPTED, COMPLETION = bytes.fromhex("800000"), bytes.fromhex("060F00")
NOT_POSSIBLE, BUSY = bytes.fromhex("848300"), bytes.fromhex("849C00")
INSERT_CARD, LOOK_AT_PIN_PAD, WAIT, ASKING_BANK, AUTO_REVERSAL, REMOVE_CARD, WRONG_PIN, OK, DECLINED = (
    *(0x0A, 0x01, 0x0E, 0x04, 0x05, 0x0B, 0x15, 0x1C, 0x1D),
)
VERSION = b"SIM-ZVT 1.0"


def message(head: str, data: bytes = b"") -> bytes:
    """An APDU with its length."""
    size = bytes([len(data)]) if len(data) < 0xFF else b"\xff" + len(data).to_bytes(2, "little")  # noqa: PLR2004
    return bytes.fromhex(head) + size + data


def packed(value: int | str, size: int) -> bytes:
    """Digits two to a byte."""
    return bytes.fromhex(str(value).zfill(size * 2))


def counted(content: bytes, digits: int) -> bytes:
    """A content with its length in F-digits before it."""
    return bytes(0xF0 | int(digit) for digit in f"{len(content):0{digits}d}") + content


def state(code: int) -> bytes:
    """An intermediate status with a timeout of a minute."""
    return message("04FF", bytes([code, 0x01]))


def abort(code: int) -> bytes:
    """The end of a request that came to nothing."""
    return message("061E", bytes([code]))


def status_answer(code: int) -> bytes:
    """The completion of a status enquiry: the software's name and the status byte."""
    return message("060F", counted(VERSION, 3) + bytes([code]))


def print_line(text: str) -> bytes:
    """One receipt line for the counter to print."""
    return message("06D1", b"\x00" + text.encode("cp437", "replace"))


def declined(code: int, terminal_no: str = TERMINAL_NO) -> bytes:
    """A result without a transaction."""
    return message("040F", b"\x27" + bytes([code]) + b"\x29" + packed(terminal_no, 4))


def result(
    done: dict[str, Any],
    card: dict[str, Any],
    *,
    amount_fen: int | None = None,
    leaky: bool = False,
    terminal_no: str = TERMINAL_NO,
) -> bytes:
    """The status information of a transaction; `leaky` sends card number, expiry and track as they are."""
    number = card["number"]
    shown = number if leaky else number[:4] + "E" * (len(number) - 8) + number[-4:]
    at = datetime.fromisoformat(done["at"])
    stated_fen = done["amount_fen"] if amount_fen is None else amount_fen
    data = b"\x27" + bytes([done["code"]]) + b"\x04" + packed(stated_fen, 6)
    data += b"\x0b" + packed(done["trace"], 3) + b"\x0c" + packed(f"{at:%H%M%S}", 3) + b"\x0d" + packed(f"{at:%m%d}", 2)
    if leaky:
        track = f"{number}={card['expiry']}2011234500001".encode()
        data += b"\x0e" + packed(card["expiry"], 2) + b"\x23" + counted(track, 2) + b"\x24" + counted(track, 3)
        data += b"\x3c" + counted(f"CARD {number} EXP {card['expiry'][2:]}/{card['expiry'][:2]}".encode(), 3)
    data += b"\x22" + counted(bytes.fromhex(shown + "F" * (len(shown) % 2)), 2)
    data += b"\x29" + packed(terminal_no, 4) + b"\x2a" + MERCHANT_NO
    if done["undoes"]:
        data += b"\x37" + packed(done["undoes"], 3)
    data += b"\x3b" + done["auth"].encode().ljust(8, b"\0") + b"\x49\x01\x56"
    data += b"\x87" + packed(done["receipt"], 2) + b"\x88" + packed(done["trace"], 3)
    data += b"\x8a\x05" + b"\x8b" + counted(card["name"].encode() + b"\0", 2)
    return message("040F", data)


def receipt_lines(done: dict[str, Any], card: dict[str, Any], *, leaky: bool = False) -> list[bytes]:
    """What the customer's slip of the terminal says."""
    number = card["number"] if leaky else "*" * (len(card["number"]) - 4) + card["number"][-4:]
    lines = [f"{card['name']} {number}", f"AMOUNT {done['amount_fen'] // 100}.{done['amount_fen'] % 100:02d} CNY"]
    if leaky:
        lines.append(f"VALID THRU {card['expiry'][2:]}/{card['expiry'][:2]}")
    return [print_line(line) for line in [*lines, f"RECEIPT {done['receipt']:04d} TRACE {done['trace']:06d}"]]


def totals(count: int, total_fen: int) -> bytes:
    """The result of an end of day: sum and, for each card type, how many."""
    pairs = packed(count, 1) + packed(total_fen, 6) + bytes(7) * 6
    return message("040F", b"\x27\x00\x04" + packed(total_fen, 6) + b"\x60" + counted(bytes(4) + pairs, 3))
