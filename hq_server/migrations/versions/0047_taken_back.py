"""Credit purchases, pouches, sealed batches, rulings and withdrawal terms can be taken back before they are decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_STATES = {
    "credit_purchases": ("ENTERED", "APPROVED", "REFUSED"),
    "cash_pouches": ("ENTERED", "APPROVED", "REFUSED"),
    "seal_batches": ("ENTERED", "APPROVED"),
    "withdrawal_terms": ("ENTERED", "APPROVED", "REFUSED"),
    "withdrawal_rulings": ("PROPOSED", "APPROVED", "REFUSED"),
    "payment_rulings": ("PROPOSED", "APPROVED", "REFUSED"),
}


def upgrade() -> None:
    """Apply the step; a pouch whose entry was taken back can be entered again."""
    for table, states in _STATES.items():
        _replace(table, "state", _one_of(*states, "WITHDRAWN"))
    _replace("payment_rulings", "decided", "state IN ('PROPOSED', 'WITHDRAWN') OR approver_no IS NOT NULL")
    _labels("state IN ('ENTERED', 'APPROVED')")


def downgrade() -> None:
    """Take the step back; what was taken back goes with it."""
    for table in _STATES:
        rows = sa.table(table, sa.column("state", sa.Text()))
        op.execute(sa.delete(rows).where(rows.c.state == "WITHDRAWN"))
    for table, states in _STATES.items():
        _replace(table, "state", _one_of(*states))
    _replace("payment_rulings", "decided", "state = 'PROPOSED' OR approver_no IS NOT NULL")
    _labels("state <> 'REFUSED'")


def _one_of(*states: str) -> str:
    return f"state IN ({', '.join(repr(state) for state in states)})"


def _replace(table: str, name: str, check: str) -> None:
    full = op.f(f"ck_{table}_{name}")
    op.drop_constraint(full, table)
    op.create_check_constraint(full, table, check)


def _labels(standing: str) -> None:
    op.drop_index("uq_cash_pouches_label", "cash_pouches")
    columns = ["station_code", "direction", "label"]
    op.create_index("uq_cash_pouches_label", "cash_pouches", columns, unique=True, postgresql_where=sa.text(standing))
