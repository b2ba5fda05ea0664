"""Lines of the bank's statement as SQL names them: where a line stands, what it says, and that it is still free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

LINE = "concat_ws('/', b.account_no, b.business_date, b.file_seq, b.row_no)"
"""The place of a line ``b`` of `bank_entries`, by which everything of ours names it."""
REFERENCE = "concat_ws(' ', b.end_to_end_id, b.bank_no, b.batch_no, b.text)"
"""Everything a line says that may hold a number of ours."""
_TAKEN = "state IN ('PROPOSED', 'APPROVED')"
FREE_LINE = f"""{LINE} NOT IN (SELECT m.bank_line FROM purchase_matches m WHERE m.{_TAKEN})
    AND {LINE} NOT IN (SELECT r.bank_line FROM payment_returns r WHERE r.{_TAKEN})
    AND {LINE} NOT IN (SELECT o.bank_line FROM payment_orders o WHERE o.bank_line <> '')"""  # noqa: S608 - our own words
"""That no purchase, order or returned payment is known for a line ``b``, or said to be."""
PLACE_OF_LINE = "FROM bank_entries b"
_LOCK = 7_201_041
"""Advisory lock of the statement, held to the end of each transaction that says what a line brought or paid."""


def hold_statement(connection: Connection) -> None:
    """Wait until nobody else says what lines brought: whether a line is free is then true until this transaction ends.

    One line brought one thing, and no key of the database can say so over purchases, returned payments and orders.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
