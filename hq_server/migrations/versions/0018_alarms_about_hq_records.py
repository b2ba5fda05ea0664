"""An alarm that is about no record of the station names HQ's record, so that two of them are two alarms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.add_column(
        "alarms",
        sa.Column("about_hq_seq", sa.BigInteger(), autoincrement=False, server_default=sa.text("0"), nullable=False),
    )
    op.drop_constraint("pk_alarms", "alarms", type_="primary")
    op.create_primary_key("pk_alarms", "alarms", ["station_code", "code", "station_seq", "about_hq_seq"])


def downgrade() -> None:
    """Take the step back; of several alarms about no record of the station the first stays."""
    op.execute(
        "DELETE FROM alarms a USING alarms b WHERE a.station_code = b.station_code AND a.code = b.code"
        " AND a.station_seq = b.station_seq AND a.about_hq_seq > b.about_hq_seq"
    )
    op.drop_constraint("pk_alarms", "alarms", type_="primary")
    op.create_primary_key("pk_alarms", "alarms", ["station_code", "code", "station_seq"])
    op.drop_column("alarms", "about_hq_seq")
