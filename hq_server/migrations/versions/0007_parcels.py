"""Couriers, their manifests, and whom the items are for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "couriers",
        sa.Column("courier_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("courier_no", name=op.f("pk_couriers")),
        info={"kind": "reference"},
    )
    op.create_table(
        "courier_tellings",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("courier_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "courier_no", name=op.f("pk_courier_tellings")),
        info={"kind": "station", "derived": False},
    )
    op.create_table(
        "parcel_manifests",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("manifest_no", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("courier_no", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("cod_fen", sa.BigInteger(), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hq_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "manifest_no", name=op.f("pk_parcel_manifests")),
        info={"kind": "station", "derived": False},
    )
    op.create_table(
        "parcel_lines",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("waybill", sa.Text(), nullable=False),
        sa.Column("manifest_no", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "waybill", name=op.f("pk_parcel_lines")),
        info={"kind": "station", "derived": False},
    )
    op.create_table(
        "parcel_contacts",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("contacts_hash", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("station_code", "contacts_hash", name=op.f("pk_parcel_contacts")),
        info={"kind": "station", "derived": False},
    )


def downgrade() -> None:
    """Take the step back; what was announced stands in the journals."""
    for table in ("parcel_contacts", "parcel_lines", "parcel_manifests", "courier_tellings", "couriers"):
        op.drop_table(table)
