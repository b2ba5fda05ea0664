"""The station's books as tables: the posting rules' view over them, and what a record's effects do to them.

Live, every record changes these tables in the transaction that appends it. They are a copy of the fold of both
journals and nothing else: ``rebuild`` makes them again.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from station_journal.accounts import Account, Ledger
from station_journal.balances import accounts_digest, balance_change, claims_bill
from station_journal.posting import PaymentStatus, Standing
from station_journal.records import Equipment, OperatorRole, ServiceTotal, Side
from station_journal.rules.withdrawal import TERMS_KEY, Terms, TermsBook, Withdrawal
from station_journal.subject import Subject, SubjectKey
from station_pos.commands.view import IssuedPaper, OpenOutage, Operator, PublishedTariff
from station_pos.store import drawer_rows, payment_rows, subject_rows, withdrawal_rows
from station_pos.store.database import row, rows, run, run_many

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from station_journal.posting import Effects, Payment
    from station_journal.tariff import Tariff
    from station_pos.commands.view import DrawerPeriod

_Kind = TypeVar("_Kind", bound=Subject)
_ALL_SEEN = 2**62
_SOLD = f"({PaymentStatus.HELD.value}, {PaymentStatus.CONFIRMED.value})"


class Marker(NamedTuple):
    """Up to which records the projections are folded, with the single facts of the books as they stood then.

    ``payments`` and ``subjects`` count the rows of those tables and ``balances_fen`` adds up all balances, so that lost
    rows are noticed. ``tariff_hash`` to ``day_ended`` are the posting rules' ``Standing``, dates in ISO form or empty.
    ``blocked_reason`` says why the fold stopped, else it is empty.
    """

    rules: int
    station_seq: int
    station_digest: bytes
    hq_seq: int
    hq_digest: bytes
    payments: int
    balances_fen: int
    subjects: int
    first_date: str
    clock_confirmed: str
    tariff_hash: bytes = b""
    receipts_issued: int = 0
    operation_no: int = 0
    day_ended: str = ""
    blocked_side: str = ""
    blocked_seq: int = 0
    blocked_reason: str = ""

    def standing(self) -> Standing:
        """Give the single facts."""
        return Standing(self.tariff_hash, self.receipts_issued, self.operation_no, _date(self.day_ended))

    def with_standing(self, standing: Standing) -> Marker:
        """Give the marker with these single facts."""
        ended = standing.day_ended.isoformat() if standing.day_ended else ""
        return self._replace(
            tariff_hash=standing.tariff_hash,
            receipts_issued=standing.receipts_issued,
            operation_no=standing.operation_no,
            day_ended=ended,
        )


_READ_MARKER = f"SELECT {', '.join(Marker._fields)} FROM marker"  # noqa: S608  fixed names
_WRITE_MARKER = f"INSERT OR REPLACE INTO marker VALUES (1, {', '.join('?' * len(Marker._fields))})"  # noqa: S608


def read_marker(connection: Connection) -> Marker | None:
    """Give the marker; None where nothing was folded yet."""
    found = row(connection, _READ_MARKER)
    return None if found is None else Marker(*found)


def write_marker(connection: Connection, marker: Marker) -> None:
    """Write the marker."""
    run(connection, _WRITE_MARKER, marker)


class Projections:
    """The books of the station over one connection, inside one transaction; implements ``StationView``.

    What is read or written of payments, operators and single facts is remembered for the length of the transaction, so
    that composing a paper reads nothing twice. ``tariff_of`` gives a tariff by hash, None if its content is not here.
    """

    def __init__(
        self,
        connection: Connection,
        tariff_of: Callable[[bytes], Tariff | None],
        standing: Standing | None = None,
    ) -> None:
        """Look at the books through an open transaction; ``standing`` is read where the caller does not know it."""
        self._connection = connection
        self._tariff_of = tariff_of
        self._standing = standing
        self._payments: dict[int, Payment] = {}
        self._unwritten: dict[int, bool] = {}
        self._of_bill: dict[tuple[str, str, str], tuple[Payment, ...]] = {}
        self._operators: dict[int, Operator | None] = {}
        self._tariff_hashes: dict[int, bytes] = {}
        self._subjects: dict[SubjectKey, Subject | None] = {}

    def standing(self) -> Standing:
        """Give the single facts."""
        if self._standing is None:
            marker = read_marker(self._connection)
            self._standing = Standing() if marker is None else marker.standing()
        return self._standing

    def tariff(self, tariff_hash: bytes) -> Tariff | None:
        """Give a tariff by its hash, None if its content is not here."""
        return self._tariff_of(tariff_hash)

    def payment(self, seq: int) -> Payment | None:
        """Find the payment taken by a station record."""
        known = self._payments.get(seq)
        if known is not None:
            return known
        found = self._payment("seq=?", seq)
        if found is not None:
            self._payments[seq] = found
        return found

    def _payment(self, condition: str, *values: object) -> Payment | None:
        self.write_payments()
        found = row(self._connection, f"{payment_rows.SELECT} WHERE {condition} LIMIT 1", values)
        return None if found is None else payment_rows.from_row(found)

    def payment_of_operation(self, operation_no: int) -> Payment | None:
        """Find the payment of a counter job."""
        # A number above the highest one used needs no search, which is every new job.
        if operation_no > self.standing().operation_no:
            return None
        return self._payment("operation_no=? ORDER BY seq", operation_no)

    def payment_of_bill(self, biller_code: str, account_no: str, bill_no: str, seen_seq: int) -> Payment | None:
        """Find the payment that holds or has paid a bill, as far as HQ's records up to ``seen_seq`` tell."""
        bill = account_no, biller_code, bill_no
        payments = self._of_bill.get(bill)
        if payments is None:
            self.write_payments()
            found = rows(
                self._connection,
                f"{payment_rows.SELECT} WHERE account_no=? AND biller_code=? AND bill_no=? ORDER BY seq",
                bill,
            )
            payments = self._of_bill[bill] = tuple(payment_rows.from_row(values) for values in found)
        return next((payment for payment in payments if claims_bill(payment, seen_seq)), None)

    def subject(self, subject_class: type[_Kind], key: str) -> _Kind | None:
        """Find what records speak of beside payments, by its class and key."""
        place = SubjectKey(subject_class.SUBJECT, key)
        if place not in self._subjects:
            self._subjects[place] = subject_rows.find(self._connection, place)
        return cast("_Kind | None", self._subjects[place])

    def drawer_fen(self) -> int:
        """Give what should lie in the drawer."""
        return self.balance_fen(Account.DRAWER)

    def drawer_period(self, after_seq: int, cut_seq: int) -> DrawerPeriod:
        """Add up what records above ``after_seq`` up to ``cut_seq`` did to the drawer, closes left out."""
        self.write_payments()
        return drawer_rows.period(self._connection, after_seq, cut_seq)

    def credit_free_fen(self, seen_seq: int) -> int:  # noqa: ARG002  the station has seen every HQ record it holds
        """Give the free credit that the station's next record may use."""
        return self.balance_fen(Account.CREDIT_FREE)

    def account_fen(self, account: Account, seen_seq: int) -> int:  # noqa: ARG002  it has seen all that it holds
        """Give an account's balance over all parties."""
        return self.total_fen(account)

    def total_fen(self, account: Account) -> int:
        """Give an account's balance over all parties by all that is here, positive on its normal side."""
        found = row(self._connection, "SELECT ifnull(sum(balance_fen), 0) FROM balances WHERE account=?", (account,))
        return int(found[0])

    def balance_fen(self, account: Account, party: str = "") -> int:
        """Give one balance, positive on the account's normal side."""
        found = row(
            self._connection, "SELECT balance_fen FROM balances WHERE account=? AND party=?", (int(account), party)
        )
        return 0 if found is None else int(found[0])

    def balances(self) -> dict[Ledger, int]:
        """Give all balances."""
        found = rows(self._connection, "SELECT account, party, balance_fen FROM balances")
        return {Ledger(Account(account), party): balance_fen for account, party, balance_fen in found}

    def accounts_digest(self) -> bytes:
        """Digest the station's accounts as they stand."""
        return accounts_digest(self.balances())

    def withdrawal_terms(self, day: date) -> Terms:
        """Give the withdrawal terms in force on a day, by all that HQ's journal here says."""
        book = self.subject(TermsBook, TERMS_KEY.key) or TermsBook()
        return book.at(day, _ALL_SEEN)

    def open_withdrawals(self) -> tuple[Withdrawal, ...]:
        """List the withdrawals with something still to do, oldest first."""
        return withdrawal_rows.open_ones(self._connection)

    def withdrawals_between(self, first: date, last: date) -> tuple[Withdrawal, ...]:
        """List the withdrawals of some calendar days in Beijing's time, oldest first."""
        return withdrawal_rows.between(self._connection, first, last)

    def withdrawal_of_operation(self, operation_no: int) -> int:
        """Give the number of a counter job's withdrawal, 0 for none."""
        return withdrawal_rows.of_operation(self._connection, operation_no)

    def last_terminal_numbers(self) -> tuple[str, str]:
        """Give the receipt and trace number of the terminal's last transaction that the journal knows, or empty."""
        return withdrawal_rows.last_numbers(self._connection)

    def operator(self, operator_no: int) -> Operator | None:
        """Find an operator."""
        if operator_no in self._operators:
            return self._operators[operator_no]
        found = row(
            self._connection, "SELECT operator_no, name, role FROM operators WHERE operator_no=?", (operator_no,)
        )
        known = None if found is None else Operator(found[0], found[1], OperatorRole(found[2]))
        self._operators[operator_no] = known
        return known

    def forget_operators(self) -> None:
        """Read operators again: a record changed one."""
        self._operators.clear()

    def tariff_of_payment(self, seq: int) -> bytes:
        """Give the hash of the tariff that a payment was sold under, empty if there is none."""
        known = self._tariff_hashes.get(seq)
        if known is None:
            found = row(self._connection, "SELECT tariff_hash FROM payments WHERE seq=?", (seq,))
            known = b"" if found is None else bytes(found[0])
        return known

    def operators(self) -> tuple[Operator, ...]:
        """List the operators by number."""
        found = rows(self._connection, "SELECT operator_no, name, role FROM operators ORDER BY operator_no")
        return tuple(Operator(number, name, OperatorRole(role)) for number, name, role in found)

    def has_operators(self) -> bool:
        """Tell whether any operator was ever enrolled."""
        return row(self._connection, "SELECT 1 FROM operators LIMIT 1") is not None

    def open_outage(self, equipment: Equipment) -> OpenOutage | None:
        """Find the outage of some equipment that has not ended."""
        found = row(
            self._connection,
            "SELECT opened_seq, opened_at FROM outages WHERE equipment=? AND closed_seq=0",
            (int(equipment),),
        )
        return None if found is None else OpenOutage(found[0], datetime.fromtimestamp(found[1], UTC))

    def offline_used(self, product_code: int, after_seq: int) -> tuple[int, int]:
        """Count offline payments of a product after a station record, and add up their amounts in fen."""
        self.write_payments()
        return payment_rows.offline_used(self._connection, product_code, after_seq)

    def held_alike(self, product_code: int, account_no: str, amount_fen: int) -> int:
        """Give the number of a payment of the same amount for the same account whose result is not known, else 0."""
        self.write_payments()
        found = row(
            self._connection,
            "SELECT seq FROM payments WHERE account_no=? AND product_code=? AND amount_fen=? AND status=1 LIMIT 1",
            (account_no, product_code, amount_fen),
        )
        return 0 if found is None else int(found[0])

    def paid_before(self, product_code: int, account_no: str, day: date) -> bool:
        """Tell whether a payment of this account on a business date before ``day`` stands."""
        self.write_payments()
        return payment_rows.paid_before(self._connection, product_code, account_no, day)

    def sold_since(self, moment: datetime) -> tuple[Payment, ...]:
        """List the payments taken after a moment that were neither declined nor reversed, oldest first."""
        self.write_payments()
        return payment_rows.sold_since(self._connection, moment)

    def issued_paper(self, seq: int) -> IssuedPaper | None:
        """Find the receipt or slip that a record issued."""
        found = row(self._connection, "SELECT seq, payment_seq, kind, copies FROM issued_papers WHERE seq=?", (seq,))
        return None if found is None else IssuedPaper(*found)

    def published_tariff(self, tariff_hash: bytes) -> PublishedTariff | None:
        """Find the latest publication of a tariff to this station."""
        return next((given for given in self.published_tariffs() if given.tariff_hash == tariff_hash), None)

    def published_tariffs(self) -> tuple[PublishedTariff, ...]:
        """List what HQ's journal published to this station, newest first."""
        found = rows(
            self._connection, "SELECT hq_seq, tariff_hash, effective_on FROM published_tariffs ORDER BY hq_seq DESC"
        )
        return tuple(PublishedTariff(seq, given, date.fromisoformat(day)) for seq, given, day in found)

    def tariff_due(self, today: date) -> bytes | None:
        """Give the tariff in force on a business date, if its content is here and it is not the adopted one."""
        due = [found for found in self.published_tariffs() if found.effective_on <= today]
        if not due:
            return None
        # The later date wins; of two with one date the one published later, which comes first.
        in_force = max(due, key=lambda found: found.effective_on).tariff_hash
        here = self.tariff(in_force) is not None
        return in_force if here and in_force != self.standing().tariff_hash else None

    def first_date(self) -> date | None:
        """Give the business date of the station's first record; None before it."""
        marker = read_marker(self._connection)
        return None if marker is None else _date(marker.first_date)

    def revenue(self, business_date: date) -> tuple[ServiceTotal, ...]:
        """Give what was sold on a business date by product: payments neither declined, reversed nor in suspense."""
        self.write_payments()
        found = rows(
            self._connection,
            f"""SELECT product_code, count(*), sum(amount_fen) FROM payments
                WHERE business_date=? AND status IN {_SOLD} GROUP BY product_code ORDER BY product_code""",  # noqa: S608
            (business_date.isoformat(),),
        )
        return tuple(ServiceTotal(*values) for values in found)

    def project(self, side: Side, seq: int, effects: Effects) -> tuple[int, int, int]:
        """Write a record's effects; gives how many payments are new, the change of all balances, and new subjects."""
        changes: dict[Ledger, int] = {}
        for posting in effects.postings:
            for ledger, change_fen in balance_change(posting):
                changes[ledger] = changes.get(ledger, 0) + change_fen
        if changes:
            run_many(
                self._connection,
                """INSERT INTO balances VALUES (?, ?, ?)
                   ON CONFLICT (account, party) DO UPDATE SET balance_fen=balance_fen+excluded.balance_fen""",
                [(int(ledger.account), ledger.party, change_fen) for ledger, change_fen in changes.items()],
            )
        taken_at = seq if side is Side.STATION else 0
        new = sum(self._keep(payment, taken_at) for payment in effects.payments)
        if effects.standing is not None:
            self._standing = effects.standing
        for subject in effects.subjects:
            self._subjects[subject.place] = subject
        new_subjects = sum(subject_rows.keep(self._connection, subject) for subject in effects.subjects)
        return new, sum(changes.values()), new_subjects

    def _keep(self, payment: Payment, taken_at: int) -> bool:
        """Keep a payment as it now stands; ``taken_at`` is the station record being projected, 0 for one of HQ's."""
        self._payments[payment.seq] = payment
        self._of_bill.clear()
        new = payment.seq == taken_at
        if new:
            self._tariff_hashes[payment.seq] = self.standing().tariff_hash
        self._unwritten[payment.seq] = new or self._unwritten.get(payment.seq, False)
        return new

    def write_payments(self) -> None:
        """Write the payments that records changed since the last time: each once, however many changed it.

        A sale and its receipt are two records about one payment. Whoever reads the table in this transaction calls this
        first, as every question above does; ``Recorder.finish`` does before the commit.
        """
        if not self._unwritten:
            return
        for seq, new in self._unwritten.items():
            payment = self._payments[seq]
            if new:
                row_of_new = *payment_rows.to_row(payment), self._tariff_hashes[seq]
                run(self._connection, payment_rows.INSERT, row_of_new)
            else:
                run(self._connection, payment_rows.UPDATE, payment_rows.changes(payment))
        self._unwritten.clear()


def keep_balances(connection: Connection, balances: Mapping[Ledger, int]) -> None:
    """Write balances into the empty table."""
    values = [(int(ledger.account), ledger.party, balance_fen) for ledger, balance_fen in balances.items()]
    if values:
        run_many(connection, "INSERT INTO balances VALUES (?, ?, ?)", values)


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
