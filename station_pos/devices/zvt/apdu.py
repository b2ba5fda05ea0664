"""ZVT application messages (PA00P015): class, instruction, length, data; amounts and numbers in BCD."""

from __future__ import annotations

from typing import Final

REGISTRATION: Final = 0x0600
AUTHORISATION: Final = 0x0601
LOG_OFF: Final = 0x0602
BALANCE: Final = 0x0603
REPEAT_RECEIPT: Final = 0x0620
REVERSAL: Final = 0x0630
REFUND: Final = 0x0631
END_OF_DAY: Final = 0x0650
DIAGNOSIS: Final = 0x0670
INITIALISATION: Final = 0x0693
ABORT_BY_COUNTER: Final = 0x06B0
DISPLAY_TEXT: Final = 0x06E0
STATUS_ENQUIRY: Final = 0x0501

STATUS_INFORMATION: Final = 0x040F
INTERMEDIATE_STATUS: Final = 0x04FF
COMPLETION: Final = 0x060F
ABORT: Final = 0x061E
PRINT_LINE: Final = 0x06D1
PRINT_BLOCK: Final = 0x06D3

CONFIG: Final = 0xBE
"""The counter prints receipts and admin receipts, controls payment and administration, wants intermediate status."""
CNY: Final = bytes.fromhex("0156")
ACCEPTED: Final = bytes.fromhex("800000")
NOT_ISSUED: Final = bytes.fromhex("846600")
PLEASE_WAIT: Final = bytes.fromhex("849C00")
NOT_POSSIBLE: Final = bytes.fromhex("848300")
PASSWORD_DIGITS: Final = 6
_LONG: Final = 0xFF
_HEAD_BYTES: Final = 3
_LONG_HEAD_BYTES: Final = 5
_LINES_SHOWN: Final = 8
_LINE_CHARACTERS: Final = 20


class ApduError(ValueError):
    """Bytes that are no APDU, or a value that no APDU can carry; the message is one sentence."""


def apdu(command: int, data: bytes = b"") -> bytes:
    """Class and instruction, the length in one byte or three, and the data."""
    length = bytes([len(data)]) if len(data) < _LONG else bytes([_LONG]) + len(data).to_bytes(2, "little")
    return command.to_bytes(2, "big") + length + data


def whole_length(head: bytes) -> int | None:
    """How many bytes the APDU that begins with these has in all; None while its length has not arrived."""
    if len(head) < _HEAD_BYTES:
        return None
    if head[2] != _LONG:
        return _HEAD_BYTES + head[2]
    if len(head) < _LONG_HEAD_BYTES:
        return None
    return _LONG_HEAD_BYTES + int.from_bytes(head[3:5], "little")


def command_and_data(received: bytes) -> tuple[int, bytes]:
    """Take an APDU apart.

    Raises:
        ApduError: it is cut short, or longer than it says.
    """
    length = whole_length(received)
    if length is None or length != len(received):
        msg = f"an APDU of {len(received)} bytes says that it has {length}"
        raise ApduError(msg)
    return int.from_bytes(received[:2], "big"), received[_LONG_HEAD_BYTES if received[2] == _LONG else _HEAD_BYTES :]


def bcd(value: int | str, size: int) -> bytes:
    """Digits two to a byte, zeros on the left; `size` is in bytes.

    Raises:
        ApduError: it is no number, or has too many digits.
    """
    digits = str(value)
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > size * 2:
        msg = f"a number of at most {size * 2} digits is needed"
        raise ApduError(msg)
    return bytes.fromhex(digits.zfill(size * 2))


def digits_of(data: bytes) -> str:
    """The digits of a BCD field; empty when it holds anything else."""
    text = data.hex()
    return text if text.isdecimal() else ""


def registration(password: str) -> bytes:
    """Log the counter on: prints and controls here (`CONFIG`), amounts in CNY, the service menu closed."""
    return apdu(REGISTRATION, bcd(password, 3) + bytes([CONFIG]) + CNY + bytes.fromhex("0300"))


def authorisation(amount_fen: int) -> bytes:
    """Take an amount in fen from the card."""
    return apdu(AUTHORISATION, b"\x04" + bcd(amount_fen, 6) + b"\x49" + CNY)


def reversal(password: str, receipt_no: str) -> bytes:
    """Undo the transaction with this receipt number."""
    return apdu(REVERSAL, bcd(password, 3) + b"\x87" + bcd(receipt_no, 2))


def refund(password: str, amount_fen: int) -> bytes:
    """Give an amount in fen back to the card."""
    return apdu(REFUND, bcd(password, 3) + b"\x04" + bcd(amount_fen, 6))


def repeat_receipt(password: str) -> bytes:
    """Have the last transaction told again."""
    return apdu(REPEAT_RECEIPT, bcd(password, 3) + bytes.fromhex("0300"))


def status_enquiry(password: str) -> bytes:
    """Ask how the terminal is."""
    return apdu(STATUS_ENQUIRY, bcd(password, 3) + bytes.fromhex("0300"))


def with_password(command: int, password: str) -> bytes:
    """A command that takes the password alone: end of day, initialisation."""
    return apdu(command, bcd(password, 3))


def display_text(text: str, seconds: int = 5) -> bytes:
    """Show up to eight lines of printable ASCII for some seconds; other characters show as a question mark."""
    plain = "".join(char if char.isascii() and char.isprintable() else "?" for char in text)
    lines = [plain[start : start + _LINE_CHARACTERS] for start in range(0, len(plain), _LINE_CHARACTERS)]
    data = b"\xf0" + bytes([seconds])
    for number, line in enumerate(lines[:_LINES_SHOWN]):
        tens, ones = divmod(len(line), 10)
        data += bytes([0xF1 + number, 0xF0 | tens, 0xF0 | ones]) + line.encode("ascii")
    return apdu(DISPLAY_TEXT, data)
