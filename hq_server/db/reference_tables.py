"""Tables of what HQ keeps about its staff, its stations and its tariffs, and of who did what."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Boolean, CheckConstraint, Column, Date, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from hq_server.db.four_eyes_columns import four_eyes_columns
from hq_server.db.metadata import instant, octets, reference_table, station_table

hq_keys = reference_table(
    "hq_keys",
    octets("public_key", primary_key=True),
    instant("first_used_at"),
)

staff = reference_table(
    "staff",
    Column("staff_no", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    instant("locked_until", nullable=True),
    instant("created_at"),
    # A closed account stays: what it did names it. A password that somebody else has seen is changed at once.
    Column("is_closed", Boolean, nullable=False, server_default=text("false")),
    Column("is_password_given", Boolean, nullable=False, server_default=text("false")),
    # The secret of one-time codes under HQ's key, the one that waits for its first code, and the last step used.
    octets("totp_sealed", nullable=True),
    octets("totp_offered", nullable=True),
    Column("totp_step", BigInteger, nullable=False, server_default=text("0")),
    instant("signed_in_at", nullable=True),
    CheckConstraint("staff_no > 0", name="staff_no"),
)

staff_requests = reference_table(
    "staff_requests",
    Column("request_no", BigInteger, Identity(), primary_key=True),
    Column("staff_no", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    *four_eyes_columns(),
    CheckConstraint("kind IN ('OPEN', 'ROLE', 'RESET', 'REOPEN')", name="kind"),
)
Index(
    "uq_staff_requests_open",
    staff_requests.c.staff_no,
    unique=True,
    postgresql_where=staff_requests.c.state == "PROPOSED",
)

audit_entries = station_table(
    "audit_entries",
    Column("entry_no", BigInteger, Identity(), primary_key=True),
    instant("at"),
    Column("actor", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("details", JSONB, nullable=False),
)
# The database itself refuses to change or remove an entry: a trigger, which the migration makes.
Index("ix_audit_entries_no", audit_entries.c.entry_no)
Index("ix_audit_entries_tag", audit_entries.c.tag, audit_entries.c.entry_no)
Index("ix_audit_entries_actor", audit_entries.c.actor, audit_entries.c.entry_no)

stations = station_table(
    "stations",
    Column("name", Text, nullable=False),
    Column("branch", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("complaint_line", Text, nullable=False),
    instant("created_at"),
    Column("maker_no", Integer, nullable=False),
    # Kinds of HQ records the station said it reads; empty until its first exchange.
    Column("hq_kinds", ARRAY(Integer), nullable=False, server_default=text("'{}'")),
    instant("last_seen_at", nullable=True),
)

enrolments = station_table(
    "enrolments",
    Column("issue_no", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("state", Text, nullable=False),
    # Encrypted under HQ's key; erased as soon as a request has proved that it knows the code.
    octets("code_sealed", nullable=True),
    instant("code_expires_at"),
    octets("code_proof", nullable=True),
    octets("public_key", nullable=True),
    octets("hq_proof", nullable=True),
    Column("maker_no", Integer, nullable=False),
    Column("approver_no", Integer),
    instant("created_at"),
    instant("requested_at", nullable=True),
    instant("decided_at", nullable=True),
    CheckConstraint("state IN ('CODE_ISSUED', 'PENDING', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name="state"),
    CheckConstraint("approver_no <> maker_no", name="four_eyes"),
    CheckConstraint("state <> 'APPROVED' OR (approver_no IS NOT NULL AND public_key IS NOT NULL)", name="approved"),
)
Index(
    "uq_enrolments_open",
    enrolments.c.station_code,
    unique=True,
    postgresql_where=text("state IN ('CODE_ISSUED', 'PENDING')"),
)

tariffs = reference_table(
    "tariffs",
    octets("tariff_hash", primary_key=True),
    Column("version", Text, nullable=False, unique=True),
    Column("effective_on", Date, nullable=False),
    octets("document"),
    instant("published_at"),
    Column("publisher_no", Integer, nullable=False),
)

tariff_publications = station_table(
    "tariff_publications",
    octets("tariff_hash", primary_key=True),
    Column("hq_seq", BigInteger, nullable=False),
)

year_lists = reference_table(
    "year_lists",
    # Working days of a year as two people entered them; entered again, the newest that was approved holds.
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("list_no", Integer, primary_key=True, autoincrement=False),
    Column("rest_days", ARRAY(Date), nullable=False),
    Column("make_up_days", ARRAY(Date), nullable=False),
    Column("source", Text, nullable=False),
    *four_eyes_columns(),
)
Index(
    "uq_year_lists_entered",
    year_lists.c.year,
    unique=True,
    postgresql_where=year_lists.c.state == "PROPOSED",
)
