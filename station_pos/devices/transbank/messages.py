"""Transbank's messages: commands to the terminal, and its answers field by field.

Of an answer's card fields only the last four digits and the brand are read; the account number is left where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from station_pos.devices.card_privacy import last_four, mask_card_data
from station_pos.devices.card_terminal import CardRecord, CardTotals

if TYPE_CHECKING:
    from datetime import tzinfo

POLL: Final = b"0100"
LOAD_KEYS: Final = b"0800"
LAST_SALE: Final = b"0250|"
TOTALS: Final = b"0700||"
CLOSE: Final = b"0500||"
SALE_ANSWERS: Final = frozenset({"0210", "0260"})
VOID_ANSWER: Final = "1210"
PROGRESS: Final = "0900"
MOST_AMOUNT: Final = 999_999_999
TICKET_CHARACTERS: Final = 6


def ticket_of(reference: str) -> str:
    """The last six letters and digits of our reference: what the ticket field takes and the terminal repeats."""
    kept = "".join(char for char in reference if char.isascii() and char.isalnum())
    return kept[-TICKET_CHARACTERS:]


def sale(amount_fen: int, ticket: str) -> bytes:
    """Take an amount from the card; progress messages are wanted."""
    return f"0200|{amount_fen}|{ticket}|||1|".encode("ascii")


def void(operation_no: str) -> bytes:
    """Undo the sale with this operation number."""
    return f"1200|{operation_no}|".encode("ascii")


@dataclass(frozen=True, slots=True)
class Answer:
    """One message of the terminal: its function code, its response code (None when it has none), its fields."""

    function: str
    code: int | None
    fields: tuple[str, ...]

    @property
    def approved(self) -> bool:
        """Whether the response code is there and zero."""
        return self.code == 0

    def field(self, place: int) -> str:
        """The field at a place counted from the function code, or nothing where the message ends before it."""
        return self.fields[place].strip() if place < len(self.fields) else ""


def parse_answer(payload: bytes) -> Answer:
    """Take a message apart; bytes that are no ASCII are replaced, never guessed."""
    fields = tuple(payload.decode("ascii", "replace").split("|"))
    code = fields[1] if len(fields) > 1 else ""
    return Answer(fields[0], int(code) if code.isascii() and code.isdecimal() else None, fields)


def sale_record(answer: Answer, zone: tzinfo | None) -> CardRecord:
    """The transaction in the answer to a sale (0210) or to the question for the last one (0260)."""
    return CardRecord(
        card_last4=last_four(answer.field(9)),
        issuer=mask_card_data(answer.field(14) or answer.field(11)),
        auth_code=mask_card_data(answer.field(5)),
        trace_no=_digits(answer.field(10)),
        receipt_no=_digits(answer.field(10)),
        terminal_no=mask_card_data(answer.field(3)),
        merchant_no=_identifier(answer.field(2)),
        amount_fen=_number(answer.field(6)),
        terminal_time=_time(answer.field(15), answer.field(16), zone),
        our_reference=mask_card_data(answer.field(4)),
    )


def void_record(answer: Answer, original: CardRecord) -> CardRecord:
    """The transaction in the answer to a void (1210), whole by nature."""
    return CardRecord(
        card_last4=original.card_last4,
        issuer=original.issuer,
        auth_code=mask_card_data(answer.field(4)),
        trace_no=_digits(answer.field(5)),
        receipt_no=_digits(answer.field(5)),
        terminal_no=mask_card_data(answer.field(3)),
        merchant_no=_identifier(answer.field(2)),
        amount_fen=original.amount_fen,
        reverses_trace_no=original.trace_no,
    )


def totals_of(answer: Answer) -> CardTotals | None:
    """Count and sum in the answer to 0700; None where they cannot be read."""
    count, amount_fen = _number(answer.field(2)), _number(answer.field(3))
    return None if count is None or amount_fen is None else CardTotals(count, amount_fen)


def _digits(text: str) -> str:
    return text if text.isascii() and text.isdecimal() else ""


def _number(text: str) -> int | None:
    return int(text) if _digits(text) and len(text) <= 12 else None  # noqa: PLR2004 - longer is no amount


def _identifier(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isalnum())[:15]


def _time(date: str, time_of_day: str, zone: tzinfo | None) -> datetime | None:
    try:
        return datetime.strptime(f"{date}{time_of_day}", "%d%m%Y%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return None
