"""HQ's books as a whole: those of all stations and HQ's own entries in one trial balance, each balance explained.

The stations' books follow from their journals; HQ's own entries say what left or reached its bank account for parties
that no station's journal pays. Both are double entry, so their sum is too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from hq_server.db.ledger_tables import balances
from hq_server.db.settlement_tables import hq_entries
from hq_server.ledger.queries import TrialRow, posting_stop_list, trial_balance
from station_journal.accounts import Account, NormalSide, normal_side

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class WholeBooks:
    """The trial balance; ``left_out`` are stations whose books cannot be computed."""

    rows: tuple[TrialRow, ...]
    left_out: tuple[str, ...]

    @property
    def difference_fen(self) -> int:
        """Debit balances less credit balances; zero in books that are right."""
        signs = {NormalSide.DEBIT: 1, NormalSide.CREDIT: -1}
        return sum(signs[normal_side(row.account)] * row.balance_fen for row in self.rows)

    @property
    def agrees(self) -> bool:
        """Tell whether they are balanced and every balance is what its entries say."""
        return self.difference_fen == 0 and all(row.agrees for row in self.rows)

    def fen(self, account: Account, party: str = "") -> int:
        """Give one balance."""
        return next((row.balance_fen for row in self.rows if (row.account, row.party) == (account, party)), 0)


def whole_books(connection: Connection) -> WholeBooks:
    """Set every account's turnover beside its balance, stations and HQ together."""
    stations = trial_balance(connection)
    sums: dict[tuple[Account, str], list[int]] = {}
    for row in stations.rows:
        key = (row.account, row.party)
        sums[key] = [row.debit_fen, row.credit_fen, row.balance_fen]
    for side, place in (("debit", 0), ("credit", 1)):
        account, party = hq_entries.c[f"{side}_account"], hq_entries.c[f"{side}_party"]
        query = select(account, party, func.sum(hq_entries.c.amount_fen)).group_by(account, party)
        for number, named, fen in connection.execute(query):
            figures = sums.setdefault((Account(number), named), [0, 0, 0])
            figures[place] += int(fen)
            is_normal = (normal_side(Account(number)) is NormalSide.DEBIT) == (side == "debit")
            figures[2] += int(fen) if is_normal else -int(fen)
    rows = tuple(TrialRow(account, party, *figures) for (account, party), figures in sorted(sums.items()))
    return WholeBooks(rows, tuple(stop.station_code for stop in stations.left_out))


@dataclass(frozen=True, slots=True)
class BankPosition:
    """Our account at the bank: by the statement, by our books, and what explains the difference to the fen."""

    statement_fen: int
    books_fen: int
    unmatched_lines_fen: int
    paid_not_on_statement_fen: int
    statement_not_in_books_fen: int

    @property
    def unexplained_fen(self) -> int:
        """What nothing explains; zero in books that are right."""
        explained = self.unmatched_lines_fen + self.paid_not_on_statement_fen + self.statement_not_in_books_fen
        return self.statement_fen - self.books_fen - explained


_STATEMENT = text("SELECT coalesce(sum(amount_fen), 0) FROM bank_entries")
_NOT_YET_ON_IT = text("""
    SELECT coalesce(sum(i.amount_fen), 0) FROM payment_items i JOIN payment_orders o ON o.order_no = i.order_no
    WHERE i.state = 'PAID' AND i.effect_seq IS NOT NULL AND o.kind <> 'DEBIT' AND o.bank_line = ''
""")
_BACK = """FROM payment_returns r JOIN payment_items i ON i.station_code = r.station_code AND i.order_no = r.order_no
    AND i.item_no = r.item_no WHERE r.state = 'APPROVED'"""
# What lines of the statement moved that are known or proposed to be ours, less what of it our books have moved.
_NOT_YET_BOOKED = (
    text("""
        SELECT sum(i.amount_fen) FROM payment_items i JOIN payment_orders o ON o.order_no = i.order_no
        LEFT JOIN credit_purchases p ON p.station_code = i.station_code AND p.hq_seq = i.effect_seq
        LEFT JOIN purchase_matches m ON m.station_code = p.station_code AND m.purchase_no = p.purchase_no
            AND m.state = 'APPROVED'
        WHERE o.bank_line <> '' AND o.kind = 'DEBIT' AND m.purchase_no IS NULL
            AND (i.state = 'PAID' OR EXISTS (SELECT FROM payment_returns r WHERE r.station_code = i.station_code
                AND r.order_no = i.order_no AND r.item_no = i.item_no AND r.state = 'APPROVED'))
    """),
    text("SELECT sum(amount_fen) FROM purchase_matches WHERE state = 'PROPOSED'"),
    text("SELECT sum(bank_fen) FROM payment_orders WHERE kind <> 'DEBIT' AND bank_line <> ''"),
    text("""
        SELECT sum(i.amount_fen) FROM payment_items i JOIN payment_orders o ON o.order_no = i.order_no
        WHERE o.kind <> 'DEBIT' AND o.bank_line <> '' AND i.effect_seq IS NOT NULL
    """),
    text("SELECT sum(amount_fen) FROM payment_returns WHERE state IN ('PROPOSED', 'APPROVED')"),
    text(f"SELECT -sum(r.amount_fen) {_BACK} AND r.effect_seq IS NOT NULL AND i.effect_seq IS NOT NULL"),
)


def bank_position(connection: Connection, unmatched_lines_fen: int) -> BankPosition:
    """Hold our books' bank account against the statement; unmatched lines are given as their list sums them."""
    return BankPosition(
        int(connection.scalar(_STATEMENT) or 0),
        _bank_account_fen(connection),
        unmatched_lines_fen,
        int(connection.scalar(_NOT_YET_ON_IT) or 0),
        sum(int(connection.scalar(query) or 0) for query in _NOT_YET_BOOKED),
    )


def _bank_account_fen(connection: Connection) -> int:
    """Sum our account at the bank over the stations' books and HQ's own, by the balances that are kept."""
    left_out = [stop.station_code for stop in posting_stop_list(connection)]
    of_stations = select(func.sum(balances.c.balance_fen)).where(
        balances.c.account == int(Account.BANK_ACCOUNT), balances.c.station_code.not_in(left_out)
    )
    entry = hq_entries.c
    sides = [
        select(func.sum(entry.amount_fen)).where(column == int(Account.BANK_ACCOUNT))
        for column in (entry.debit_account, entry.credit_account)
    ]
    kept, debit_fen, credit_fen = (int(connection.scalar(query) or 0) for query in (of_stations, *sides))
    return kept + debit_fen - credit_fen


_FEES = text("""
    SELECT p.product_code, p.biller_code, count(*), sum(p.fee_fen) FROM payments p
    WHERE p.status = 2 AND p.fee_fen > 0 AND p.business_date BETWEEN :first AND :last
    GROUP BY 1, 2 ORDER BY 1, 2
""")


def fee_income(connection: Connection, first: date, last: date) -> list[tuple[int, str, int, int]]:
    """Sum tariff fees of confirmed payments by product: code, biller, items, fen."""
    rows = connection.execute(_FEES, {"first": first, "last": last})
    return [(row[0], row[1], row[2], int(row[3])) for row in rows]
