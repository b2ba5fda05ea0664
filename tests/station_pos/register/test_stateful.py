"""Whatever is asked in whatever order, with tables dropped and restarts between, the figures are the journals' fold."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from station_journal.accounts import Account
from station_journal.balances import Books, accounts_digest, merge_order
from station_journal.codec import decode
from station_journal.posting import PaymentStatus
from station_journal.records import (
    BusinessDayEnded,
    CreditGranted,
    Equipment,
    Outcome,
    ReceiptIssued,
    ReversalAnswered,
    ReversalReason,
    Side,
)
from station_pos.commands.orders import (
    CloseOutage,
    IssueCopy,
    IssuePendingSlip,
    OpenOutage,
    RequestReversal,
    ResubmitPayment,
    ReturnCash,
)
from station_pos.commands.outcome import Accepted
from station_pos.register.inspection import compare, verify
from station_pos.store.projections import Projections
from station_pos.store.schema import PROJECTIONS
from tests.station_pos.world import CLERK, ELECTRICITY, WATER, World, tariff

ACCOUNTS = ("0081234567", "0081234568")


class Station(RuleBasedStateMachine):
    @initialize(credit_fen=st.integers(0, 60_000))
    def open(self, credit_fen):
        self.folder = Path(tempfile.mkdtemp(prefix="stateful-"))
        self.world = World(self.folder / "station").ready(credit_fen)
        self.granted_fen = credit_fen
        self.accepted_seqs = []
        self.asked = []

    def execute(self, command):
        outcome = self.world.register.execute(command)
        if isinstance(outcome, Accepted):
            self.accepted_seqs.append(outcome.seq)
        return outcome

    @rule(
        product=st.sampled_from([ELECTRICITY, WATER]),
        account=st.sampled_from(ACCOUNTS),
        bill=st.sampled_from(["", "B1", "B2"]),
        amount_fen=st.integers(-1, 20_000),
        offline=st.booleans(),
        again=st.booleans(),
    )
    def pay(self, product, account, bill, amount_fen, offline, again):
        if again and self.asked:
            command = self.asked[-1]
        else:
            command = self.world.pay(
                product_code=product,
                account_no=account,
                bill_no=bill,
                amount_fen=amount_fen,
                tendered_fen=20_050,
                offline=offline,
            )
        self.asked.append(command)
        self.execute(command)

    def some_payment(self, chance):
        [(last,)] = self.world.rows("SELECT ifnull(max(seq), 0) FROM payments")
        found = self.world.rows("SELECT seq FROM payments ORDER BY seq")
        return found[chance % len(found)][0] if found else last + 1

    @rule(chance=st.integers(0, 50), outcome=st.sampled_from(Outcome))
    def biller_answers(self, chance, outcome):
        self.world.answer(self.some_payment(chance), outcome)

    @rule(chance=st.integers(0, 50), accepted=st.booleans())
    def reversal_answered(self, chance, accepted):
        self.world.from_hq(ReversalAnswered(self.some_payment(chance), accepted, ""))

    @rule(chance=st.integers(0, 50), what=st.integers(0, 4))
    def operator_acts(self, chance, what):
        seq = self.some_payment(chance)
        operation_no = self.world.register.open_operation()
        receipts = self.world.rows("SELECT seq FROM issued_papers ORDER BY seq")
        commands = (
            ReturnCash(CLERK, seq),
            ResubmitPayment(CLERK, operation_no, seq),
            RequestReversal(CLERK, seq, ReversalReason.WRONG_AMOUNT),
            IssuePendingSlip(seq),
            IssueCopy(CLERK, receipts[chance % len(receipts)][0] if receipts else 1),
        )
        self.execute(commands[what])

    @rule(amount_fen=st.integers(1, 50_000))
    def credit_comes(self, amount_fen):
        self.world.from_hq(CreditGranted(amount_fen, 1, 7, 8))
        self.granted_fen += amount_fen

    @rule(down=st.booleans())
    def link_changes(self, down):
        self.execute(OpenOutage(Equipment.LINK) if down else CloseOutage(Equipment.LINK))

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours):
        self.world.clock.forward(hours=hours)

    @rule(table=st.sampled_from(sorted(PROJECTIONS)))
    def a_derived_table_is_lost(self, table):
        with self.world.database.transaction() as connection:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
        self.world.register.write(lambda connection: connection.exec_driver_sql(f"SELECT 1 FROM {table}").fetchall())

    @rule()
    def restart(self):
        self.world.reopen()

    def folded(self):
        """Fold both journals from their bytes, with nothing of the store's."""
        decoded = {
            side: [
                (seq, decode(data, side))
                for seq, data in self.world.rows(
                    f"SELECT seq, bytes FROM journal WHERE side='{side.value}' ORDER BY seq"
                )
            ]
            for side in Side
        }
        sold = tariff()
        books = Books({sold.hash: sold})
        for side, seq, record in merge_order(decoded[Side.STATION], decoded[Side.HQ]):
            if isinstance(record.fact, BusinessDayEnded):
                assert record.fact.accounts_digest == accounts_digest(books.balances)
            books.apply(side, seq, record)
        return books, decoded

    @invariant()
    def figures_are_the_fold(self):
        books, decoded = self.folded()
        with self.world.database.reading() as connection:
            view = Projections(connection, lambda _: None)
            balances = {ledger: fen for ledger, fen in view.balances().items() if fen}
            payments = {seq: view.payment(seq) for seq in books.payments}
            standing = view.standing()
        assert balances == {ledger: fen for ledger, fen in books.balances.items() if fen}
        assert payments == books.payments
        assert standing == books.standing()
        self.rules_hold(books, decoded)

    def rules_hold(self, books, decoded):
        free, held = books.balance_fen(Account.CREDIT_FREE), books.balance_fen(Account.CREDIT_HELD)
        assert free >= 0, "nothing is spent that was not granted"
        spent = sum(p.total_fen for p in books.payments.values() if p.status is PaymentStatus.CONFIRMED)
        assert free + held + spent == self.granted_fen
        assert not [p for p in books.payments.values() if p.status is PaymentStatus.SUSPENDED], "rules held at append"
        receipted = [r.fact.payment_seq for _, r in decoded[Side.STATION] if isinstance(r.fact, ReceiptIssued)]
        assert len(receipted) == len(set(receipted)), "one receipt a payment"
        dates = [r.business_date for _, r in decoded[Side.STATION]]
        assert dates == sorted(dates), "a business date never goes back"
        printed = self.world.rows("SELECT count(*) FROM print_jobs WHERE title='代收费收据' AND copy_no=0")[0][0]
        assert printed == len(receipted)

    def teardown(self):
        if not hasattr(self, "world"):
            return
        assert verify(self.world.database).faults == ()
        assert compare(self.world.database).differing == ()
        stored = {seq for (seq,) in self.world.rows("SELECT seq FROM journal WHERE side='S'")}
        assert stored >= set(self.accepted_seqs)
        self.world.close()
        shutil.rmtree(self.folder)


TestStation = Station.TestCase
TestStation.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
