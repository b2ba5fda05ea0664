"""Tables of the roads to billers: how each is reached, what was asked of it, and the batch files that went and came."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, Text, UniqueConstraint, text

from hq_server.db.metadata import instant, money, reference_table, station_table

billers = reference_table(
    "billers",
    Column("biller_code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("adapter", Text, nullable=False),
    # For "http": where its front system answers, without a slash at the end.
    Column("base_url", Text, nullable=False, server_default=text("''")),
    # For "batch": where request files are put for it, and where its result files are found.
    Column("outbox", Text, nullable=False, server_default=text("''")),
    Column("inbox", Text, nullable=False, server_default=text("''")),
    Column("timeout_s", Integer, nullable=False),
    # Its contract says that a payment sent again under our number is booked once.
    Column("resend_safe", Boolean, nullable=False),
    CheckConstraint("adapter IN ('http', 'batch')", name="adapter"),
    CheckConstraint("timeout_s BETWEEN 1 AND 60", name="timeout"),
    CheckConstraint("adapter <> 'http' OR base_url <> ''", name="http"),
    CheckConstraint("adapter <> 'batch' OR (outbox <> '' AND inbox <> '')", name="batch"),
)

gateway_requests = station_table(
    "gateway_requests",
    Column("kind", Text, primary_key=True),
    # The station record that asks: the payment itself, or the reversal request.
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("payment_seq", BigInteger, nullable=False),
    Column("our_no", Text, nullable=False),
    Column("biller_code", Text, nullable=False),
    Column("account_no", Text, nullable=False),
    Column("bill_no", Text, nullable=False),
    money("amount_fen"),
    Column("state", Text, nullable=False),
    # Counts every claim, so that of two workers holding one row only the first can take the next step.
    Column("version", Integer, nullable=False, server_default=text("0")),
    instant("next_at"),
    instant("leased_until", nullable=True),
    Column("polls", Integer, nullable=False, server_default=text("0")),
    instant("created_at"),
    instant("sent_at", nullable=True),
    instant("unknown_at", nullable=True),
    instant("answered_at", nullable=True),
    Column("outcome", Text, nullable=False, server_default=text("''")),
    Column("source", Text, nullable=False, server_default=text("''")),
    Column("biller_no", Text, nullable=False, server_default=text("''")),
    Column("trouble", Text, nullable=False, server_default=text("''")),
    Column("run_no", Integer),
    CheckConstraint("kind IN ('PAY', 'REVERSE')", name="kind"),
    CheckConstraint("state IN ('NEW', 'SENT', 'ANSWERED')", name="state"),
    CheckConstraint("(state = 'ANSWERED') = (outcome <> '')", name="outcome"),
    CheckConstraint("amount_fen > 0", name="amount"),
)
Index(
    "ix_gateway_requests_due",
    gateway_requests.c.biller_code,
    gateway_requests.c.next_at,
    postgresql_where=text("state <> 'ANSWERED'"),
)
Index("ix_gateway_requests_payment", gateway_requests.c.station_code, gateway_requests.c.payment_seq)
Index("ix_gateway_requests_run", gateway_requests.c.biller_code, gateway_requests.c.run_no)

payment_rulings = station_table(
    "payment_rulings",
    Column("payment_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("ruling_no", Integer, primary_key=True, autoincrement=False),
    # The request that it ends: a payment refused a reversal may ask for another, which takes a ruling of its own.
    Column("kind", Text, nullable=False),
    Column("request_seq", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("biller_no", Text, nullable=False),
    Column("finding", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("maker_no", Integer, nullable=False),
    Column("approver_no", Integer),
    instant("proposed_at"),
    instant("decided_at", nullable=True),
    CheckConstraint(
        "(kind = 'PAY' AND outcome IN ('CONFIRMED', 'DECLINED'))"
        " OR (kind = 'REVERSE' AND outcome IN ('ACCEPTED', 'REFUSED'))",
        name="outcome",
    ),
    CheckConstraint("state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name="state"),
    CheckConstraint("finding <> ''", name="finding"),
    CheckConstraint("approver_no <> maker_no", name="four_eyes"),
    CheckConstraint("state IN ('PROPOSED', 'WITHDRAWN') OR approver_no IS NOT NULL", name="decided"),
)
Index(
    "uq_payment_rulings_open",
    payment_rulings.c.station_code,
    payment_rulings.c.kind,
    payment_rulings.c.request_seq,
    unique=True,
    postgresql_where=text("state = 'PROPOSED'"),
)

inquiry_rates = station_table(
    "inquiry_rates",
    instant("minute"),
    Column("asked", Integer, nullable=False),
)

batch_runs = reference_table(
    "batch_runs",
    Column("biller_code", Text, primary_key=True),
    Column("run_no", Integer, primary_key=True, autoincrement=False),
    Column("business_date", Date, nullable=False),
    instant("opened_at"),
    instant("written_at", nullable=True),
    Column("file_name", Text, nullable=False),
)

batch_results = reference_table(
    "batch_results",
    Column("biller_code", Text, primary_key=True),
    Column("result_no", Integer, primary_key=True, autoincrement=False),
    Column("file_name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("line_count", Integer, nullable=False),
    money("amount_fen"),
    instant("taken_at"),
    UniqueConstraint("biller_code", "sha256"),
)
