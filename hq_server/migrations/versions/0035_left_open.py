"""What is still open is kept with it: bank lines, purchases without a line, sales that a list left out."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None
_KNOWN = (
    "SELECT bank_line FROM purchase_matches WHERE state IN ('PROPOSED', 'APPROVED')",
    "SELECT bank_line FROM payment_returns WHERE state IN ('PROPOSED', 'APPROVED')",
    "SELECT bank_line FROM payment_orders WHERE bank_line <> ''",
)
_TAKEN = sa.text(
    "UPDATE bank_entries SET is_free = false WHERE account_no = :account_no AND business_date = :business_date"
    " AND file_seq = :file_seq AND row_no = :row_no"
)
_TO_COME = "state = 'APPROVED' AND NOT has_line"


def upgrade() -> None:
    """Apply the step."""
    op.add_column("bank_entries", sa.Column("is_free", sa.Boolean(), nullable=False, server_default=sa.text("true")))
    op.add_column(
        "credit_purchases", sa.Column("has_line", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.add_column("commission_runs", sa.Column("waiting_count", sa.BigInteger()))
    op.add_column("commission_runs", sa.Column("disputed_count", sa.BigInteger()))
    connection = op.get_bind()
    lines = {row[0] for query in _KNOWN for row in connection.execute(sa.text(query))}
    places = [_place(line) for line in sorted(lines)]
    if places:
        connection.execute(_TAKEN, places)
    op.execute(
        "UPDATE credit_purchases p SET has_line = true FROM purchase_matches m WHERE m.station_code = p.station_code"
        " AND m.purchase_no = p.purchase_no AND m.state IN ('PROPOSED', 'APPROVED')"
    )
    op.create_index(
        "ix_bank_entries_free", "bank_entries", ["booked_on", "account_no"], postgresql_where=sa.text("is_free")
    )
    op.create_index(
        "ix_credit_purchases_to_come",
        "credit_purchases",
        ["entered_at", "station_code", "purchase_no"],
        postgresql_where=sa.text(_TO_COME),
    )


def _place(line: str) -> dict[str, object]:
    account_no, day, file_seq, row_no = line.rsplit("/", 3)
    numbers = {"file_seq": int(file_seq), "row_no": int(row_no)}
    return {"account_no": account_no, "business_date": date.fromisoformat(day), **numbers}


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_credit_purchases_to_come", "credit_purchases")
    op.drop_index("ix_bank_entries_free", "bank_entries")
    op.drop_column("commission_runs", "disputed_count")
    op.drop_column("commission_runs", "waiting_count")
    op.drop_column("credit_purchases", "has_line")
    op.drop_column("bank_entries", "is_free")
