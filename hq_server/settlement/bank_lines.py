"""Lines of the bank's statement as SQL names them: where a line stands, what it says, and that it is still free.

That a line is free, and that no line is known for a purchase, is kept with each of them, since both only ever grow in
number: whoever says what a line brought, or takes it back, has it noted anew from what then stands.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

LINE = "concat_ws('/', b.account_no, b.business_date, b.file_seq, b.row_no)"
"""The place of a line ``b`` of `bank_entries`, by which everything of ours names it."""
REFERENCE = "concat_ws(' ', b.end_to_end_id, b.bank_no, b.batch_no, b.text)"
"""Everything a line says that may hold a number of ours."""
FREE_LINE = "b.is_free"
"""That no purchase, order or returned payment is known for a line ``b``, or said to be."""
WITHOUT_LINE = "p.state = 'APPROVED' AND NOT p.has_line"
"""That a purchase ``p`` holds and no line of the statement is known for it, or said to be."""
PLACE_OF_LINE = "FROM bank_entries b"
AT_PLACE = """b.account_no = :account_no AND b.business_date = :business_date AND b.file_seq = :file_seq
    AND b.row_no = :row_no"""
"""That a line ``b`` is the one at a `place_of`."""
_TAKEN = "state IN ('PROPOSED', 'APPROVED')"
_IS_TAKEN = text(f"""
    SELECT EXISTS (SELECT 1 FROM purchase_matches WHERE bank_line = :line AND {_TAKEN})
        OR EXISTS (SELECT 1 FROM payment_returns WHERE bank_line = :line AND {_TAKEN})
        OR EXISTS (SELECT 1 FROM payment_orders WHERE bank_line = :line)
        OR EXISTS (SELECT 1 FROM payment_items WHERE bank_line = :line)
""")  # noqa: S608 - our own words
_HAS_LINE = text(
    f"SELECT EXISTS (SELECT 1 FROM purchase_matches WHERE station_code = :code AND purchase_no = :number AND {_TAKEN})"  # noqa: S608
)
_NOTE_LINE = text(f"UPDATE bank_entries b SET is_free = NOT :is_taken WHERE {AT_PLACE}")  # noqa: S608 - our own words
_NOTE_PURCHASE = text(
    "UPDATE credit_purchases SET has_line = :has_line WHERE station_code = :code AND purchase_no = :number"
)
_LOCK = 7_201_041
"""Advisory lock of the statement, held to the end of each transaction that says what a line brought or paid."""
_PARTS = 4


def hold_statement(connection: Connection) -> None:
    """Wait until nobody else says what lines brought: whether a line is free is then true until this transaction ends.

    One line brought one thing, and no key of the database can say so over purchases, returned payments and orders.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def place_of(line: str) -> dict[str, Any] | None:
    """Take a line's name apart into the key of its row; None for what names no line."""
    parts = line.rsplit("/", _PARTS - 1)
    try:
        account_no, day, file_seq, row_no = parts
        place = {"account_no": account_no, "business_date": date.fromisoformat(day)}
        numbers = {"file_seq": int(file_seq), "row_no": int(row_no)}
    except ValueError:
        return None
    return {**place, **numbers} if all(0 <= number < 2**31 for number in numbers.values()) else None


def note_line(connection: Connection, line: str) -> None:
    """Keep with a line whether it is free, as it now stands; the statement is held."""
    place = place_of(line)
    if place is not None:
        is_taken = bool(connection.scalar(_IS_TAKEN, {"line": line}))
        connection.execute(_NOTE_LINE, {"is_taken": is_taken, **place})


def note_purchase(connection: Connection, station_code: str, purchase_no: int) -> None:
    """Keep with a purchase whether a line is known for it, as it now stands; the statement is held."""
    this = {"code": station_code, "number": purchase_no}
    connection.execute(_NOTE_PURCHASE, {"has_line": bool(connection.scalar(_HAS_LINE, this)), **this})
