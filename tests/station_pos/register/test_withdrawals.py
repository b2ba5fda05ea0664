"""Withdrawals over the real register: what is refused, what the drawer does, what paper says, and equal folds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from station_journal.facts.cash import CashReason
from station_journal.facts.withdrawals import FailureKind, FeePayer, FirstFreeScope, PersonalId
from station_journal.records import ActorKind, Side
from station_journal.rules.withdrawal import DEFAULT_TERMS, Withdrawal, WithdrawalState, withdrawal_key
from station_pos.__main__ import cli
from station_pos.commands.cash_orders import MoveCash
from station_pos.commands.orders import IssueCopy
from station_pos.commands.outcome import Accepted, Refusal, Refused
from station_pos.commands.withdrawal_limits import card_day_fen, fee_of, may_be_same_card, note_mix, repeats
from station_pos.commands.withdrawal_orders import (
    CardSeen,
    CloseRefuted,
    FailWithdrawal,
    InstructPayout,
    IntendWithdrawal,
    IssueWithdrawalSlip,
    PayOut,
    RecordApproval,
    RefuseVoid,
    RequestVoid,
    TerminalTold,
)
from station_pos.receipts.paper import from_bytes, to_text
from station_pos.register.inspection import compare, verify
from station_pos.store.projections import Projections
from tests.factories import withdrawal as wd
from tests.station_pos.world import CLERK, World

CARD = CardSeen("8841", "农业银行")
CHINA = timezone(timedelta(hours=8))


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready(0)
    yield made
    made.close()


def intent(world: World, amount_fen: int = 50_000, **changes) -> IntendWithdrawal:
    values = {
        "operator_no": CLERK,
        "operation_no": world.register.open_operation(),
        "amount_fen": amount_fen,
        "by_agent": False,
        "person_name": "",
        "id_kind": PersonalId.NOT_NOTED,
        "id_masked": "",
    }
    return IntendWithdrawal(**{**values, **changes})


def told(seq: int, card: CardSeen = CARD) -> TerminalTold:
    return TerminalTold(
        card=card,
        trace_no=f"{seq:06d}",
        auth_code="A12345",
        batch_no="000001",
        receipt_no=f"{seq:04d}",
        terminal_no="29001234",
        merchant_no="100653059999001",
        terminal_time="2026-10-23 09:00:05",
    )


def approved(world: World, amount_fen: int = 50_000, card: CardSeen = CARD) -> int:
    """Take a withdrawal to the bank's approval."""
    seq = world.accepted(intent(world, amount_fen)).seq
    world.accepted(RecordApproval(seq, told(seq, card)))
    return seq


def paid(world: World, amount_fen: int = 50_000, card: CardSeen = CARD) -> int:
    seq = approved(world, amount_fen, card)
    world.accepted(InstructPayout(seq))
    world.accepted(PayOut(CLERK, seq))
    return seq


def one(world: World, seq: int) -> Withdrawal:
    with world.database.reading() as connection:
        found = Projections(connection, world.register.tariffs.over(connection)).subject(
            Withdrawal, withdrawal_key(seq).key
        )
    assert found is not None
    return found


def drawer_fen(world: World) -> int:
    return int(world.rows("SELECT ifnull(sum(balance_fen), 0) FROM balances WHERE account=1001")[0][0])


def papers(world: World) -> list[str]:
    return [to_text(from_bytes(paper)) for (paper,) in world.rows("SELECT paper FROM print_jobs ORDER BY job_no")]


class TestTheRoad:
    def test_cash_leaves_the_drawer_once_and_only_on_the_instruction(self, world: World):
        seq = approved(world)
        assert world.register.execute(PayOut(CLERK, seq)) == Refused(Refusal.PAYOUT_NOT_DUE)
        world.accepted(InstructPayout(seq))
        assert drawer_fen(world) == 0
        world.accepted(PayOut(CLERK, seq, notes_exchanged=True))
        assert drawer_fen(world) == -50_000
        assert world.register.execute(PayOut(CLERK, seq)) == Refused(Refusal.PAYOUT_NOT_DUE)
        assert drawer_fen(world) == -50_000
        assert one(world, seq).notes_exchanged

    def test_machine_and_person_are_told_apart(self, world: World):
        from station_journal.codec import decode

        seq = paid(world)
        kinds = [
            decode(data, Side.STATION).actor.kind
            for (data,) in world.rows(f"SELECT bytes FROM journal WHERE side='S' AND seq>={seq} ORDER BY seq")
        ]
        assert kinds == [ActorKind.PERSON, ActorKind.SYSTEM, ActorKind.SYSTEM, ActorKind.PERSON]

    def test_what_the_bank_denied_before_the_shop_was_told_is_not_paid(self, world: World):
        seq = approved(world)
        world.from_hq(wd.bank(seq, debited=False))
        assert world.register.execute(InstructPayout(seq)) == Refused(Refusal.PAYOUT_NOT_DUE)
        world.accepted(FailWithdrawal(seq, FailureKind.NOT_DEBITED, "bank_says_no", "银行说没有扣款"))
        assert world.rows("SELECT sum(abs(balance_fen)) FROM balances") == [(0,)]

    def test_no_more_of_a_card_than_four_digits_is_kept_whatever_a_driver_says(self, world: World):
        number = "6221880000008841"
        seq = approved(world, card=CardSeen(number, "农业银行"))
        assert one(world, seq).card_last4 == "8841"
        assert not any(number.encode() in data for (data,) in world.rows("SELECT bytes FROM journal"))

    @pytest.mark.parametrize("changes", [{"person_name": "李四"}, {"id_masked": "51078119880101001X"}])
    def test_nobodys_whole_name_or_number_is_recorded(self, world: World, changes):
        order = intent(world, id_kind=PersonalId.RESIDENT_ID, **changes)
        assert world.register.execute(order) == Refused(Refusal.AGENT_NOT_NOTED)

    def test_a_counter_job_of_one_service_is_none_of_another(self, world: World):
        order = intent(world)
        seq = world.accepted(order).seq
        world.accepted(FailWithdrawal(seq, FailureKind.CANCELLED, "cancelled", "顾客取消"))
        cash = MoveCash(CLERK, world.register.open_operation(), CashReason.OWNER_IN, 100)
        world.accepted(cash)
        for command in (
            replace(cash, operation_no=order.operation_no),
            replace(order, operation_no=cash.operation_no),
            replace(world.pay(), operation_no=order.operation_no),
            replace(world.pay(), operation_no=cash.operation_no),
        ):
            outcome = world.register.execute(command)
            assert isinstance(outcome, Refused)
            assert outcome.reason is Refusal.OPERATION_ALREADY_DONE

    def test_one_counter_job_is_one_withdrawal(self, world: World):
        order = intent(world)
        seq = world.accepted(order).seq
        world.accepted(FailWithdrawal(seq, FailureKind.CANCELLED, "cancelled", "顾客取消"))
        again = world.register.execute(order)
        assert isinstance(again, Refused)
        assert again.reason is Refusal.OPERATION_ALREADY_DONE
        assert world.register.open_operation() > order.operation_no

    def test_while_one_is_unknown_the_terminal_is_asked_for_no_other(self, world: World):
        seq = world.accepted(intent(world)).seq
        world.accepted(IssueWithdrawalSlip(seq, CARD))
        refused = world.register.execute(intent(world))
        assert refused == Refused(Refusal.WITHDRAWAL_UNSETTLED, (("withdrawal_seq", seq),))
        world.from_hq(wd.bank(seq, debited=False))
        world.accepted(FailWithdrawal(seq, FailureKind.NOT_DEBITED, "bank_says_no", "银行说没有扣款"))
        world.accepted(intent(world))

    def test_an_unknown_one_is_paid_only_after_the_bank_says_that_it_was_debited(self, world: World):
        seq = world.accepted(intent(world)).seq
        world.accepted(IssueWithdrawalSlip(seq, CARD))
        assert world.register.execute(InstructPayout(seq)) == Refused(Refusal.PAYOUT_NOT_DUE)
        world.from_hq(wd.bank(seq))
        world.accepted(InstructPayout(seq))
        world.accepted(PayOut(CLERK, seq))
        assert drawer_fen(world) == -50_000

    def test_undone_at_the_terminal_before_the_cash_and_never_after(self, world: World):
        seq = approved(world)
        world.accepted(InstructPayout(seq))
        world.accepted(RequestVoid(CLERK, seq))
        assert world.register.execute(PayOut(CLERK, seq)) == Refused(Refusal.PAYOUT_NOT_DUE)
        world.accepted(RefuseVoid(seq, "刷卡机不支持撤销"))
        world.accepted(RequestVoid(CLERK, seq))
        world.accepted(FailWithdrawal(seq, FailureKind.REVERSED, "voided", "已撤销"))
        assert one(world, seq).state is WithdrawalState.FAILED
        assert drawer_fen(world) == 0
        other = paid(world)
        assert world.register.execute(RequestVoid(CLERK, other)) == Refused(Refusal.VOID_NOT_ALLOWED)

    def test_the_bank_denies_what_was_not_paid_yet_and_the_operator_says_so(self, world: World):
        seq = approved(world)
        world.accepted(InstructPayout(seq))
        assert world.register.execute(CloseRefuted(CLERK, seq)) == Refused(Refusal.VOID_NOT_ALLOWED)
        world.from_hq(wd.bank(seq, debited=False))
        world.accepted(CloseRefuted(CLERK, seq))
        assert not any(fen for (fen,) in world.rows("SELECT balance_fen FROM balances WHERE account<>2101"))

    @pytest.mark.parametrize("amount_fen", [0, 500, 999, 1_050, 55_555])
    def test_the_least_and_the_multiple(self, world: World, amount_fen: int):
        refused = world.register.execute(intent(world, amount_fen))
        assert refused == Refused(Refusal.WITHDRAWAL_AMOUNT, (("least_fen", 1_000),))

    def test_an_agent_collector_is_noted_or_nothing_is_sent(self, world: World):
        nobody = world.register.execute(intent(world, by_agent=True))
        assert nobody == Refused(Refusal.AGENT_NOT_NOTED)
        noted = replace(
            intent(world, by_agent=True),
            person_name="*四",
            id_kind=PersonalId.RESIDENT_ID,
            id_masked="510781********0019",
        )
        seq = world.accepted(noted).seq
        world.accepted(RecordApproval(seq, told(seq)))
        world.accepted(InstructPayout(seq))
        shop, customer = papers(world)[-1].split("=" * 32, 1)
        assert "代取人签字" in shop
        assert "*四 510781********0019" in " ".join(shop.split())
        assert "签字" not in customer


class TestLimits:
    def test_a_card_gets_its_cap_in_a_day_and_not_a_fen_more(self, world: World):
        paid(world, 150_000)
        seq = world.accepted(intent(world, 60_000)).seq
        over = world.register.execute(RecordApproval(seq, told(seq)))
        assert over == Refused(Refusal.CARD_DAY_CAP, (("cap_fen", 200_000), ("left_fen", 50_000)))
        world.accepted(FailWithdrawal(seq, FailureKind.OVER_LIMIT, "card_day_cap", "超过限额"))
        paid(world, 50_000)
        paid(world, 150_000, CardSeen("3107", "农业银行"))

    def test_the_cap_begins_anew_at_midnight_in_beijing(self, world: World):
        paid(world, 200_000)
        world.from_hq(wd.terms(payout_allowance_fen=10_000_000))
        world.clock.now = world.clock.now.replace(hour=15, minute=59)
        seq = world.accepted(intent(world, 10_000)).seq
        assert isinstance(world.register.execute(RecordApproval(seq, told(seq))), Refused)
        world.accepted(FailWithdrawal(seq, FailureKind.OVER_LIMIT, "card_day_cap", "超过限额"))
        world.clock.forward(minutes=1)
        paid(world, 200_000)

    def test_payouts_that_the_bank_has_not_confirmed_are_bounded(self, world: World):
        for last4 in ("0001", "0002"):
            paid(world, 200_000, CardSeen(last4, ""))
        refused = world.register.execute(intent(world, 200_000))
        assert refused == Refused(Refusal.PAYOUT_ALLOWANCE_USED, (("room_fen", 100_000),))
        world.from_hq(wd.bank(_first(world)))
        world.accepted(intent(world, 200_000))

    def test_the_allowance_is_looked_at_again_before_the_approval_is_taken(self, world: World):
        seq = world.accepted(intent(world, 200_000)).seq
        world.from_hq(wd.terms(payout_allowance_fen=0, effective_on=world.clock.now.date()))
        refused = world.register.execute(RecordApproval(seq, told(seq)))
        assert refused == Refused(Refusal.PAYOUT_ALLOWANCE_USED, (("room_fen", 0),))
        world.accepted(RecordApproval(seq, told(seq), asked_again=True))
        world.accepted(InstructPayout(seq))
        world.accepted(PayOut(CLERK, seq))
        assert world.rows("SELECT balance_fen FROM balances WHERE party='OVER_PAYOUT_ALLOWANCE'") == [(-200_000,)]

    def test_an_unknown_one_counts_towards_the_cap_and_holds_nothing(self, world: World):
        seq = world.accepted(intent(world, 200_000)).seq
        world.accepted(IssueWithdrawalSlip(seq, CARD))
        assert not any(fen for (fen,) in world.rows("SELECT balance_fen FROM balances"))
        with world.database.reading() as connection:
            day = world.clock.now.date()
            withdrawals = Projections(connection, lambda _: None).withdrawals_between(day, day)
        assert card_day_fen(withdrawals, CARD) == 200_000
        assert card_day_fen(withdrawals, CardSeen("3107", "农业银行")) == 0
        assert card_day_fen(withdrawals, CardSeen("8841", "")) == 200_000


def _first(world: World) -> int:
    return int(world.rows("SELECT min(seq) FROM withdrawals")[0][0])


def made(seq: int, card: CardSeen, state: WithdrawalState, amount_fen: int, minute: int = 0) -> Withdrawal:
    from tests.factories import journal

    return Withdrawal(
        seq=seq,
        operation_no=seq,
        recorded_at=journal.NOON + timedelta(minutes=minute),
        business_date=journal.TODAY,
        operator_no=1,
        amount_fen=amount_fen,
        known_receipt_no="",
        known_trace_no="",
        by_agent=False,
        person_name="",
        id_kind=PersonalId.NOT_NOTED,
        id_masked="",
        state=state,
        card_last4=card.last4,
        issuer=card.issuer,
        card_token=card.token,
    )


CARDS = st.builds(
    CardSeen, st.sampled_from(["", "8841", "3107"]), st.sampled_from(["", "A", "B"]), st.sampled_from(["", "t1", "t2"])
)


class TestTheCapAsARule:
    @given(st.lists(st.tuples(CARDS, st.sampled_from(WithdrawalState), st.integers(1, 20)), max_size=12), CARDS)
    def test_counts_whatever_might_be_this_card_and_nothing_that_is_surely_undone(self, lives, card):
        withdrawals = [made(seq, one, state, tens * 1_000) for seq, (one, state, tens) in enumerate(lives, 1)]
        counted = card_day_fen(withdrawals, card)
        alive = [w for w in withdrawals if w.state is not WithdrawalState.FAILED]
        surely = [w for w in alive if (w.card_last4, w.issuer, w.card_token) == (card.last4, card.issuer, card.token)]
        assert sum(w.amount_fen for w in surely) <= counted <= sum(w.amount_fen for w in alive)
        assert counted == card_day_fen(reversed(withdrawals), card)

    @given(CARDS, CARDS)
    def test_two_cards_may_be_one_either_way_round(self, one, other):
        assert may_be_same_card(one, other) == may_be_same_card(other, one)
        assert may_be_same_card(one, one)

    @given(CARDS, st.sampled_from(["", "8841", "3107"]))
    def test_what_is_not_shown_never_tells_two_cards_apart(self, card, last4):
        hidden = CardSeen("", "", "")
        assert may_be_same_card(card, hidden)
        if not card.token:
            assert may_be_same_card(CardSeen(last4, "", "t1"), CardSeen(last4, card.issuer, ""))

    def test_the_third_within_ten_minutes_is_counted(self):
        minutes = [0, 4, 8, 30]
        withdrawals = [made(n, CARD, WithdrawalState.PAID, 10_000, at) for n, at in enumerate(minutes, 1)]
        assert [repeats(withdrawals, CARD, one.recorded_at) for one in withdrawals] == [1, 2, 3, 1]
        assert repeats(withdrawals, CardSeen("3107", "农业银行"), withdrawals[2].recorded_at) == 0

    def test_the_fee_is_waived_once_a_month_where_the_terms_say_so(self):
        free = DEFAULT_TERMS._replace(first_free_scope=FirstFreeScope.ALL_CARDS)
        earlier = [made(1, CARD, WithdrawalState.PAID, 10_000)]
        assert fee_of(free, [], CARD) == (0, FeePayer.WAIVED)
        assert fee_of(free, earlier, CARD) == (100, FeePayer.CUSTOMER)
        assert fee_of(DEFAULT_TERMS, [], CARD) == (100, FeePayer.CUSTOMER)
        failed = [made(1, CARD, WithdrawalState.FAILED, 10_000)]
        assert fee_of(free, failed, CARD) == (0, FeePayer.WAIVED)

    @given(st.integers(1, 200).map(lambda tens: tens * 1_000))
    def test_the_suggested_notes_are_the_amount(self, amount_fen):
        mix = note_mix(amount_fen)
        assert sum(note * count for note, count in mix) == amount_fen
        assert all(count > 0 for _, count in mix)


class TestPapers:
    def test_the_instruction_has_every_field_of_a_sales_slip_on_both_copies(self, world: World):
        seq = approved(world)
        assert papers(world) == []
        world.accepted(InstructPayout(seq))
        [paper] = papers(world)
        assert paper.count("=" * 32) == 2
        shop, customer = (" ".join(part.split()) for part in paper.split("=" * 32)[:2])
        for words in (
            "助农取款",
            "张家坝便民服务站",
            "100653059999001",
            "29001234",
            "李四 (2)",
            "邮政储蓄银行",
            "农业银行",
            "************8841",
            "000001",
            "A12345",
            "2026-10-23 09:00:05",
            "500.00",
            "伍佰元整",
            "1.00 由顾客卡付",
        ):
            assert words in shop, words
            assert words in customer, words
        assert "商户存根" in shop
        assert "本人确认以上交易" in shop
        assert "持卡人签字" in shop
        assert "请付现金 500.00" in shop
        assert "顾客存根" in customer
        assert "签字" not in customer

    def test_a_copy_is_marked_and_says_the_same(self, world: World):
        paid(world)
        [(issued,)] = world.rows("SELECT max(seq) FROM issued_papers")
        world.accepted(IssueCopy(CLERK, issued))
        original, copy = papers(world)
        assert copy.count("【补打】第 1 次") == 2
        assert copy.replace("【补打】第 1 次", "").split() == original.split()

    def test_without_cash_the_slip_says_why_and_that_nothing_was_paid(self, world: World):
        seq = world.accepted(intent(world)).seq
        world.accepted(FailWithdrawal(seq, FailureKind.REVERSED, "card_day_cap", "超过限额"))
        text = "".join(papers(world)[0].split())
        assert "取款未成凭条" in text
        assert "没有付现金。超过限额" in text
        assert "原路退回" in text

    def test_pending_says_do_not_redo_and_asks_to_keep_it(self, world: World):
        seq = world.accepted(intent(world)).seq
        world.accepted(IssueWithdrawalSlip(seq, CARD))
        text = "".join(papers(world)[0].split())
        assert "取款待定凭条" in text
        assert "请不要重做" in text
        assert "************8841" in text
        assert world.register.execute(IssueWithdrawalSlip(seq, CARD)) == Refused(Refusal.NOTHING_TO_DO)

    def test_garbage_from_the_terminal_stops_nothing_and_reaches_no_paper(self, world: World):
        seq = world.accepted(intent(world)).seq
        noise = TerminalTold(CardSeen("8841", "农\x1b[2J业\x00"), trace_no="9" * 500, terminal_no="\x07")
        world.accepted(RecordApproval(seq, noise))
        world.accepted(InstructPayout(seq))
        assert "\x1b" not in papers(world)[0]
        assert one(world, seq).issuer == "农[2J业"
        assert len(one(world, seq).trace_no) == 64


class TestFolds:
    def test_lost_tables_come_back_equal_and_the_journal_verifies(self, world: World):
        paid(world, 20_000)
        seq = approved(world, 30_000)
        world.from_hq(wd.terms(restores_credit=True), wd.bank(_first(world)))
        before = world.rows("SELECT * FROM withdrawals ORDER BY seq")
        assert compare(world.database).differing == ()
        world.register.rebuild()
        assert world.rows("SELECT * FROM withdrawals ORDER BY seq") == before
        world.reopen()
        assert verify(world.database).faults == ()
        assert one(world, seq).state is WithdrawalState.APPROVED

    def test_a_restart_between_any_two_steps_goes_on_from_there(self, world: World):
        seq = world.accepted(intent(world)).seq
        steps = (RecordApproval(seq, told(seq)), InstructPayout(seq), RequestVoid(CLERK, seq), RefuseVoid(seq, "x"))
        for order in (*steps, PayOut(CLERK, seq)):
            world.reopen()
            assert isinstance(world.register.execute(order), Accepted)
        assert drawer_fen(world) == -50_000


class TestTheRegisterBook:
    def test_the_command_writes_the_days_asked_for_beside_a_running_counter(self, world: World):
        paid(world)
        day = world.clock.now.astimezone(CHINA).date()
        folder = str(world.folder)

        def lines(*words: str) -> list[str]:
            result = CliRunner().invoke(cli, ["withdrawals", "--data", folder, *words])
            assert result.exit_code == 0, result.output
            return result.output.splitlines()

        assert "PAID,500.00,1.00,CUSTOMER" in lines("--from", f"{day}", "--to", f"{day}")[1]
        assert len(lines("--from", f"{day + timedelta(days=1)}")) == 1
        assert len(lines("--to", f"{day - timedelta(days=1)}")) == 1

    def test_a_folder_without_a_station_is_one_sentence(self, tmp_path):
        result = CliRunner().invoke(cli, ["withdrawals", "--data", str(tmp_path / "none")])
        assert result.exit_code != 0
        assert "Traceback" not in result.output
