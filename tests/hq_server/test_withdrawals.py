"""Withdrawals at HQ: the acquirer's file, rulings and terms, held against the books of both sides."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import date, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, select, text

from hq_server.db.ledger_tables import subjects
from hq_server.files.profile_text import read_profile
from hq_server.files.profiles import shipped_documents
from hq_server.files.reading import FileReader
from hq_server.files.rows import FileFacts
from hq_server.ledger.queries import station_balances
from hq_server.reconciliation.chain import chain_of_case, chain_of_record
from hq_server.reconciliation.chain_funds import Link
from hq_server.settlement.acquirer_days import due_days, settle_one
from hq_server.withdrawals import rulings, terms
from hq_server.withdrawals.bank_day import import_bank_file, settle_day
from hq_server.withdrawals.evasion import findings
from hq_server.withdrawals.held import terminals, withdrawals
from hq_server.withdrawals.register_book import register_csv
from hq_server.wording import RefusedError
from station_journal.accounts import Account, Ledger
from station_journal.facts.withdrawals import (
    BankAnswered,
    CreditRestored,
    PayoutInstructed,
    WithdrawalPaid,
    WithdrawalPendingSlipIssued,
    WithdrawalTermsAgreed,
)
from station_journal.records import AlarmCode, AlarmRaised
from tests.factories import withdrawal as wd
from tests.hq_server.counter_side import CODE, FINANCE, Counter
from tests.hq_server.people import ADMIN, MAKER, NOON, SECOND, SteppingClock

_CHINA = timezone(timedelta(hours=8))
HEAD = "terminal_no,trace_no,kind,card_last4,amount,fee,at,bank_no"


@pytest.fixture
def counter(engine: Engine) -> Counter:
    return Counter(engine, SteppingClock(), credit_fen=0)


def pay_out(counter: Counter, amount_fen: int = 50_000, last4: str = "8841") -> int:
    """Live through a whole withdrawal at the station; gives its number."""
    counter.operations += 1
    (seq,) = counter.send(wd.intended(counter.operations, amount_fen=amount_fen))
    counter.send(wd.approved(seq, card_last4=last4), PayoutInstructed(seq), operator_no=0)
    counter.send(WithdrawalPaid(seq, notes_exchanged=False))
    return seq


def line(counter: Counter, trace: int, amount: str = "500.00", *, kind: str = "W", at: str = "") -> str:
    moment = at or f"{counter.clock.now.astimezone(_CHINA):%Y-%m-%d %H:%M:%S}"
    return f"29001234,{trace:06d},{kind},8841,{amount},1.00,{moment},B{trace}"


def day_of(counter: Counter):
    return counter.clock.now.astimezone(_CHINA).date()


def take(counter: Counter, folder: Path, *lines: str, number: int = 1):
    """Have the acquirer write its file of today, take it in and settle; the stations' news is posted."""
    fields = [one.split(",") for one in lines]
    amount_fen = sum(int(one[4].replace(".", "")) for one in fields)
    fee_fen = sum(int(one[5].replace(".", "")) for one in fields)
    body = "".join(one + "\n" for one in (HEAD, *lines))
    write(folder, counter, body, f"END,{len(lines)},,,{amount_fen / 100:.2f},{fee_fen / 100:.2f},,", number)
    return settle(counter)


def write(folder: Path, counter: Counter, body: str, end: str, number: int) -> None:
    """Have the acquirer's file written and taken in."""
    path = folder / f"WD_100_{day_of(counter):%Y%m%d}_{number}.csv"
    path.write_text(f"{body}{end}{hashlib.sha256(body.encode()).hexdigest()}\n", "utf-8")
    path.with_name(path.name + ".ok").touch()
    import_bank_file(counter.engine, MAKER, path, counter.clock())


def settle(counter: Counter):
    result = settle_day(counter.engine, counter.journal, "100", day_of(counter), counter.clock())
    counter.post()
    return result


def balances(counter: Counter) -> dict[Ledger, int]:
    with counter.engine.connect() as connection:
        return {k: v for k, v in station_balances(connection, CODE).items() if v}


class TestABanksDay:
    def test_confirms_what_it_debited_with_its_fee_and_once(self, counter: Counter, tmp_path: Path) -> None:
        seq = pay_out(counter)
        result = take(counter, tmp_path, line(counter, seq))
        assert (result.confirmed, result.denied, result.bank_only) == (1, 0, 0)
        assert balances(counter) == {
            Ledger(Account.DRAWER): -50_000,
            Ledger(Account.OWNER_ACCOUNT): 50_100,
            Ledger(Account.SHOP_FUNDS): 100,
        }
        assert settle(counter).confirmed == 0
        assert len(counter.told(BankAnswered)) == 1

    def test_denies_what_it_has_not_at_hqs_cost_and_raises_an_alarm(self, counter: Counter, tmp_path: Path) -> None:
        seq = pay_out(counter, 15_000)
        assert take(counter, tmp_path).denied == 1
        refuted = Ledger(Account.SUSPENSE, "PAYOUT_REFUTED")
        assert balances(counter) == {Ledger(Account.DRAWER): -15_000, refuted: -15_000}
        assert AlarmRaised(AlarmCode.PAYOUT_REFUTED, seq, 15_000) in counter.told(AlarmRaised)
        later = take(counter, tmp_path, line(counter, seq, "150.00"), number=2)
        assert later.confirmed == 1
        assert refuted not in balances(counter)

    def test_of_a_bank_that_cuts_its_day_earlier_denies_nobody_late_in_the_evening(
        self, counter: Counter, tmp_path: Path
    ) -> None:
        """The bank's day ends at eleven; what was paid out after it stands in the file of its next day."""
        counter.clock.now = NOON + timedelta(hours=11, minutes=20)  # 23:20 in Beijing
        seq, absent = pay_out(counter), pay_out(counter, 15_000)
        paid_at = f"{counter.clock.now.astimezone(_CHINA):%Y-%m-%d %H:%M:%S}"
        evening = take(counter, tmp_path)
        assert (evening.denied, evening.confirmed) == (0, 0)
        assert AlarmCode.PAYOUT_REFUTED not in {one.code for one in counter.told(AlarmRaised)}

        counter.clock.now += timedelta(hours=12)
        next_day = take(counter, tmp_path, line(counter, seq, at=paid_at))
        assert (next_day.bank_only, next_day.unclear) == (0, 0)
        counter.clock.now -= timedelta(hours=12)
        again = settle(counter)
        assert (again.confirmed, again.denied) == (1, 1)
        told = {one.withdrawal_seq: one for one in counter.told(BankAnswered)}
        assert told[seq].debited
        assert told[seq].reason == "line 2 of a file beside 2026-11-23"
        assert not told[absent].debited

    def test_names_another_withdrawal_of_the_next_day_by_the_same_trace_number(
        self, counter: Counter, tmp_path: Path
    ) -> None:
        """Terminals count from one again; number and sum alone are no proof, the time has to fit too."""
        seq = pay_out(counter)
        counter.clock.now += timedelta(days=1)
        result = take(counter, tmp_path, line(counter, seq))
        assert result.bank_only == 1
        counter.clock.now -= timedelta(days=1)
        assert take(counter, tmp_path).denied == 1

    def test_a_reversal_in_the_file_is_no_debit(self, counter: Counter, tmp_path: Path) -> None:
        seq = pay_out(counter)
        result = take(counter, tmp_path, line(counter, seq), line(counter, seq, kind="R"))
        assert result.denied == 1

    def test_ends_an_unknown_one_by_amount_and_time(self, counter: Counter, tmp_path: Path) -> None:
        known = pay_out(counter, 20_000)
        counter.operations += 1
        (seq,) = counter.send(wd.intended(counter.operations, amount_fen=30_000))
        counter.send(WithdrawalPendingSlipIssued(seq, "", "", ""), operator_no=0)
        result = take(counter, tmp_path, line(counter, known, "200.00"), line(counter, 777, "300.00"))
        assert (result.confirmed, result.unclear) == (2, 0)
        assert [one.withdrawal_seq for one in counter.told(BankAnswered)] == [known, seq]

    def test_what_may_be_either_of_two_lines_waits_for_a_person(self, counter: Counter, tmp_path: Path) -> None:
        known = pay_out(counter, 20_000)
        counter.operations += 1
        counter.send(wd.intended(counter.operations, amount_fen=30_000))
        lines = [line(counter, trace, "300.00") for trace in (777, 778)]
        result = take(counter, tmp_path, line(counter, known, "200.00"), *lines)
        assert (result.confirmed, result.unclear, result.bank_only) == (1, 1, 2)

    def test_a_line_that_may_be_either_of_two_withdrawals_confirms_neither(self, counter: Counter, tmp_path: Path):
        known = pay_out(counter, 20_000)
        for _ in range(2):
            counter.operations += 1
            counter.send(wd.intended(counter.operations, amount_fen=30_000))
        result = take(counter, tmp_path, line(counter, known, "200.00"), line(counter, 777, "300.00"))
        assert (result.confirmed, result.denied, result.unclear, result.bank_only) == (1, 0, 2, 1)

    def test_a_debit_that_two_withdrawals_name_confirms_neither(self, counter: Counter, tmp_path: Path):
        first = pay_out(counter)
        counter.operations += 1
        (second,) = counter.send(wd.intended(counter.operations))
        counter.send(wd.approved(second, trace_no=f"{first:06d}"), operator_no=0)
        result = take(counter, tmp_path, line(counter, first))
        assert (result.confirmed, result.denied, result.unclear) == (0, 0, 2)

    def test_an_approval_without_the_terminals_numbers_is_not_denied_for_want_of_them(
        self, counter: Counter, tmp_path: Path
    ):
        known = pay_out(counter, 20_000)
        counter.operations += 1
        (seq,) = counter.send(wd.intended(counter.operations))
        counter.send(wd.approved(seq, trace_no="", terminal_no="", asked_again=True), operator_no=0)
        result = take(counter, tmp_path, line(counter, known, "200.00"))
        assert (result.confirmed, result.denied, result.unclear) == (1, 0, 1)
        later = take(counter, tmp_path, line(counter, 777), number=2)
        assert (later.confirmed, later.unclear) == (1, 0)

    def test_settled_twice_before_anything_is_posted_tells_once(self, counter: Counter, tmp_path: Path) -> None:
        with counter.engine.begin() as connection:
            made = terms.enter(connection, MAKER, CODE, wd.terms(restores_credit=True), counter.clock())
            terms.approve(connection, counter.journal, FINANCE, CODE, made.terms_no, counter.clock())
        counter.post()
        seq = pay_out(counter)
        take(counter, tmp_path, line(counter, seq))
        day = day_of(counter)
        later = pay_out(counter)
        write(tmp_path, counter, f"{HEAD}\n{line(counter, later)}\n", "END,1,,,500.00,1.00,,", 2)
        for _ in range(2):
            settle_day(counter.engine, counter.journal, "100", day, counter.clock())
        counter.post()
        assert [one.withdrawal_seq for one in counter.told(CreditRestored)] == [seq, later]
        assert counter.told(AlarmRaised) == []

    def test_another_amount_is_nobodys_word(self, counter: Counter, tmp_path: Path) -> None:
        seq = pay_out(counter)
        result = take(counter, tmp_path, line(counter, seq, "5000.00"))
        assert (result.confirmed, result.denied, result.unclear) == (0, 0, 1)

    def test_a_word_that_came_before_the_payout_is_told_again_once_hq_has_seen_it(
        self, counter: Counter, tmp_path: Path
    ) -> None:
        counter.operations += 1
        (seq,) = counter.send(wd.intended(counter.operations))
        before = counter.hq_seq()
        take(counter, tmp_path, line(counter, 1, "1.00"))
        counter.send(wd.approved(seq), PayoutInstructed(seq), seen_seq=before, operator_no=0)
        counter.send(WithdrawalPaid(seq, notes_exchanged=False), seen_seq=before)
        assert take(counter, tmp_path, line(counter, seq), number=2).confirmed == 1
        assert balances(counter)[Ledger(Account.OWNER_ACCOUNT)] == 50_100

    @pytest.mark.parametrize(
        ("line", "end", "why"),
        [
            ("29001234,1,W,8841,500.00,1.00,2026-11-23 09:00:00", "END,1,,,500.00,1.00,,", "Line 2"),
            ("29001234,x,W,8841,5.00,1.00,2026-11-23 09:00:00,", "END,1,,,5.00,1.00,,", "trace_no may not hold x"),
            ("29001234,1,W,622202,5.00,1.00,2026-11-23 09:00:00,", "END,1,,,5.00,1.00,,", "card may not hold 2202"),
            ("29001234,1,W,8841,0.00,1.00,2026-11-23 09:00:00,", "END,1,,,0.00,1.00,,", "no amount in yuan"),
            ("29001234,1,W,8841,5.00,1.00,2026-11-23 09:00:00,", "END,1,,,6.00,1.00,,", "stated as 6.00 yuan"),
            ("29001234,1,W,8841,5.00,1.00,2026-11-23 09:00:00,", "END,1,,,5.00,2.00,,", "stated as 2.00 yuan"),
            ("29001234,1,W,8841,5.00,1.00,2026-11-23 09:00:00,", "END,1,,,5.00,1.00,,0", "sha256"),
        ],
    )
    def test_a_file_that_is_not_whole_is_refused_whole_with_one_sentence(
        self, counter: Counter, tmp_path: Path, line: str, end: str, why: str
    ) -> None:
        with pytest.raises(RefusedError, match=why):
            write(tmp_path, counter, f"{HEAD}\n{line}\n", end, 1)
        with pytest.raises(RefusedError, match="no withdrawal file"):
            settle(counter)

    def test_the_same_file_or_number_is_never_taken_twice(self, counter: Counter, tmp_path: Path) -> None:
        seq = pay_out(counter)
        take(counter, tmp_path, line(counter, seq))
        with pytest.raises(RefusedError, match="received before"):
            take(counter, tmp_path, line(counter, seq))
        with pytest.raises(RefusedError, match="needs a new number"):
            take(counter, tmp_path)


class TestWhatADayReads:
    def test_is_of_the_days_around_it_and_never_all_that_there_was(self, counter: Counter, tmp_path: Path) -> None:
        start, seqs = counter.clock.now, []
        for back in (40, 3, 2, 1, 0):
            counter.clock.now = start - timedelta(days=back)
            seqs.append(pay_out(counter, 10_000))
        asked: list[tuple[str, Any]] = []
        listener = counter.engine, "before_cursor_execute", lambda *given: asked.append(given[2:4])
        event.listen(*listener)
        result = take(counter, tmp_path, line(counter, seqs[-1], "100.00"))
        event.remove(*listener)
        reads = [
            (query, given) for query, given in asked if query.startswith("SELECT subjects.station_code, subjects.data")
        ]
        assert len(reads) == 1
        with counter.engine.connect() as connection:
            assert [row.station_code for row in connection.exec_driver_sql(*reads[0])] == [CODE] * 3
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {reads[0][0]}", reads[0][1]).scalars())
        assert re.search(r"Index Cond: .*on_day >=.*on_day <=", plan)
        assert (result.confirmed, result.denied, result.bank_only) == (1, 0, 0)
        assert [one.withdrawal_seq for one in counter.told(BankAnswered)] == seqs[-1:]

    def test_knows_a_terminal_that_was_used_long_before(self, counter: Counter, tmp_path: Path) -> None:
        """The line of a payout whose result nobody knew is found by a terminal that the station used weeks ago."""
        pay_out(counter, 20_000)
        counter.clock.now += timedelta(days=40)
        counter.operations += 1
        (seq,) = counter.send(wd.intended(counter.operations, amount_fen=30_000))
        result = take(counter, tmp_path, line(counter, 777, "300.00"))
        assert (result.confirmed, result.denied, result.unclear, result.bank_only) == (1, 0, 0, 0)
        assert [one.withdrawal_seq for one in counter.told(BankAnswered)] == [seq]

    def test_says_nothing_of_a_station_none_of_whose_terminals_is_known(self, counter: Counter, tmp_path: Path) -> None:
        counter.operations += 1
        counter.send(wd.intended(counter.operations, amount_fen=30_000))
        result = take(counter, tmp_path, line(counter, 777, "300.00"))
        assert (result.confirmed, result.denied, result.unclear, result.bank_only) == (0, 0, 1, 1)

    @pytest.mark.parametrize(("other", "known"), [("ST-0001", True), ("ST-0999", False)])
    def test_a_terminal_is_of_the_station_that_used_it_last_by_that_day(
        self, counter: Counter, other: str, known: bool
    ) -> None:
        """A spare device goes from shop to shop; who had it later or long before has no part in the day's lines."""
        pay_out(counter)
        day = day_of(counter)
        with counter.engine.begin() as connection:
            row = dict(connection.execute(select(subjects).where(subjects.c.kind == 1)).mappings().one())
            shift = timedelta(days=-9 if known else 9)
            connection.execute(insert(subjects).values({**row, "station_code": other, "on_day": day + shift}))
            for near in (withdrawals(connection, days=(day, day)), []):
                whose = terminals(connection, near, ["29001234", "7"], [CODE, other], day)
                assert whose.station_of == {"29001234": CODE}
                assert whose.stations == {CODE}
            later = terminals(connection, [], ["29001234"], [CODE, other], day + timedelta(days=9))
            assert later.station_of["29001234"] == (CODE if known else other)


def settle_all(counter: Counter) -> None:
    """Settle what is due, as the jobs do."""
    for due in due_days(counter.engine, counter.clock()):
        settle_one(counter.engine, counter.journal, due, counter.clock())
    counter.post()


def chain(counter: Counter, seq: int) -> dict[str, list[Link]]:
    """The chain behind a withdrawal, by stage."""
    with counter.engine.connect() as connection:
        links = chain_of_record(connection, CODE, seq)
    found: dict[str, list[Link]] = {}
    for link in links:
        found.setdefault(link.kind.name, []).append(link)
    return found


class TestTheChain:
    def test_goes_from_the_slip_to_the_acquirers_line_its_day_and_the_owners_account(
        self, counter: Counter, tmp_path: Path
    ) -> None:
        seq, other = pay_out(counter), pay_out(counter, 15_000)
        before = chain(counter, seq)
        assert set(before) == {"RECEIPT", "RECORD", "POSTING", "HELD"}
        take(counter, tmp_path, line(counter, other, "150.00"), line(counter, seq))
        settle_all(counter)
        found = chain(counter, seq)
        (filed,) = found["FILE_LINE"]
        assert (filed.amount_fen, filed.reference) == (50_000, f"{day_of(counter)} 1/2")
        assert filed.said.zh == f"WD_100_{day_of(counter):%Y%m%d}_1.csv 第 2 行 取款 B{seq}"
        assert [one.reference for one in found["WINDOW"]] == [f"ACQUIRER 100 {day_of(counter)}"]
        assert [(one.amount_fen, one.said.en) for one in found["BANK_LINE"]] == [
            (50_100, "the bank pays the owner's account itself, not through HQ")
        ]
        assert found["ANSWER"][0].said.zh.startswith("银行称已扣款")
        # Every ledger line that its own records and the bank's word made, and none of the other withdrawal.
        (word,) = (fact for fact in counter.told(BankAnswered) if fact.withdrawal_seq == seq)
        assert word.fee_fen == 100
        assert [one.amount_fen for one in found["POSTING"]] == [50_000, 50_000, 50_000, 100]

    def test_of_a_denied_one_names_its_case_and_no_line(self, counter: Counter, tmp_path: Path) -> None:
        seq, other = pay_out(counter), pay_out(counter, 15_000)
        take(counter, tmp_path, line(counter, other, "150.00"))
        settle_all(counter)
        counter.post()
        found = chain(counter, seq)
        assert "FILE_LINE" not in found
        assert [one.amount_fen for one in found["BREAK"]] == [-50_000]
        with counter.engine.connect() as connection:
            assert chain_of_case(connection, int(found["BREAK"][0].reference)) == chain_of_record(connection, CODE, seq)


class TestTerms:
    def test_hold_at_the_station_once_a_second_person_approved(self, counter: Counter) -> None:
        with counter.engine.begin() as connection:
            made = terms.enter(connection, MAKER, CODE, wd.terms(payout_allowance_fen=0), counter.clock())
            with pytest.raises(RefusedError, match="second person"):
                terms.approve(connection, counter.journal, MAKER, CODE, made.terms_no, counter.clock())
            assert counter.told(WithdrawalTermsAgreed) == []
            terms.approve(connection, counter.journal, FINANCE, CODE, made.terms_no, counter.clock())
        (told,) = counter.told(WithdrawalTermsAgreed)
        assert (told.maker_no, told.approver_no) == (MAKER.staff_no, FINANCE.staff_no)
        counter.post()
        pay_out(counter)
        assert balances(counter)[Ledger(Account.SUSPENSE, "OVER_PAYOUT_ALLOWANCE")] == -50_000

    def test_are_not_the_administrators(self, counter: Counter) -> None:
        with counter.engine.begin() as connection, pytest.raises(RefusedError):
            terms.enter(connection, ADMIN, CODE, wd.terms(), counter.clock())

    def test_restore_the_principal_as_credit_once_the_acquirer_confirms(self, counter: Counter, tmp_path: Path) -> None:
        with counter.engine.begin() as connection:
            made = terms.enter(connection, MAKER, CODE, wd.terms(restores_credit=True), counter.clock())
            terms.approve(connection, counter.journal, FINANCE, CODE, made.terms_no, counter.clock())
        counter.post()
        seq = pay_out(counter)
        assert Ledger(Account.CREDIT_FREE) not in balances(counter)
        take(counter, tmp_path, line(counter, seq))
        assert counter.told(CreditRestored) == [CreditRestored(seq, 50_000)]
        assert balances(counter)[Ledger(Account.CREDIT_FREE)] == 50_000
        settle(counter)
        assert len(counter.told(CreditRestored)) == 1


class TestARuling:
    def test_of_two_people_ends_what_nobody_else_can(self, counter: Counter) -> None:
        counter.operations += 1
        (seq,) = counter.send(wd.intended(counter.operations))
        with counter.engine.begin() as connection:
            with pytest.raises(RefusedError, match="what was found"):
                rulings.propose(connection, MAKER, CODE, seq, rulings.Finding(debited=True, words="x"), counter.clock())
            rulings.propose(
                connection, MAKER, CODE, seq, rulings.Finding(debited=True, words="银行来函第 7 号"), counter.clock()
            )
            with pytest.raises(RefusedError, match="second person"):
                rulings.approve(connection, counter.journal, MAKER, CODE, seq, counter.clock())
            rulings.approve(connection, counter.journal, SECOND, CODE, seq, counter.clock())
        counter.post()
        counter.send(PayoutInstructed(seq), operator_no=0)
        counter.send(WithdrawalPaid(seq, notes_exchanged=False))
        assert balances(counter)[Ledger(Account.DRAWER)] == -50_000
        assert Ledger(Account.SUSPENSE, "PAYOUT_NOT_APPROVED") not in balances(counter)


class TestThePatternOfEvasion:
    def test_three_of_a_card_within_ten_minutes_are_told_to_the_station_and_hq(
        self, counter: Counter, tmp_path: Path
    ) -> None:
        seqs = [pay_out(counter, 10_000) for _ in range(3)]
        result = take(counter, tmp_path, *(line(counter, seq, "100.00") for seq in seqs))
        assert result.alarms == 1
        assert AlarmRaised(AlarmCode.LIMIT_EVASION, seqs[-1], 10_000) in counter.told(AlarmRaised)
        assert settle(counter).alarms == 0

    def test_two_ordinary_ones_raise_nothing(self, counter: Counter) -> None:
        pay_out(counter, 10_000)
        pay_out(counter, 20_000, "3107")
        with counter.engine.connect() as connection:
            assert findings(withdrawals(connection), day_of(counter)) == []


def test_the_register_has_a_line_for_each_and_no_more_of_a_card_than_four_digits(counter: Counter) -> None:
    pay_out(counter)
    with counter.engine.connect() as connection:
        lines = register_csv(withdrawals(connection)).splitlines()
    assert len(lines) == 2
    assert "************8841" in lines[1]
    assert "PAID,500.00,1.00,CUSTOMER,29001234" in lines[1]


def test_the_file_shown_in_the_manual_is_one_that_head_office_takes() -> None:
    text = (Path(__file__).parents[2] / "docs/bank-file.md").read_text("utf-8").split("```")[1].strip() + "\n"
    profile = read_profile(shipped_documents()["withdrawals-1"], "withdrawals-1")
    lines = list(FileReader(io.BytesIO(text.encode()), profile, FileFacts("100", date(2026, 11, 23), 1), "utf-8"))
    assert [(one.trace_no, one.kind.value) for one in lines] == [
        ("000042", "PAY"),
        ("000043", "PAY"),
        ("000042", "REV"),
    ]
