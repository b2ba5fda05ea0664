"""Tables of reconciliation: lines of settlement files, and what each biller-day's run found."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, Text, text

from hq_server.db.metadata import instant, money, reference_table, station_table

settlement_lines = station_table(
    "settlement_lines",
    # The station is taken from our own number; a line without one rests under its biller's pseudo-station.
    Column("biller_code", Text, primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("file_seq", Integer, primary_key=True, autoincrement=False),
    Column("line_seq", Integer, primary_key=True, autoincrement=False),
    Column("our_no", Text, nullable=False),
    Column("payment_seq", BigInteger),
    Column("biller_no", Text, nullable=False),
    Column("account_no", Text, nullable=False),
    instant("at"),
    Column("kind", Text, nullable=False),
    money("amount_fen"),
    Column("status", Text, nullable=False),
    # The payer's fee as they state it; empty where the file does not say, and then never compared.
    money("fee_fen", nullable=True),
    # Their settlement batch, where the file names one.
    Column("batch_no", Text, nullable=False, server_default=text("''")),
    CheckConstraint("amount_fen > 0", name="amount"),
)
Index("ix_settlement_lines_day", settlement_lines.c.biller_code, settlement_lines.c.business_date)
Index("ix_settlement_lines_biller_no", settlement_lines.c.biller_code, settlement_lines.c.biller_no)
Index("ix_settlement_lines_payment", settlement_lines.c.station_code, settlement_lines.c.payment_seq)

settlement_line_counts = station_table(
    "settlement_line_counts",
    # Counted as a file is taken in: its lines by the station whose number they carry. What of them a run does not leave
    # over was equal to a sale, so that no sale needs to be counted one by one.
    Column("biller_code", Text, primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("file_seq", Integer, primary_key=True, autoincrement=False),
    Column("line_count", Integer, nullable=False),
    money("amount_fen"),
    # Of the payments that the lines name; a payment stands on two lines only where this says that it may.
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("may_repeat", Boolean, nullable=False),
)

recon_findings = station_table(
    "recon_findings",
    # What needs a word: every difference, and each pair that was not equal in all at first sight. A sale of a run that
    # stands in no finding is matched (recon_stations says up to which record a run had seen a station).
    Column("biller_code", Text, primary_key=True),
    Column("run_date", Date, primary_key=True),
    Column("finding_no", Integer, primary_key=True, autoincrement=False),
    Column("break_class", Text, nullable=False),
    Column("match_key", Text, nullable=False),
    Column("payment_seq", BigInteger),
    Column("sale_date", Date),
    Column("line_date", Date),
    Column("file_seq", Integer),
    Column("line_seq", Integer),
    Column("our_no", Text, nullable=False),
    Column("biller_no", Text, nullable=False),
    Column("account_no", Text, nullable=False),
    money("ours_fen", nullable=True),
    money("theirs_fen", nullable=True),
    money("difference_fen"),
    # The day beside it whose run explained this finding (cut-off shift); open while empty.
    Column("closed_by_date", Date),
    # Items of one sum: many sales, many lines, equal together.
    Column("group_no", Integer),
    derived=True,
)
Index("ix_recon_findings_day", recon_findings.c.biller_code, recon_findings.c.run_date)
Index(
    "ix_recon_findings_shift",
    recon_findings.c.biller_code,
    recon_findings.c.line_date,
    postgresql_where=text("run_date <> line_date"),
)
Index("ix_recon_findings_payment", recon_findings.c.station_code, recon_findings.c.payment_seq)

recon_stations = station_table(
    "recon_stations",
    Column("biller_code", Text, primary_key=True),
    Column("run_date", Date, primary_key=True),
    # The station's last sale of the day that the run had; one that arrives later is not matched by it.
    Column("upto_seq", BigInteger, nullable=False),
    Column("sale_count", Integer, nullable=False),
    money("amount_fen"),
    derived=True,
)

recon_days = reference_table(
    "recon_days",
    Column("biller_code", Text, primary_key=True),
    Column("run_date", Date, primary_key=True),
    Column("sale_count", Integer, nullable=False),
    Column("line_count", Integer, nullable=False),
    Column("matched_count", Integer, nullable=False, server_default=text("0")),
    # What the run had: the files of the day, the sum of its sales, and of the squares of their states, which tells
    # whether one has changed since.
    Column("file_count", Integer, nullable=False, server_default=text("0")),
    money("amount_fen", server_default=text("0")),
    Column("status_sum", BigInteger, nullable=False, server_default=text("0")),
    instant("run_at"),
)

recon_due = reference_table(
    "recon_due",
    # A biller-day that is to be run, until a run of it ends: FILE, one has come; RECORDS, its sales are others now.
    # NO_FILE: it had sales, and no file has come in days; there is nothing to run it against.
    Column("biller_code", Text, primary_key=True),
    Column("run_date", Date, primary_key=True),
    instant("since"),
    Column("reason", Text, nullable=False),
    CheckConstraint("reason IN ('FILE', 'RECORDS', 'NO_FILE')", name="reason"),
)
