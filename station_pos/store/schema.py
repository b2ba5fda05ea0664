"""Tables of the station's database, as an ordered list of steps: the version of a database is how many were taken.

The first group is what must never be lost (journals, certificates, acknowledgements, references, print spool). The
projections can be dropped at any time: every row of them is derived from both journals.
"""

from __future__ import annotations

from dataclasses import fields

from station_journal.posting import Payment
from station_pos.store import parcel_rows

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE journal (
            side TEXT NOT NULL CHECK (side IN ('S', 'H')),
            seq INTEGER NOT NULL CHECK (seq > 0),
            epoch INTEGER NOT NULL CHECK (epoch > 0),
            bytes BLOB NOT NULL,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            PRIMARY KEY (side, seq)
        ) WITHOUT ROWID""",
        """CREATE TABLE frozen_branch (
            side TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            digest BLOB NOT NULL,
            PRIMARY KEY (side, epoch, seq, digest)
        ) WITHOUT ROWID""",
        """CREATE TABLE certificates (
            side TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            data BLOB NOT NULL,
            signature BLOB NOT NULL,
            PRIMARY KEY (side, epoch)
        ) WITHOUT ROWID""",
        """CREATE TABLE acknowledgements (
            epoch INTEGER PRIMARY KEY,
            seq INTEGER NOT NULL,
            digest BLOB NOT NULL,
            signature BLOB NOT NULL
        )""",
        """CREATE TABLE seals (
            side TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            signature BLOB NOT NULL,
            PRIMARY KEY (side, epoch)
        ) WITHOUT ROWID""",
        "CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        """CREATE TABLE profiles (
            from_seq INTEGER PRIMARY KEY,
            station_name TEXT NOT NULL,
            branch TEXT NOT NULL,
            address TEXT NOT NULL,
            complaint_line TEXT NOT NULL
        )""",
        "CREATE TABLE documents (hash BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID",
        """CREATE TABLE pins (
            operator_no INTEGER PRIMARY KEY,
            pin_hash TEXT NOT NULL,
            wrong_tries INTEGER NOT NULL,
            locked_until INTEGER NOT NULL
        )""",
        """CREATE TABLE bill_cache (
            product_code INTEGER NOT NULL,
            account_no TEXT NOT NULL,
            fetched_at INTEGER NOT NULL,
            answer TEXT NOT NULL,
            PRIMARY KEY (product_code, account_no)
        ) WITHOUT ROWID""",
        """CREATE TABLE print_jobs (
            job_no INTEGER PRIMARY KEY,
            payment_seq INTEGER NOT NULL,
            title TEXT NOT NULL,
            amount_fen INTEGER NOT NULL,
            copy_no INTEGER NOT NULL,
            queued_at INTEGER NOT NULL,
            paper BLOB NOT NULL,
            state TEXT NOT NULL,
            reason TEXT NOT NULL DEFAULT ''
        )""",
        "CREATE INDEX print_jobs_open ON print_jobs (job_no) WHERE state <> 'done'",
    ),
    (
        # Half-typed jobs: neither journal nor projection, and never an entry.
        """CREATE TABLE kept_jobs (
            job_no INTEGER PRIMARY KEY,
            service TEXT NOT NULL,
            operation_no INTEGER NOT NULL,
            operator_no INTEGER NOT NULL,
            kept_at INTEGER NOT NULL,
            business_date TEXT NOT NULL,
            title TEXT NOT NULL,
            amount_fen INTEGER NOT NULL,
            contents TEXT NOT NULL,
            parked INTEGER NOT NULL,
            payment_seq INTEGER NOT NULL
        )""",
    ),
    ("ALTER TABLE print_jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'slip'",),
    (
        # HQ's last signed answer about a record of the station, for the time when HQ cannot be reached.
        "CREATE TABLE chain_answers (seq INTEGER PRIMARY KEY, heard_at INTEGER NOT NULL, answer BLOB NOT NULL)",
    ),
    (
        # A record of either journal has a chain.
        """CREATE TABLE heard_chains (side TEXT NOT NULL, seq INTEGER NOT NULL, heard_at INTEGER NOT NULL,
            answer BLOB NOT NULL, PRIMARY KEY (side, seq))""",
        "INSERT INTO heard_chains SELECT 'S', seq, heard_at, answer FROM chain_answers",
        "DROP TABLE chain_answers",
    ),
)

_TEXT_COLUMNS = {"str", "date"}
_PAYMENTS = "CREATE TABLE payments ({}, tariff_hash BLOB NOT NULL)".format(
    ", ".join(
        f"{field.name} {'TEXT' if field.type in _TEXT_COLUMNS else 'INTEGER'}"
        + (" PRIMARY KEY" if field.name == "seq" else " NOT NULL")
        for field in fields(Payment)
    )
)

PROJECTIONS: dict[str, tuple[str, ...]] = {
    "balances": (
        """CREATE TABLE balances (
            account INTEGER NOT NULL,
            party TEXT NOT NULL,
            balance_fen INTEGER NOT NULL,
            PRIMARY KEY (account, party)
        ) WITHOUT ROWID""",
    ),
    "payments": (
        _PAYMENTS,
        # Uniqueness stands in the database too: one effect for an operation, one live payment for a bill.
        "CREATE UNIQUE INDEX payments_operation ON payments (operation_no) WHERE status <> 5",
        """CREATE UNIQUE INDEX payments_bill ON payments (biller_code, account_no, bill_no)
            WHERE bill_no <> '' AND status IN (1, 2)""",
        "CREATE INDEX payments_account ON payments (account_no, product_code, seq)",
        "CREATE INDEX payments_day ON payments (business_date)",
        """CREATE INDEX payments_open ON payments (seq)
            WHERE status = 1 OR (status IN (3, 4) AND cash = 1)""",
        "CREATE INDEX payments_unreceipted ON payments (seq) WHERE status = 2 AND receipt_seq = 0",
        "CREATE INDEX payments_reversing ON payments (seq) WHERE status = 2 AND reversal_seq > 0",
    ),
    "accounts": (
        # Who ever paid here, each account with its latest payment: what the home line searches by the end of a number.
        """CREATE TABLE accounts (
            account_no TEXT NOT NULL,
            product_code INTEGER NOT NULL,
            last_seq INTEGER NOT NULL,
            PRIMARY KEY (account_no, product_code)
        ) WITHOUT ROWID""",
        """CREATE TRIGGER payments_accounts AFTER INSERT ON payments BEGIN
            INSERT INTO accounts VALUES (new.account_no, new.product_code, new.seq)
            ON CONFLICT DO UPDATE SET last_seq=max(last_seq, excluded.last_seq);
        END""",
    ),
    "subjects": (
        """CREATE TABLE subjects (
            kind INTEGER NOT NULL,
            key TEXT NOT NULL,
            state INTEGER NOT NULL,
            data BLOB NOT NULL,
            PRIMARY KEY (kind, key)
        ) WITHOUT ROWID""",
        "CREATE INDEX subjects_state ON subjects (kind, state)",
    ),
    "drawer_rows": (
        # What moved the drawer, record by record: what its balance is explained by.
        """CREATE TABLE drawer_rows (
            seq INTEGER PRIMARY KEY,
            kind INTEGER NOT NULL,
            recorded_at INTEGER NOT NULL,
            change_fen INTEGER NOT NULL
        )""",
    ),
    "withdrawals": (
        # ``day`` is the calendar day in Beijing's time, by which the cap of a card counts. ``told_seq`` is the record
        # that told the terminal's last numbers of it.
        """CREATE TABLE withdrawals (
            seq INTEGER PRIMARY KEY,
            operation_no INTEGER NOT NULL,
            day TEXT NOT NULL,
            business_date TEXT NOT NULL,
            state INTEGER NOT NULL,
            amount_fen INTEGER NOT NULL,
            told_seq INTEGER NOT NULL,
            receipt_no TEXT NOT NULL,
            trace_no TEXT NOT NULL
        )""",
        "CREATE INDEX withdrawals_day ON withdrawals (day)",
        "CREATE INDEX withdrawals_business_date ON withdrawals (business_date)",
        "CREATE INDEX withdrawals_open ON withdrawals (seq) WHERE state < 5",
        "CREATE INDEX withdrawals_operation ON withdrawals (operation_no)",
        "CREATE INDEX withdrawals_told ON withdrawals (told_seq)",
    ),
    **parcel_rows.TABLES,
    "operators": (
        """CREATE TABLE operators (
            operator_no INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            role INTEGER NOT NULL
        )""",
    ),
    "outages": (
        """CREATE TABLE outages (
            opened_seq INTEGER PRIMARY KEY,
            equipment INTEGER NOT NULL,
            opened_at INTEGER NOT NULL,
            closed_seq INTEGER NOT NULL
        )""",
        "CREATE UNIQUE INDEX outages_open ON outages (equipment) WHERE closed_seq = 0",
    ),
    "issued_papers": (
        """CREATE TABLE issued_papers (
            seq INTEGER PRIMARY KEY,
            payment_seq INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            copies INTEGER NOT NULL
        )""",
    ),
    "published_tariffs": (
        """CREATE TABLE published_tariffs (
            hq_seq INTEGER PRIMARY KEY,
            tariff_hash BLOB NOT NULL,
            effective_on TEXT NOT NULL
        )""",
    ),
    "hq_notes": (
        """CREATE TABLE hq_notes (
            hq_seq INTEGER PRIMARY KEY,
            kind INTEGER NOT NULL,
            subject INTEGER NOT NULL
        )""",
        "CREATE INDEX hq_notes_kind ON hq_notes (kind, hq_seq)",
    ),
    "hq_staff": ("CREATE TABLE hq_staff (staff_no INTEGER PRIMARY KEY, name TEXT NOT NULL)",),
    "marker": (
        # Up to where the projections are folded, and the single facts. ``blocked`` says where the fold had to stop.
        """CREATE TABLE marker (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            rules INTEGER NOT NULL,
            station_seq INTEGER NOT NULL,
            station_digest BLOB NOT NULL,
            hq_seq INTEGER NOT NULL,
            hq_digest BLOB NOT NULL,
            payments INTEGER NOT NULL,
            balances_fen INTEGER NOT NULL,
            subjects INTEGER NOT NULL,
            first_date TEXT NOT NULL,
            clock_confirmed TEXT NOT NULL,
            tariff_hash BLOB NOT NULL,
            receipts_issued INTEGER NOT NULL,
            operation_no INTEGER NOT NULL,
            day_ended TEXT NOT NULL,
            blocked_side TEXT NOT NULL,
            blocked_seq INTEGER NOT NULL,
            blocked_reason TEXT NOT NULL
        )""",
    ),
}
"""Derived tables with their indexes; ``status`` and ``cash`` are numbers of ``PaymentStatus`` and ``CashStatus``."""

RETIRED = ("standing",)
"""Derived tables of earlier versions, dropped when the projections are made again."""

VERSION = len(STEPS)
