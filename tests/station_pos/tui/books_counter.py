"""A counter in memory: commands are decided by the station's own rules and every record is folded by ``Books``.

Nothing is answered by heart: a figure on the screen is a balance of the fold, a refusal is a decision. HQ is played by
``answer``, which appends HQ records to the same books; the biller by what the test puts into ``open_bills``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from station_journal.accounts import Account
from station_journal.balances import Books, accounts_digest, merge_order
from station_journal.facts.cash import CashLine, DayClosed
from station_journal.facts.grants import SealedGrantReleased
from station_journal.goods_list import read_goods
from station_journal.masking import mask_name
from station_journal.posting import CashStatus, Payment, PaymentStatus
from station_journal.records import (
    RULES_VERSION,
    SYSTEM,
    Actor,
    ActorKind,
    AnswerSource,
    BillerAnswered,
    BillPaymentTaken,
    CommissionStated,
    CopyIssued,
    CreditGranted,
    Equipment,
    OperatorEnrolled,
    OperatorRole,
    OutageClosed,
    OutageOpened,
    PendingSlipIssued,
    ReceiptIssued,
    Record,
    ReversalAnswered,
    ServiceTotal,
    Side,
    TariffAdopted,
    TariffPublished,
)
from station_journal.records import Outcome as BillerOutcome
from station_journal.rules.branch_days import BranchYear
from station_journal.rules.distribution import ONE, GoodsListInForce, GoodsOrder, Lead, Registrations
from station_journal.rules.grants import Grant, grant_key
from station_journal.rules.integrity import LastCheck
from station_journal.rules.pouches import IncomingPouch, OutgoingPouch
from station_journal.rules.withdrawal import TERMS_KEY, TermsBook, Withdrawal, withdrawal_key
from station_journal.subject import calendar_day
from station_journal.tariff import CommissionBasis, CommissionRate, OfflineAllowance, Product, Service, Tariff
from station_pos.commands.credit_forecast import Use
from station_pos.commands.decisions import author_of, decide
from station_pos.commands.orders import CloseOutage, Command, IssuePendingSlip, OpenOutage, TakeBillPayment
from station_pos.commands.outcome import Accepted, Outcome, Refused
from station_pos.commands.view import DrawerPeriod, IssuedPaper, Moment, Operator, PublishedTariff
from station_pos.commands.view import OpenOutage as Outage
from station_pos.config import ZONE
from station_pos.counter import (
    Candidate,
    CommissionRow,
    CounterState,
    DeviceRow,
    DoubtfulPrint,
    IdCardAnswer,
    InquiryAnswer,
    JournalRow,
    LinkState,
    OfflineLeft,
    OpenBill,
    OperatorRow,
    PrinterState,
)
from station_pos.credit_queries import days_of
from station_pos.services.credit import CreditAdded
from station_pos.services.distribution import GoodsOffered
from station_pos.services.entries import Entry, UndoOffer, WayOut
from station_pos.services.evidence import OutageRow
from station_pos.services.practice import Practice, TraineeRow
from station_pos.station_services.bills_in_flight import bills_in_flight
from station_pos.station_services.credit import StationCredit
from station_pos.station_services.kept_jobs import WriteBehindJobs
from station_pos.station_services.withdrawals import StationWithdrawals
from tests.station_pos.tui.no_parcels import NoParcels

START = datetime(2026, 10, 23, 6, 31, tzinfo=UTC)
TODAY = date(2026, 10, 23)
PASS_PHRASE = "蓝天 白云 2026"
PIN = "4711"
HISTORY_FEN = (6810, 7400, 6680, 7020)


def product(code, biller, names, service, initials, **changes):
    biller_name, biller_name_en, name, name_en = names
    ordinary = Product(
        code=code,
        biller_code=biller,
        biller_name=biller_name,
        biller_name_en=biller_name_en,
        service=service,
        name=name,
        name_en=name_en,
        initials=initials,
        account_pattern=r"[0-9]{10}",
        query_first=True,
        fee_fen=0,
        amount_min_fen=1,
        amount_max_fen=5_000_000,
        part_payment=False,
        reversal_minutes=180,
        offline=OfflineAllowance(10, 60_000, 6),
        commission=CommissionRate(CommissionBasis.RATIO, 5_000, "2026-v7"),
    )
    return replace(ordinary, **changes)


PRODUCTS = (
    product(
        1, "SCPOWER", ("四川电力", "Sichuan Power", "电费", "Electricity"), Service.ELECTRICITY, ("df", "dl", "scdl")
    ),
    product(
        2,
        "JYWATER",
        ("江油水务", "Jiangyou Water", "水费", "Water"),
        Service.WATER,
        ("sf", "jysw"),
        account_pattern=r"[0-9]{8}",
        offline=None,
    ),
    product(
        3,
        "MOBILE",
        ("移动", "Mobile", "话费", "Phone"),
        Service.MOBILE,
        ("hf", "yd"),
        account_pattern=r"1[3-9][0-9]{9}",
        query_first=False,
        offline=None,
        amount_min_fen=1000,
        amount_max_fen=50_000,
        reversal_minutes=0,
    ),
)
TARIFF = Tariff("2026-10", date(2026, 10, 1), PRODUCTS)


@dataclass(frozen=True, slots=True)
class Household:
    payer: str
    address: str
    bills: tuple[OpenBill, ...]


HOUSEHOLDS = {
    (1, "0081234567"): Household("张三", "*家坝村 3 组", (OpenBill("B10", "2026-09", 7260),)),
    (1, "0081234568"): Household(
        "李四", "*家坝村 4 组", (OpenBill("B20", "2026-08", 5110), OpenBill("B21", "2026-09", 4800))
    ),
    (1, "0081234569"): Household("王五", "*家坝村 5 组", ()),
    (2, "20010007"): Household("张三", "*家坝村 3 组", (OpenBill("W1", "2026-09", 3120),)),
}


class BooksDayClose:
    """What screens that are no close ask of the drawer's cash."""

    def __init__(self, books):
        self.books = books

    def pouch(self, label):
        found = (self.books.subject(kind, label) for kind in (IncomingPouch, OutgoingPouch))
        return next((one for one in found if one is not None), None)


@dataclass
class BooksCounter:
    """``biller_says`` is what the biller answers to the next payment; None is silence."""

    credit_fen: int = 200_000
    biller_says: BillerOutcome | None = BillerOutcome.CONFIRMED
    open_key: bool = True
    link: LinkState = LinkState.UP
    printer: PrinterState = PrinterState.READY
    households: dict[tuple[int, str], Household] = field(default_factory=lambda: dict(HOUSEHOLDS))
    doubtful: list[DoubtfulPrint] = field(default_factory=list)
    settled: list[tuple[int, bool, int]] = field(default_factory=list)
    submitted: list[Command] = field(default_factory=list)
    fail_next: str = ""
    held_back: bool = False
    devices: tuple[DeviceRow, ...] = ()
    id_card: IdCardAnswer | None = None
    kept: list[object] = field(default_factory=list)
    drawer_wired: bool = False
    listed: list[Entry] = field(default_factory=list)
    practice: Practice | None = None
    trained: Callable[[], tuple[TraineeRow, ...]] = tuple
    packets: list[JournalRow] = field(default_factory=list)
    checked: LastCheck | None = None
    undos: dict[int, UndoOffer | WayOut] = field(default_factory=dict)

    def coming_tariff(self):
        return None

    def drill_record(self):
        return self.trained()

    def __post_init__(self):
        self.parcels = NoParcels()
        self.time = START - timedelta(days=120)
        self.books = Books({TARIFF.hash: TARIFF})
        self.records: dict[Side, list[Record]] = {Side.STATION: [], Side.HQ: []}
        self.head = bytes(32)
        self.held_seq = 0
        self.syncs = 0
        self.day_close = BooksDayClose(self.books)
        self.kept_jobs = WriteBehindJobs((), self.kept.append)
        self.distribution = FoldedDistribution(self)
        self.credit = StationCredit(self, self.now, lambda: TODAY)
        self._operation_no = 0
        self._waiting: list[tuple[Command, Future[Outcome]]] = []
        self._answers: list[tuple[int, Future[Payment]]] = []
        self.hq(CreditGranted(self.credit_fen + sum(HISTORY_FEN), 1, 1, 2))
        self.hq(TariffPublished(TARIFF.hash, TARIFF.effective_on))
        owner = Actor(ActorKind.PERSON, 1)
        self._append(OperatorEnrolled(1, "李四", OperatorRole.OWNER), owner)
        self._append(OperatorEnrolled(2, "王五", OperatorRole.CLERK), owner)
        self._append(TariffAdopted(TARIFF.hash), SYSTEM)
        for amount_fen in HISTORY_FEN:
            self._operation_no += 1
            taken = BillPaymentTaken(
                self._operation_no, 1, "0081234567", "", "", mask_name("张三"), amount_fen, amount_fen, offline=False
            )
            seq = self._append(taken, owner)
            self.hq(BillerAnswered(seq, BillerOutcome.CONFIRMED, AnswerSource.REPLY, f"N{seq}", ""))
            self._append(ReceiptIssued(seq), SYSTEM)
            self.time += timedelta(days=30)
        self.time = START
        self.held_seq = len(self.records[Side.STATION])
        if self.link is LinkState.DOWN:
            self.link = LinkState.UP
            self.cut_link()

    # What the test does to the world

    def hq(self, fact):
        self._record(Side.HQ, Record(self.time, TODAY, SYSTEM, self.books.seqs[Side.STATION], RULES_VERSION, fact))

    def answer(self, seq, outcome, reason=""):
        self.hq(BillerAnswered(seq, outcome, AnswerSource.REPLY, f"88{seq:05d}", reason))
        payment = self.books.payments[seq]
        if payment.status is PaymentStatus.CONFIRMED and not payment.receipt_seq:
            self._append(ReceiptIssued(seq), SYSTEM)
        self._give_answers(time_up=False)

    def answer_reversal(self, seq, *, accepted):
        self.hq(ReversalAnswered(seq, accepted, ""))

    def time_up(self):
        """The wait for the biller is over: the machine prints the pending slip by itself."""
        self._give_answers(time_up=True)

    def release(self):
        """The register gets to what was handed to it."""
        self.held_back = False
        waiting, self._waiting = self._waiting, []
        for command, future in waiting:
            future.set_result(self._execute(command))

    def cut_link(self):
        self.link = LinkState.DOWN
        self._execute(OpenOutage(Equipment.LINK))

    def mend_link(self):
        self.link = LinkState.UP
        self._execute(CloseOutage(Equipment.LINK))

    def now(self):
        return self.time

    # The counter

    def unlock(self, pass_phrase):
        self.open_key = pass_phrase == PASS_PHRASE
        return self.open_key

    def unlocked(self):
        return self.open_key

    def sign_in(self, operator_no, pin):
        return next((row for row in self.operators() if row.operator_no == operator_no and pin == PIN), None)

    def operators(self):
        facts = [r.fact for r in self.records[Side.STATION] if isinstance(r.fact, OperatorEnrolled)]
        return tuple(OperatorRow(fact.operator_no, fact.name, fact.role) for fact in facts)

    def state(self):
        today = [p for p in self._payments() if p.business_date == TODAY and p.status is not PaymentStatus.SUSPENDED]
        sold = [p for p in today if p.status in {PaymentStatus.HELD, PaymentStatus.CONFIRMED}]
        confirmed = [p for p in today if p.status is PaymentStatus.CONFIRMED]
        unsent = len(self.records[Side.STATION]) - self.held_seq
        balance = self.books.balance_fen
        outage = self.open_outage(Equipment.LINK)
        return CounterState(
            as_of_seq=len(self.records[Side.STATION]),
            head=self.head,
            station_code="510781-0427",
            station_name="江油0427",
            business_date=TODAY,
            credit_free_fen=balance(Account.CREDIT_FREE),
            credit_held_fen=balance(Account.CREDIT_HELD),
            bills_left=balance(Account.CREDIT_FREE) // 7260,
            drawer_fen=balance(Account.DRAWER),
            customer_cash_fen=balance(Account.CUSTOMER_CASH),
            owner_account_fen=balance(Account.COMMISSION_PAYABLE),
            bank_due_fen=sum(fen for of, fen in self.books.balances.items() if of.account is Account.BANK_RECEIVABLE),
            link=self.link,
            link_since=outage.opened_at if outage else START,
            unsent=unsent,
            unsent_since=self.records[Side.STATION][self.held_seq].recorded_at if unsent else None,
            held_seq=self.held_seq,
            pending=len(self.open_cases()),
            doubtful_prints=len(self.doubtful),
            queued_prints=0,
            printer=self.printer,
            bills_today=len(sold),
            bills_today_fen=sum(p.amount_fen for p in sold),
            earned_today_fen=sum(p.amount_fen * 5 // 1000 for p in confirmed),
            earned_month_fen=sum(p.amount_fen * 5 // 1000 for p in confirmed),
            read_only=False,
            read_only_reason="",
            devices=self.devices,
            drawer_wired=self.drawer_wired,
        )

    def products(self):
        return PRODUCTS

    def find(self, text):
        if not text:
            return tuple(Candidate(one, "", "", 0, None, None) for one in PRODUCTS)
        if not text.isdecimal():
            return tuple(Candidate(one, "", "", 0, None, None) for one in PRODUCTS if text.lower() in one.initials)
        found = []
        for one in PRODUCTS:
            if one.accepts_account(text):
                before = [p for p in self._payments() if (p.product_code, p.account_no) == (one.code, text)]
                last = before[0] if before else None
                found.append(
                    Candidate(
                        one,
                        text,
                        last.payer_name if last else "",
                        last.amount_fen if last else 0,
                        last.business_date if last else None,
                        None,
                    )
                )
        return tuple(found)

    def usual_fen(self, product_code, account_no):
        mine = [p for p in self._payments() if (p.product_code, p.account_no) == (product_code, account_no)]
        return tuple(p.amount_fen for p in mine if p.status is PaymentStatus.CONFIRMED)

    def inquire(self, product_code, account_no):
        future: Future[InquiryAnswer] = Future()
        house = self.households.get((product_code, account_no))
        if self.link is LinkState.DOWN:
            future.set_result(InquiryAnswer(account_no, "", "", (), "unreachable"))
        elif house is None:
            future.set_result(InquiryAnswer(account_no, "", "", (), "unknown_account"))
        else:
            future.set_result(InquiryAnswer(account_no, mask_name(house.payer), house.address, house.bills))
        return future

    def offline_left(self, product_code):
        allowance = next(one.offline for one in PRODUCTS if one.code == product_code)
        outage = self.open_outage(Equipment.LINK)
        if allowance is None:
            return None
        count, value_fen = self.offline_used(product_code, outage.opened_seq) if outage else (0, 0)
        until = outage.opened_at + timedelta(hours=allowance.hours) if outage else None
        return OfflineLeft(allowance.count - count, allowance.value_fen - value_fen, until)

    def open_operation(self):
        self._operation_no += 1
        return self._operation_no

    def submit(self, command):
        self.submitted.append(command)
        future: Future[Outcome] = Future()
        if self.fail_next:
            future.set_exception(OSError(self.fail_next))
            self.fail_next = ""
        elif self.held_back:
            self._waiting.append((command, future))
        else:
            future.set_result(self._execute(command))
        return future

    def await_answer(self, payment_seq, timeout_s):
        assert timeout_s > 0
        future: Future[Payment] = Future()
        self._answers.append((payment_seq, future))
        if self.biller_says is not None:
            self.answer(
                payment_seq, self.biller_says, "户号已销户" if self.biller_says is BillerOutcome.DECLINED else ""
            )
        return future

    def open_cases(self):
        return tuple(p for p in self._payments() if _waits(p) or _cash_due(p))

    def in_flight(self):
        waiting = [p for p in self._payments() if _waits(p) or _cash_due(p) or p.status is PaymentStatus.HELD]
        online = [p for p in waiting if not (p.offline and p.status is PaymentStatus.HELD)]
        return bills_in_flight(online, self.kept_jobs.jobs(), PRODUCTS, self.payment)

    @property
    def evidence(self):
        return self

    def outages(self, since):
        opened = self.open_outage(Equipment.LINK)
        lasting = opened is not None and self.time >= since
        return (OutageRow(Equipment.LINK, opened.opened_at, None),) if lasting else ()

    def made_elsewhere(self, limit):
        return tuple(row for row in self.journal(10_000) if row.side == Side.HQ)[:limit]

    def last_check(self):
        return self.checked

    def packet(self, row):
        self.packets.append(row)
        future: Future[str] = Future()
        future.set_result(f"/data/evidence/{row.side}{row.seq:06d}")
        return future

    def entries(self, limit):
        return tuple(sorted(self.listed, key=lambda entry: -entry.seq)[:limit])

    def undo(self, entry):
        return self.undos[entry.seq]

    def recent(self, limit, before_seq=None):
        return tuple(p for p in self._payments() if before_seq is None or p.seq < before_seq)[:limit]

    def journal(self, limit, before_seq=None):
        assert before_seq is None
        rows = []
        for side, records in self.records.items():
            for seq, record in enumerate(records, 1):
                amount_fen = getattr(record.fact, "amount_fen", None)
                about = getattr(record.fact, "payment_seq", 0)
                about = seq if isinstance(record.fact, BillPaymentTaken) else about
                names = {row.operator_no: row.name for row in self.operators()}
                name = names.get(record.actor.number, "") if side is Side.STATION else ""
                row = JournalRow(
                    side.value,
                    seq,
                    record.recorded_at,
                    type(record.fact).__name__,
                    record.actor.kind.value,
                    name,
                    amount_fen,
                    seq <= self.held_seq if side is Side.STATION else True,
                    about,
                )
                rows.append(row)
        return tuple(sorted(rows, key=lambda row: (row.recorded_at, row.side, row.seq), reverse=True)[:limit])

    def commission(self):
        rows = []
        for record in self.records[Side.HQ]:
            fact = record.fact
            if isinstance(fact, CommissionStated):
                lines = tuple(
                    (PRODUCTS[x.product_code - 1].name, x.item_count, x.formula, x.commission_fen, x.rate_version)
                    for x in fact.lines
                )
                rows.append(
                    CommissionRow(fact.month, fact.gross_fen, fact.tax_fen, fact.gross_fen - fact.tax_fen, lines)
                )
        return tuple(reversed(rows))

    def doubtful_prints(self):
        return tuple(self.doubtful)

    def settle_doubtful(self, job_no, *, came_out, operator_no):
        self.settled.append((job_no, came_out, operator_no))
        self.doubtful = [one for one in self.doubtful if one.job_no != job_no]

    def sync_now(self):
        self.syncs += 1

    def on_scan(self, listener):
        self.scan = listener

    def read_id_card(self, wait_s=30.0):
        del wait_s
        answer: Future[IdCardAnswer] = Future()
        answer.set_result(self.id_card or IdCardAnswer(None, "没有放证件"))
        return answer

    def receipt_text(self, payment_seq):
        payment = self.books.payments.get(payment_seq)
        if payment is None or not (payment.receipt_no or payment.pending_seq):
            return ""
        title = f"代收费收据 No.{payment.receipt_no}" if payment.receipt_no else "待定凭条"
        return f"{title}\n户号 {payment.account_no}\n金额 {payment.total_fen / 100:.2f}"

    # What the decisions ask of the books (StationView)

    def standing(self):
        return self.books.standing()

    def tariff(self, tariff_hash):
        return self.books.tariff(tariff_hash)

    def payment(self, seq):
        return self.books.payment(seq)

    def payment_of_operation(self, operation_no):
        return self.books.payment_of_operation(operation_no)

    def payment_of_bill(self, biller_code, account_no, bill_no, seen_seq):
        return self.books.payment_of_bill(biller_code, account_no, bill_no, seen_seq)

    def drawer_fen(self):
        return self.books.drawer_fen()

    def drawer_period(self, after_seq, cut_seq):
        """Added up from a fold of its own, so that it explains the balance instead of repeating it."""
        lines: dict[int, CashLine] = {}
        books = Books({TARIFF.hash: TARIFF})
        for side, seq, record in merge_order(*(enumerate(self.records[side], 1) for side in Side)):
            before_fen = books.drawer_fen()
            books.apply(side, seq, record)
            change_fen = books.drawer_fen() - before_fen
            if (
                change_fen
                and side is Side.STATION
                and after_seq < seq <= cut_seq
                and record.fact.KIND != DayClosed.KIND
            ):
                line = lines.get(record.fact.KIND, CashLine(record.fact.KIND, 0, 0, 0))
                came_fen, went_fen = max(change_fen, 0), max(-change_fen, 0)
                lines[line.kind] = CashLine(
                    line.kind, line.entry_count + 1, line.in_fen + came_fen, line.out_fen + went_fen
                )
        held = sum(p.status is PaymentStatus.HELD for p in self.books.payments.values())
        return DrawerPeriod(tuple(lines[kind] for kind in sorted(lines)), (), held)

    def credit_free_fen(self, seen_seq):
        return self.books.credit_free_fen(seen_seq)

    def subject(self, subject_class, key):
        return self.books.subject(subject_class, key)

    @property
    def withdrawals(self):
        """No terminal is on this counter; what the books have is listed all the same."""
        return StationWithdrawals(self, None, lambda _seq: "")  # type: ignore[arg-type]  # it reads what screens ask

    def withdrawal(self, seq):
        return self.books.subject(Withdrawal, withdrawal_key(seq).key)

    def newest(self, limit):
        return self._withdrawals()[::-1][:limit]

    def account_fen(self, account, seen_seq):
        return self.books.account_fen(account, seen_seq)

    def withdrawal_terms(self, day):
        return (self.books.subject(TermsBook, TERMS_KEY.key) or TermsBook()).at(day, 2**62)

    def _withdrawals(self):
        return tuple(one for one in self.books.subjects.values() if isinstance(one, Withdrawal))

    def open_withdrawals(self):
        return tuple(one for one in self._withdrawals() if one.is_open)

    def withdrawals_between(self, first, last):
        return tuple(one for one in self._withdrawals() if first <= calendar_day(one.recorded_at) <= last)

    def withdrawal_of_operation(self, operation_no):
        return next((one.seq for one in self._withdrawals() if one.operation_no == operation_no), 0)

    def last_terminal_numbers(self):
        told = [one for one in self._withdrawals() if one.approved_seq]
        return (told[-1].receipt_no, told[-1].trace_no) if told else ("", "")

    def balance_fen(self, account, party=""):
        return self.books.balance_fen(account, party)

    def operator(self, operator_no):
        found = next((row for row in self.operators() if row.operator_no == operator_no), None)
        return found and Operator(found.operator_no, found.name, found.role)

    def has_operators(self):
        return bool(self.operators())

    def open_outage(self, equipment):
        found = None
        for seq, record in enumerate(self.records[Side.STATION], 1):
            if isinstance(record.fact, OutageOpened) and record.fact.equipment is equipment:
                found = Outage(seq, record.recorded_at)
            elif isinstance(record.fact, OutageClosed) and record.fact.equipment is equipment:
                found = None
        return found

    def offline_used(self, product_code, after_seq):
        used = [p for p in self._payments() if p.offline and p.product_code == product_code and p.seq > after_seq]
        return len(used), sum(p.amount_fen for p in used)

    def paid_before(self, product_code, account_no, day):
        stands = [p for p in self._payments() if p.status in {PaymentStatus.HELD, PaymentStatus.CONFIRMED}]
        return any(
            (p.product_code, p.account_no) == (product_code, account_no) and p.business_date < day for p in stands
        )

    def sold_since(self, moment):
        stands = [p for p in self._payments() if p.status in {PaymentStatus.HELD, PaymentStatus.CONFIRMED}]
        return tuple(p for p in stands if p.recorded_at > moment)

    def held_alike(self, product_code, account_no, amount_fen):
        wanted = product_code, account_no, amount_fen
        held = [p for p in self._payments() if p.status is PaymentStatus.HELD]
        return next((p.seq for p in held if (p.product_code, p.account_no, p.amount_fen) == wanted), 0)

    def issued_paper(self, seq):
        records = self.records[Side.STATION]
        if not 0 < seq <= len(records) or not isinstance(records[seq - 1].fact, ReceiptIssued | PendingSlipIssued):
            return None
        fact = records[seq - 1].fact
        copies = sum(isinstance(r.fact, CopyIssued) and r.fact.of_seq == seq for r in records)
        return IssuedPaper(seq, fact.payment_seq, fact.KIND, copies)

    def published_tariff(self, tariff_hash):
        return PublishedTariff(2, TARIFF.hash, TARIFF.effective_on) if tariff_hash == TARIFF.hash else None

    def first_date(self):
        return self.records[Side.STATION][0].business_date

    def revenue(self, business_date):
        sold = [p for p in self._payments() if p.business_date == business_date and p.status is PaymentStatus.CONFIRMED]
        return tuple(ServiceTotal(p.product_code, 1, p.amount_fen) for p in sold)

    def accounts_digest(self):
        return accounts_digest(self.books.balances)

    # What the credit service asks of the books

    def grants(self):
        return tuple(one for one in self.books.subjects.values() if isinstance(one, Grant))

    def use(self, today):
        by_day: dict[date, int] = {}
        by_hour = [0] * 24
        for payment in self._payments():
            if payment.status in {PaymentStatus.HELD, PaymentStatus.CONFIRMED} and payment.business_date <= today:
                by_day[payment.business_date] = by_day.get(payment.business_date, 0) + payment.total_fen
                by_hour[payment.recorded_at.astimezone(ZONE).hour] += payment.total_fen
        return Use(self.first_date(), by_day, by_hour)

    def branch_days(self, _today):
        return days_of([one for one in self.books.subjects.values() if isinstance(one, BranchYear)])

    def added(self, limit):
        found = []
        for side in Side:
            for record in self.records[side]:
                if isinstance(record.fact, CreditGranted):
                    found.append(CreditAdded(record.recorded_at, record.fact.amount_fen, by_code=False))
                elif isinstance(record.fact, SealedGrantReleased):
                    grant = self.books.subject(Grant, grant_key(record.fact.grant_no))
                    amount_fen = grant.amount_fen if grant else 0
                    found.append(CreditAdded(record.recorded_at, amount_fen, by_code=True))
        return tuple(sorted(found, key=lambda one: one.added_at, reverse=True)[:limit])

    # Inside

    def _payments(self):
        return sorted(self.books.payments.values(), key=lambda payment: -payment.seq)

    def _execute(self, command):
        seen = len(self.records[Side.HQ])
        moment = Moment(self.time, TODAY, len(self.records[Side.STATION]) + 1, seen)
        decided = decide(command, self, moment)
        if isinstance(decided, Refused):
            return decided
        seqs = [self._append(fact, author_of(fact, command)) for fact in decided]
        about = getattr(command, "payment_seq", 0)
        payment = self.books.payment(seqs[0]) or self.books.payment(about)
        return Accepted(seqs[0], tuple(decided), payment)

    def _append(self, fact, actor):
        day = TODAY if self.time >= START else self.time.date()
        record = Record(self.time, day, actor, len(self.records[Side.HQ]), RULES_VERSION, fact)
        return self._record(Side.STATION, record)

    def _record(self, side, record):
        self.records[side].append(record)
        seq = len(self.records[side])
        self.books.apply(side, seq, record)
        if side is Side.STATION:
            self.head = hashlib.sha256(self.head + repr(record).encode()).digest()
        return seq

    def _give_answers(self, *, time_up):
        still = []
        for seq, future in self._answers:
            if self.books.payments[seq].status is PaymentStatus.HELD and not time_up:
                still.append((seq, future))
                continue
            if time_up:
                self._execute(IssuePendingSlip(seq))
            future.set_result(self.books.payments[seq])
        self._answers = still


class FoldedDistribution:
    """Goods and leads out of the fold; ``goods`` is the list's content, here or still to come."""

    def __init__(self, counter):
        self._counter = counter
        self.goods = b""

    def _all(self, subject_class):
        return [one for one in self._counter.books.subjects.values() if isinstance(one, subject_class)]

    def offered(self):
        listed = self._counter.books.subject(GoodsListInForce, ONE)
        if listed is None:
            return None
        return GoodsOffered(listed.list_hash, *(read_goods(self.goods) if self.goods else ("", ())))

    def orders(self):
        return tuple(sorted(self._all(GoodsOrder), key=lambda order: -order.seq))

    def items_of(self, _order):
        return read_goods(self.goods)[1] if self.goods else ()

    def registration(self):
        filed = self._counter.books.subject(Registrations, ONE)
        return filed.valid(len(self._counter.records[Side.HQ]), TODAY) if filed else None

    def salt(self):
        return bytes(16)

    def leads(self):
        return tuple(sorted(self._all(Lead), key=lambda lead: -lead.seq))


def _waits(payment):
    if payment.status is PaymentStatus.CONFIRMED:
        return payment.reversal_seq > 0
    return payment.pending_seq and payment.status is PaymentStatus.HELD


def _cash_due(payment):
    ended = payment.status in {PaymentStatus.DECLINED, PaymentStatus.REVERSED}
    return ended and payment.cash is CashStatus.CUSTOMERS


def take_bill(counter, account_no, says):
    """Take an electricity bill at the counter as an operator would, and let the biller say this; None is silence."""
    house = counter.households[1, account_no]
    bill = house.bills[0]
    order = TakeBillPayment(
        operator_no=1,
        operation_no=counter.open_operation(),
        product_code=1,
        account_no=account_no,
        bill_no=bill.bill_no,
        bill_period=bill.period,
        payer_name=mask_name(house.payer),
        amount_fen=bill.amount_fen,
        tendered_fen=bill.amount_fen,
    )
    payment = counter.submit(order).result().payment
    counter.biller_says = says
    counter.await_answer(payment.seq, 25.0)
    if says is None:
        counter.time_up()
    counter.biller_says = BillerOutcome.CONFIRMED


HOUSES = (
    ("0081234570", "李四", 4630, BillerOutcome.CONFIRMED),
    ("0081234571", "王五", 11_280, BillerOutcome.CONFIRMED),
    ("0081234572", "赵六", 5890, None),
)


def an_afternoon():
    """A station in the middle of its day: two bills are booked, one has no result yet."""
    counter = BooksCounter(credit_fen=150_000)
    for place, (account_no, payer, amount_fen, says) in enumerate(HOUSES):
        counter.time = START - timedelta(minutes=50 - 12 * place)
        counter.households[1, account_no] = Household(payer, "", (OpenBill(f"Y{place}", "2026-09", amount_fen),))
        take_bill(counter, account_no, says)
    counter.held_seq = len(counter.records[Side.STATION]) - 2
    counter.time = START
    return counter
