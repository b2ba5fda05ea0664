"""The counter with all its services: whatever is asked in whatever order, the figures are the journals' fold."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from station_journal.accounts import Account, NormalSide, normal_side
from station_journal.balances import Books, merge_order
from station_journal.codec import encode
from station_journal.facts.cash import CashReason, CloseVerdict, NoteLine, PouchReceived, PouchSent
from station_journal.facts.distribution import GoodsLine, GoodsListPublished, LeadKind, RegistrationFiled
from station_journal.facts.grants import CreditSealed, SealedGrant, SealedGrantRevoked, SealedGrantSold
from station_journal.facts.parcels import (
    CaseCause,
    DamageLeg,
    Found,
    HandedParcel,
    IdentityShown,
    ParcelCondition,
    ParcelRuled,
    Place,
    ReturnedParcel,
    ReturnReason,
)
from station_journal.facts.withdrawals import CreditRestored, FailureKind, PersonalId
from station_journal.parcel import Parcel
from station_journal.payment import PaymentStatus
from station_journal.records import OutageOpened, Side
from station_journal.rules.cash import CashBook
from station_journal.rules.withdrawal import Withdrawal, WithdrawalState
from station_journal.sealed_code import commitment_of
from station_journal.subject import SubjectKey
from station_pos.commands import cash_orders as cash
from station_pos.commands import distribution_orders as goods
from station_pos.commands import parcel_orders as parcels
from station_pos.commands import withdrawal_orders as card
from station_pos.commands.grant_orders import ReleaseSealedGrant
from station_pos.register.inspection import compare
from station_pos.store import subject_rows
from station_pos.store.recording import Recorder
from station_pos.store.schema import PROJECTIONS
from tests.factories import withdrawal as wd
from tests.factories.lives import TARIFFS, Life
from tests.factories.parcels import announced, line
from tests.station_pos.register.test_stateful import Station
from tests.station_pos.world import CLERK, World, tariff

WAYBILLS = ("YT0000000078124", "JT0000000090337", "9800000055102")
CODES = ("A-01-001", "A-01-002")
LABELS = ("FD1", "FD2")
KEYS = (b"k" * 32, b"l" * 32)
GOODS = b"g" * 32


class Counter(Station):
    """What the bills' machine does, and all that the other services can be asked for or told by HQ."""

    @initialize(credit_fen=st.integers(0, 60_000))
    def open(self, credit_fen):
        super().open(credit_fen)
        self.world.from_hq(wd.terms(restores_credit=credit_fen % 2 == 0, effective_on=self.world.clock.now.date()))
        until = self.world.clock.now.date().replace(year=2027)
        self.world.from_hq(
            CreditSealed((SealedGrant(1, 50_000, b"s" * 16, commitment_of(KEYS[0])),), until, 8, 1, 7, 8),
            GoodsListPublished(GOODS),
            RegistrationFiled("R1", "*三", until),
        )

    def book(self):
        with self.world.database.reading() as connection:
            return subject_rows.find(connection, CashBook().place) or CashBook()

    def withdrawal(self):
        with self.world.database.reading() as connection:
            found = subject_rows.in_states(connection, Withdrawal, *range(1, 7))
        return max(found, key=lambda one: one.seq, default=None)

    def newest_withdrawal(self):
        found = self.withdrawal()
        return found.seq if found else 1

    @rule()
    def a_withdrawal_goes_on(self):
        """The next step of its road, whatever state it is in."""
        found = self.withdrawal()
        seq = found.seq if found else 0
        number = self.world.register.open_operation()
        told = card.TerminalTold(card.CardSeen("8841", "农业银行"), trace_no=f"{seq:06d}", terminal_no="29001234")
        following = {
            WithdrawalState.INTENDED: card.RecordApproval(seq, told),
            WithdrawalState.APPROVED: card.InstructPayout(seq),
            WithdrawalState.PAYABLE: card.PayOut(CLERK, seq),
            WithdrawalState.VOIDING: card.RefuseVoid(seq, ""),
        }
        again = card.IntendWithdrawal(CLERK, number, 10_000, False, "", PersonalId.NOT_NOTED, "")
        self.execute(following.get(found.state, again) if found else again)

    @rule(waybill=st.sampled_from(WAYBILLS))
    def a_parcel_goes_on(self, waybill):
        """The next step of its road, wherever it is; what is to be collected is tendered to the fen."""
        with self.world.database.reading() as connection:
            known = subject_rows.find(connection, SubjectKey(Parcel.SUBJECT, waybill))
        found = known if isinstance(known, Parcel) else Parcel(waybill)
        code = f"B-01-{1 + WAYBILLS.index(waybill):03d}"
        handed = (HandedParcel(waybill, waybill),)
        due_fen = found.cod_due_fen(self.world.register.head(Side.HQ).seq)
        following = {
            Place.SHELF: parcels.HandOffParcels(CLERK, handed, Found.WAYBILL, due_fen, IdentityShown.NONE),
            Place.CUSTOMER: parcels.OpenParcelCase(CLERK, waybill, CaseCause.CONTESTED, DamageLeg.NOT_DAMAGE),
            Place.CASE: parcels.ReshelveParcel(CLERK, waybill, code),
            Place.OUTBOUND: parcels.SignUplift(CLERK, 101, "", True, (waybill,)),
        }
        taken_in = parcels.ScanInParcel(CLERK, 0, waybill, code, "POST", "*三", "1386621", ParcelCondition.WHOLE)
        self.execute(following.get(found.where, taken_in))

    @rule(verdict=st.sampled_from(CloseVerdict), fen=st.sampled_from((0, 5_000)))
    def the_drawer_is_counted_or_closed(self, verdict, fen):
        book = self.book()
        counted = book.count_seq > book.closed_seq
        count = cash.CountDay(CLERK, book.count_no + 1, (), fen)
        self.execute(cash.CloseDay(CLERK, book.count_seq, verdict) if counted else count)

    @rule(what=st.integers(0, 7), amount_fen=st.sampled_from((0, 100, 20_000)), label=st.sampled_from(LABELS))
    def cash_is_handled(self, what, amount_fen, label):
        book = self.book()
        notes = (NoteLine(100, 3),)
        reason = list(CashReason)[amount_fen % 6]
        self.execute(
            (
                cash.CountFloat(CLERK, notes, amount_fen),
                cash.MoveCash(CLERK, self.world.register.open_operation(), reason, amount_fen),
                cash.SealPouch(CLERK, label, notes, amount_fen),
                cash.CancelPouch(CLERK, label),
                cash.AcceptPouch(CLERK, label, amount_fen),
                cash.CountDay(CLERK, book.count_no + 1, notes, amount_fen),
                cash.CloseDay(CLERK, book.count_seq, list(CloseVerdict)[amount_fen % 2]),
                cash.IssueTrial(CLERK),
            )[what]
        )

    @rule(what=st.integers(0, 8), amount_fen=st.sampled_from((10_000, 50_000, 200_000)))
    def a_card_is_there(self, what, amount_fen):
        seq = self.newest_withdrawal()
        operation_no = self.world.register.open_operation()
        seen = card.CardSeen(f"{amount_fen % 7:04d}", "农业银行")
        told = card.TerminalTold(seen, trace_no=f"{seq:06d}", terminal_no="29001234")
        self.execute(
            (
                card.IntendWithdrawal(CLERK, operation_no, amount_fen, False, "", PersonalId.NOT_NOTED, ""),
                card.RecordApproval(seq, told),
                card.RecordApproval(seq, told, asked_again=True),
                card.InstructPayout(seq),
                card.PayOut(CLERK, seq),
                card.FailWithdrawal(seq, FailureKind.DECLINED, "declined", "银行未批准"),
                card.CloseRefuted(CLERK, seq),
                card.RequestVoid(CLERK, seq),
                card.RefuseVoid(seq, ""),
            )[what]
        )

    @rule(what=st.integers(0, 9), waybill=st.sampled_from(WAYBILLS), code=st.sampled_from(CODES))
    def a_parcel_is_there(self, what, waybill, code):
        handed = (HandedParcel(waybill, waybill),)
        returned = (ReturnedParcel(waybill, ReturnReason.OVERDUE),)
        number = "510703188802290025"
        self.execute(
            (
                parcels.ScanInParcel(CLERK, 0, waybill, code, "POST", "*三", "1386621", ParcelCondition.WHOLE),
                parcels.HandOffParcels(CLERK, handed, Found.PICKUP_CODE, 5_000, IdentityShown.NONE),
                parcels.HandOffParcels(CLERK, handed, Found.PICKUP_CODE, 0, IdentityShown.NONE),
                parcels.ReturnParcels(CLERK, 101, "", True, returned),
                parcels.OpenParcelCase(CLERK, waybill, CaseCause.CONTESTED, DamageLeg.NOT_DAMAGE),
                parcels.ReshelveParcel(CLERK, waybill, code),
                parcels.DeclareLost(CLERK, waybill, 0),
                parcels.AcceptParcel(
                    CLERK, waybill, "POST", "李四", IdentityShown.RESIDENT_ID, number, "", True, 1_200, 2_000
                ),
                parcels.SignUplift(CLERK, 101, "", True, (waybill,)),
                parcels.ReturnCod(CLERK, waybill),
            )[what]
        )

    @rule(
        what=st.integers(0, 5), key=st.sampled_from(KEYS), quantity=st.integers(-1, 9), operation_no=st.integers(1, 4)
    )
    def something_else_is_asked(self, what, key, quantity, operation_no):
        lines = (GoodsLine(11, quantity),)
        [(last,)] = self.world.rows("SELECT ifnull(max(CAST(key AS INTEGER)), 1) FROM subjects WHERE kind=35")
        self.execute(
            (
                ReleaseSealedGrant(CLERK, 1, key),
                goods.OrderGoods(CLERK, operation_no, GOODS, lines),
                goods.ReceiveGoods(CLERK, operation_no, last, lines),
                goods.TakeLead(
                    CLERK, operation_no, LeadKind.MOTOR, "张三", "13812346621", consent=quantity > 0, salt=bytes(16)
                ),
                goods.CancelOrder(CLERK, last),
                parcels.NoteFailedTry(CLERK, WAYBILLS[0]),
            )[what]
        )

    @rule(what=st.integers(0, 7), label=st.sampled_from(LABELS), fen=st.sampled_from((0, 300, 5_000)))
    def hq_says(self, what, label, fen):
        seq = self.newest_withdrawal()
        lines = tuple(line(waybill, fen * (place == 0)) for place, waybill in enumerate(WAYBILLS))
        self.world.from_hq(
            (
                PouchReceived(label, fen, 7, 8),
                PouchSent(label, (NoteLine(100, 3),), 0, 7, 8),
                wd.bank(seq, debited=fen > 0),
                CreditRestored(seq, 50_000),
                announced(*lines),
                ParcelRuled(WAYBILLS[0], Place.CUSTOMER, "found"),
                SealedGrantSold(1, 1, 7, 8),
                SealedGrantRevoked(1),
            )[what]
        )

    def rules_hold(self, books, decoded):
        signed = sum(fen if normal_side(k.account) is NormalSide.DEBIT else -fen for k, fen in books.balances.items())
        assert signed == 0
        assert books.balance_fen(Account.CREDIT_FREE) >= 0, "nothing is spent that was not granted"
        assert not [p for p in books.payments.values() if p.status is PaymentStatus.SUSPENDED], "rules held at append"
        with self.world.database.reading() as connection:
            kept = {place: subject_rows.find(connection, place) for place in books.subjects}
        assert kept == books.subjects
        assert self.broken_by_station(decoded) <= {"OVER_PAYOUT_ALLOWANCE", "PAYOUT_REFUTED"}
        moves = self.world.rows("SELECT ifnull(sum(change_fen), 0) FROM drawer_rows")[0][0]
        assert moves == books.balance_fen(Account.DRAWER), "every fen in the drawer has its record"

    def broken_by_station(self, decoded):
        """Rules that the station's own records broke: the counter asks before it records."""
        sold = tariff()
        books = Books({sold.hash: sold})
        found = set()
        for side, seq, record in merge_order(decoded[Side.STATION], decoded[Side.HQ]):
            broken = books.apply(side, seq, record).broken
            found |= {broken.value} if broken and side is Side.STATION else set()
        return found


TestCounter = Counter.TestCase
TestCounter.settings = settings(max_examples=10, stateful_step_count=50, deadline=None)


@settings(max_examples=12)
@given(number=st.integers(0, 2**32))
def test_tables_kept_record_by_record_are_those_derived_again(number: int, tmp_path_factory):
    rng = random.Random(number)
    # The store itself keeps a second outage of one thing out.
    life = Life.lived(rng, 60, but=(OutageOpened,))
    world = World(tmp_path_factory.mktemp("life") / "station")
    for sold in TARIFFS.values():
        world.register.keep_document(sold.to_bytes())
    entries = list(merge_order(life.numbered(Side.STATION), life.numbered(Side.HQ)))
    while entries:
        some, entries = entries[:9], entries[9:]
        marker = world.register._marker  # noqa: SLF001 - facts that no command would record
        heads = {side: world.register.head(side) for side in Side}
        with world.database.transaction() as connection:
            recorder = Recorder(connection, heads, marker, world.register.tariffs.over(connection))
            for side, _, record in some:
                if side is Side.STATION:
                    recorder.append_own(record)
                else:
                    recorder.append_from_hq(encode(record))
            recorder.finish()
        assert compare(world.database).differing == ()
        if rng.random() < 0.3:
            table = rng.choice(sorted(PROJECTIONS))
            with world.database.transaction() as connection:
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
        world.reopen()
    assert compare(world.database).differing == ()
    books = Books(TARIFFS)
    for side, seq, record in merge_order(life.numbered(Side.STATION), life.numbered(Side.HQ)):
        books.apply(side, seq, record)
    kept = {(account, party): fen for account, party, fen in world.rows("SELECT * FROM balances") if fen}
    assert kept == {(int(k.account), k.party): fen for k, fen in books.balances.items() if fen}
    world.close()
