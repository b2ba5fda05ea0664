"""Commission by line of service and paying unit, branch figures and rates, payment orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    _branch_figures()
    _branch_rates()
    _commission_invoices()
    _commission_parts()
    _item_rulings()
    _payment_items()
    _payment_orders()
    _columns()
    _move_what_is_there()
    op.drop_column("commission_runs", "pay_file_name")
    op.drop_column("commission_runs", "pay_file")


def _branch_figures() -> None:
    op.create_table(
        "branch_figures",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("figure_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("product_code", sa.BigInteger(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("run_month", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'PROPOSED'"), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_branch_figures_decided")
        ),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_branch_figures_refused")),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_branch_figures_state")
        ),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_branch_figures_four_eyes")),
        sa.PrimaryKeyConstraint("station_code", "figure_no", name=op.f("pk_branch_figures")),
        info={"kind": "station", "derived": False},
    )
    op.create_index("ix_branch_figures_run", "branch_figures", ["run_month"], unique=False)


def _branch_rates() -> None:
    op.create_table(
        "branch_rates",
        sa.Column("product_code", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rate", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'PROPOSED'"), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_branch_rates_decided")
        ),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_branch_rates_refused")),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_branch_rates_state")
        ),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_branch_rates_four_eyes")),
        sa.PrimaryKeyConstraint("product_code", "valid_from", name=op.f("pk_branch_rates")),
        info={"kind": "reference"},
    )


def _commission_invoices() -> None:
    op.create_table(
        "commission_invoices",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("invoice_no", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_commission_invoices_amount")),
        sa.PrimaryKeyConstraint("station_code", "month", "invoice_no", name=op.f("pk_commission_invoices")),
        info={"kind": "station", "derived": False},
    )


def _commission_parts() -> None:
    op.create_table(
        "commission_parts",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("service_line", sa.Text(), nullable=False),
        sa.Column("paying_unit", sa.Text(), nullable=False),
        sa.Column("carried_in_fen", sa.BigInteger(), nullable=False),
        sa.Column("gross_fen", sa.BigInteger(), nullable=False),
        sa.Column("carried_out_fen", sa.BigInteger(), nullable=False),
        sa.Column("tax_fen", sa.BigInteger(), nullable=False),
        sa.Column("net_fen", sa.BigInteger(), nullable=False),
        sa.Column("tax_regime", sa.Text(), nullable=False),
        sa.Column("tax_rule", sa.Text(), nullable=False),
        sa.Column("tax_formula", sa.Text(), nullable=False),
        sa.CheckConstraint("paying_unit IN ('HQ', 'BRANCH')", name=op.f("ck_commission_parts_paying_unit")),
        sa.CheckConstraint(
            "service_line IN ('E_COMMERCE', 'DISTRIBUTION', 'INSURANCE')", name=op.f("ck_commission_parts_service_line")
        ),
        sa.CheckConstraint("carried_in_fen <= 0 AND carried_out_fen <= 0", name=op.f("ck_commission_parts_carried")),
        sa.CheckConstraint(
            "gross_fen >= 0 AND tax_fen >= 0 AND net_fen = gross_fen - tax_fen", name=op.f("ck_commission_parts_sums")
        ),
        sa.PrimaryKeyConstraint("station_code", "month", "service_line", name=op.f("pk_commission_parts")),
        info={"kind": "station", "derived": False},
    )
    op.create_index("ix_commission_parts_month", "commission_parts", ["month", "paying_unit"], unique=False)


def _item_rulings() -> None:
    op.create_table(
        "item_rulings",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("order_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ruling_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'PROPOSED'"), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_item_rulings_decided")
        ),
        sa.CheckConstraint("outcome IN ('PAID', 'RETURNED')", name=op.f("ck_item_rulings_outcome")),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_item_rulings_refused")),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_item_rulings_state")
        ),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_item_rulings_four_eyes")),
        sa.PrimaryKeyConstraint("station_code", "order_no", "item_no", "ruling_no", name=op.f("pk_item_rulings")),
        info={"kind": "station", "derived": False},
    )
    op.create_index(
        "uq_item_rulings_entered",
        "item_rulings",
        ["station_code", "order_no", "item_no"],
        unique=True,
        postgresql_where=sa.text("state = 'PROPOSED'"),
    )


def _payment_items() -> None:
    op.create_table(
        "payment_items",
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("order_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("payee_name", sa.Text(), nullable=False),
        sa.Column("account_no", sa.Text(), nullable=False),
        sa.Column("gross_fen", sa.BigInteger(), nullable=False),
        sa.Column("tax_fen", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("evidence", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("effect_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'OPEN') = (ended_on IS NULL)", name=op.f("ck_payment_items_ended")),
        sa.CheckConstraint("state IN ('OPEN', 'PAID', 'RETURNED', 'CANCELLED')", name=op.f("ck_payment_items_state")),
        sa.CheckConstraint("amount_fen > 0 AND amount_fen = gross_fen - tax_fen", name=op.f("ck_payment_items_sums")),
        sa.PrimaryKeyConstraint("station_code", "order_no", "item_no", name=op.f("pk_payment_items")),
        info={"kind": "station", "derived": False},
    )
    op.create_index(
        "ix_payment_items_effect",
        "payment_items",
        ["order_no"],
        unique=False,
        postgresql_where=sa.text("state = 'PAID' AND effect_seq IS NULL"),
    )
    op.create_index("ix_payment_items_order", "payment_items", ["order_no", "item_no"], unique=False)
    op.create_index(
        "uq_payment_items_source",
        "payment_items",
        ["station_code", "kind", "source"],
        unique=True,
        postgresql_where=sa.text("state IN ('OPEN', 'PAID')"),
    )


def _payment_orders() -> None:
    op.create_table(
        "payment_orders",
        sa.Column("order_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_seq", sa.Integer(), nullable=False),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'PROPOSED'"), nullable=False),
        sa.Column("maker_no", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approver_no", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("profile", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("file_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('APPROVED', 'REFUSED')) = (approver_no IS NOT NULL)", name=op.f("ck_payment_orders_decided")
        ),
        sa.CheckConstraint(
            "kind IN ('COMMISSION', 'BRANCH', 'BILLER', 'SENDER', 'CARRIER', 'TAX', 'DEBIT')",
            name=op.f("ck_payment_orders_kind"),
        ),
        sa.CheckConstraint("state <> 'REFUSED' OR refusal <> ''", name=op.f("ck_payment_orders_refused")),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_payment_orders_state")
        ),
        sa.CheckConstraint("written_at IS NULL OR state = 'APPROVED'", name=op.f("ck_payment_orders_approved")),
        sa.CheckConstraint("(written_at IS NULL) = (content IS NULL)", name=op.f("ck_payment_orders_written")),
        sa.CheckConstraint("amount_fen > 0 AND item_count > 0", name=op.f("ck_payment_orders_amount")),
        sa.CheckConstraint("approver_no <> maker_no", name=op.f("ck_payment_orders_four_eyes")),
        sa.CheckConstraint("ended_on IS NULL OR written_at IS NOT NULL", name=op.f("ck_payment_orders_ended")),
        sa.PrimaryKeyConstraint("order_no", name=op.f("pk_payment_orders")),
        info={"kind": "reference"},
    )
    op.create_index("ix_payment_orders_state", "payment_orders", ["state", "order_no"], unique=False)
    op.create_index(
        "uq_payment_orders_entered",
        "payment_orders",
        ["kind", "subject"],
        unique=True,
        postgresql_where=sa.text("state = 'PROPOSED'"),
    )


def _columns() -> None:
    op.add_column("agreements", sa.Column("licence_no", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("commission_lines", sa.Column("of_month", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column(
        "commission_months", sa.Column("station_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "commission_months", sa.Column("posted_hq_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("commission_months", sa.Column("branch_hq_seq", sa.BigInteger(), nullable=True))
    op.add_column(
        "commission_runs",
        sa.Column("rates", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    )
    op.add_column(
        "commission_runs", sa.Column("sale_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "commission_runs", sa.Column("result_sha256", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("commission_sales", sa.Column("of_month", sa.Integer(), server_default=sa.text("0"), nullable=False))


def _move_what_is_there() -> None:
    """Months listed before have one line of service; their pay files become payment orders of the same bytes."""
    op.execute("""
        INSERT INTO commission_parts (station_code, month, service_line, paying_unit, carried_in_fen, gross_fen,
            carried_out_fen, tax_fen, net_fen, tax_regime, tax_rule, tax_formula)
        SELECT station_code, month, 'E_COMMERCE', 'HQ', carried_in_fen, gross_fen, carried_out_fen, tax_fen, net_fen,
            tax_regime, tax_rule, tax_formula FROM commission_months
    """)
    op.execute("""
        INSERT INTO payment_orders (order_no, kind, subject, subject_seq, pay_on, item_count, amount_fen, state,
            maker_no, made_at, approver_no, decided_at, profile, file_name, content, sha256, written_at)
        SELECT row_number() OVER (ORDER BY r.month), 'COMMISSION', r.month::text, 1, r.pay_due, paid.items,
            paid.net_fen, 'APPROVED',
            r.maker_no, r.made_at, r.approver_no, r.approved_at, 'own', r.pay_file_name, r.pay_file,
            encode(sha256(r.pay_file), 'hex'), r.approved_at
        FROM commission_runs r JOIN (
            SELECT month, count(*) AS items, sum(net_fen) AS net_fen FROM commission_months
            WHERE net_fen > 0 GROUP BY month
        ) paid ON paid.month = r.month
        WHERE r.pay_file IS NOT NULL
    """)
    op.execute("""
        INSERT INTO payment_items (station_code, order_no, item_no, kind, source, payee_name, account_no, gross_fen,
            tax_fen, amount_fen, state)
        SELECT m.station_code, o.order_no, row_number() OVER (PARTITION BY m.month ORDER BY m.station_code),
            'COMMISSION',
            m.month || '/E_COMMERCE', m.payee_name, m.settlement_account, m.gross_fen, m.tax_fen, m.net_fen, 'OPEN'
        FROM commission_months m JOIN payment_orders o ON o.subject = m.month::text AND o.kind = 'COMMISSION'
        WHERE m.net_fen > 0
    """)


def downgrade() -> None:
    """Take the step back; pay files go back to their runs, branch figures and orders are lost."""
    op.add_column(
        "commission_runs", sa.Column("pay_file_name", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("commission_runs", sa.Column("pay_file", sa.LargeBinary(), nullable=True))
    op.execute("""
        UPDATE commission_runs SET pay_file_name = o.file_name, pay_file = o.content
        FROM payment_orders o WHERE o.kind = 'COMMISSION' AND o.subject = month::text AND o.subject_seq = 1
    """)
    for table in (
        *("branch_figures", "branch_rates", "commission_invoices", "commission_parts", "item_rulings", "payment_items"),
        "payment_orders",
    ):
        op.drop_table(table)
    for table, column in (
        ("agreements", "licence_no"),
        ("commission_lines", "of_month"),
        ("commission_months", "station_seq"),
        ("commission_months", "posted_hq_seq"),
        ("commission_months", "branch_hq_seq"),
        ("commission_runs", "rates"),
        ("commission_runs", "sale_count"),
        ("commission_runs", "result_sha256"),
        ("commission_sales", "of_month"),
    ):
        op.drop_column(table, column)
