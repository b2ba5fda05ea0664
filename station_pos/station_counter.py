"""The real ``Counter``: what the screens ask for, answered from the books, the register and the workers."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from station_journal.records import Equipment
from station_journal.side import Side
from station_pos.commands.orders import IssueCopy, OpenOutage, TakeBillPayment
from station_pos.commands.outcome import Refused, RegisterFault
from station_pos.counter import (
    CounterState,
    DoubtfulPrint,
    InquiryAnswer,
    LinkState,
    OfflineLeft,
    OperatorRow,
)
from station_pos.credit_queries import CreditQueries
from station_pos.dispute_queries import DisputeQueries
from station_pos.distribution_queries import DistributionQueries
from station_pos.queries import answer_to_json
from station_pos.register import upkeep
from station_pos.register.pins import Pins
from station_pos.station_services.bills_in_flight import bills_in_flight
from station_pos.station_services.chain import StationChain
from station_pos.station_services.credit import StationCredit
from station_pos.station_services.day_close import StationDayClose
from station_pos.station_services.drill_record import drill_record
from station_pos.station_services.evidence import StationEvidence
from station_pos.station_services.finding import find
from station_pos.station_services.journal_entries import JournalEntries
from station_pos.station_services.kept_jobs import open_jobs
from station_pos.station_services.parcels import StationParcels
from station_pos.station_services.state_row import state_row
from station_pos.station_services.tariff_notice import coming_tariff
from station_pos.station_services.unfinished import Unfinished
from station_pos.station_services.withdrawals import StationWithdrawals
from station_pos.withdrawal_queries import WithdrawalQueries

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from station_journal.posting import Payment
    from station_journal.tariff import Product
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome
    from station_pos.counter import Candidate, CommissionRow, IdCardAnswer, JournalRow, ScannedCode
    from station_pos.queries import Queries
    from station_pos.register import Register
    from station_pos.services.entries import Entry, HasEntries, UndoOffer, WayOut
    from station_pos.services.in_flight import HasInFlight, InFlight
    from station_pos.services.practice import Practice, TraineeRow
    from station_pos.services.tariff_notice import ComingTariff
    from station_pos.workers.confirmer import Confirmer
    from station_pos.workers.counter_devices import CounterDevices
    from station_pos.workers.writer import Writer


class Link(Protocol):
    """The station's line to HQ, behind the key that signs for it."""

    def open(self, pass_phrase: str) -> bool:
        """Open the key and start to sync; False for a wrong pass phrase."""

    def is_open(self) -> bool:
        """Tell whether the key is open."""

    def state(self) -> tuple[LinkState, datetime | None]:
        """Give whether HQ can be reached, and since when that is so."""

    def inquire(self, product_code: int, account_no: str) -> InquiryAnswer:
        """Ask for a bill; what went wrong is in the answer."""

    def ask_chain(self, seq: int, side: Side = Side.STATION) -> bytes:
        """Ask HQ for the chain behind a record of the station, or of HQ's for it."""

    def wake(self) -> None:
        """Exchange with HQ now."""

    def sealing_key(self) -> Ed25519PrivateKey | None:
        """Give the station's open key, None while it is shut."""


class StationCounter:
    """Implements ``Counter``. ``devices`` are those on the counter; ``clock`` gives UTC."""

    def __init__(
        self,
        register: Register,
        queries: Queries,
        writer: Writer,
        confirmer: Confirmer,
        link: Link,
        devices: CounterDevices,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the parts of an open station."""
        self._register = register
        self._queries = queries
        self._writer = writer
        self._confirmer = confirmer
        self._link = link
        self._devices = devices
        self._clock = clock
        self._pins = Pins(register, clock)
        self._callers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="inquiry")
        self.kept_jobs = open_jobs(register)
        self.day_close = StationDayClose(register, queries, clock)
        reads = WithdrawalQueries(register.database, queries.view, queries.business_date, clock)
        self.withdrawals = StationWithdrawals(
            reads, devices.card, lambda seq: upkeep.issued_text(register, seq, clock())
        )
        self.distribution = DistributionQueries(register.database, self._today)
        self.disputes = DisputeQueries(register.database)
        self.credit = StationCredit(CreditQueries(register.database), clock, self._today)
        self.interruptible: list[HasInFlight] = [self.withdrawals]
        self.listed: list[HasEntries] = [self.withdrawals, JournalEntries(register)]
        self.practice: Practice | None = None
        self.passes_folder = register.database.folder
        self.parcels = StationParcels(register, queries, self._pins, clock)
        self.interruptible.append(Unfinished(register, self.parcels))
        self.evidence = StationEvidence(register, queries, link, clock, register.database.folder)
        self.chain = StationChain(register, queries, link, clock)

    def close(self) -> None:
        """End the inquiries under way; what is half typed is kept."""
        self.kept_jobs.close()
        self.credit.close()
        self.evidence.close()
        self.chain.close()
        self._callers.shutdown(wait=False, cancel_futures=True)

    def _today(self) -> date:
        with self._register.database.reading() as connection:
            return self._queries.business_date(connection, self._clock())

    def unlock(self, pass_phrase: str) -> bool:
        """Open the station's key; False for a wrong pass phrase. May take a second: call it in a worker."""
        return self._link.open(pass_phrase)

    def unlocked(self) -> bool:
        """Tell whether the key is open."""
        return self._link.is_open()

    def sign_in(self, operator_no: int, pin: str) -> OperatorRow | None:
        """Check an operator's PIN; None if wrong. Five wrong tries lock the number for a minute."""
        found = next((one for one in self.operators() if one.operator_no == operator_no), None)
        return found if found is not None and self._pins.check(operator_no, pin) else None

    def operators(self) -> tuple[OperatorRow, ...]:
        """List the operator accounts."""
        with self._register.database.reading() as connection:
            found = self._queries.view(connection).operators()
        return tuple(OperatorRow(one.operator_no, one.name, one.role) for one in found)

    def state(self) -> CounterState:
        """Give the state row, computed from the journal's projections.

        Where the books cannot be computed ``read_only`` is set with the record that stops them, and there are no
        figures: those up to that record are no balance of anything.
        """
        parts = self._register, self._queries, self._link.state(), self._devices
        return self._register.read(lambda connection: state_row(connection, *parts, self._clock()))

    def coming_tariff(self) -> ComingTariff | None:
        """Give the next tariff that is to come, with what it changes."""
        with self._register.database.reading() as connection:
            today = self._queries.business_date(connection, self._clock())
            return coming_tariff(self._queries.view(connection), today)

    def drill_record(self) -> tuple[TraineeRow, ...]:
        """List who of the operators passed which drill.

        Raises:
            PassesUnreadableError: the record is there and cannot be read.
        """
        return drill_record(self.passes_folder, self.operators())

    def products(self) -> tuple[Product, ...]:
        """List what the adopted tariff sells."""
        tariff = self._queries.adopted_tariff()
        return () if tariff is None else tariff.products

    def find(self, text: str) -> tuple[Candidate, ...]:
        """Say what a typed or scanned line may mean, likeliest first, in a stable order."""
        return find(self._queries, self.products(), text.strip())

    def usual_fen(self, product_code: int, account_no: str) -> tuple[int, ...]:
        """Give the account's recent amounts at this station, latest first, for the amount guard."""
        return self._queries.usual_fen(product_code, account_no)

    def inquire(self, product_code: int, account_no: str) -> Future[InquiryAnswer]:
        """Ask the biller through HQ; read-only. Unreachable, the masked name last heard is given, never old bills."""
        return self._callers.submit(self._inquire, product_code, account_no)

    def _inquire(self, product_code: int, account_no: str) -> InquiryAnswer:
        answer = self._link.inquire(product_code, account_no)
        if answer.problem:
            kept = self._queries.cached_inquiries(account_no).get(product_code)
            if answer.problem == "unreachable" and kept is not None:
                return InquiryAnswer(account_no, kept.payer_name, kept.address, (), answer.problem)
            return answer
        try:
            upkeep.keep_inquiry(self._register, product_code, account_no, self._clock(), answer_to_json(answer))
        except RegisterFault:
            # The answer is good all the same; only its copy for later is missing.
            return answer
        return answer

    def offline_left(self, product_code: int) -> OfflineLeft | None:
        """Say what may still be sold offline; None where the product needs the biller first."""
        product = next((one for one in self.products() if one.code == product_code), None)
        if product is None or product.offline is None:
            return None
        allowance = product.offline
        with self._register.database.reading() as connection:
            view = self._queries.view(connection)
            outage = view.open_outage(Equipment.LINK)
            if outage is None:
                return OfflineLeft(allowance.count, allowance.value_fen, None)
            count, value_fen = view.offline_used(product_code, outage.opened_seq)
        until = outage.opened_at + timedelta(hours=allowance.hours)
        if self._clock() > until:
            return OfflineLeft(0, 0, until)
        return OfflineLeft(max(0, allowance.count - count), max(0, allowance.value_fen - value_fen), until)

    def open_operation(self) -> int:
        """Give the number of a new counter job."""
        return self._register.open_operation()

    def submit(self, command: Command) -> Future[Outcome]:
        """Hand a command to the register; the future carries its outcome."""
        if isinstance(command, TakeBillPayment) and command.offline and self._link.state()[0] is LinkState.DOWN:
            # The allowance counts from the outage's record: it is on record before the first offline sale.
            self._writer.submit(OpenOutage(Equipment.LINK))
        return self._writer.submit(command)

    def payment(self, seq: int) -> Payment | None:
        """Give a payment as it now stands."""
        return self._queries.payment(seq)

    def await_answer(self, payment_seq: int, timeout_s: float) -> Future[Payment]:
        """Give the payment when it is no longer held, or as it stands when the time is up."""
        return self._confirmer.await_answer(payment_seq, timeout_s)

    def open_cases(self) -> tuple[Payment, ...]:
        """List payments that wait for somebody: unknown results, and declined or reversed ones with cash due back."""
        return self._queries.open_cases()

    def in_flight(self) -> tuple[InFlight, ...]:
        """List every item of every service whose end nobody at the counter has seen, oldest first."""
        jobs, products = self.kept_jobs.jobs(), self.products()
        bills = bills_in_flight(self._queries.bills_in_flight(), jobs, products, self._queries.payment)
        others = (item for service in self.interruptible for item in service.in_flight())
        return tuple(sorted((*bills, *others), key=lambda item: item.at))

    def entries(self, limit: int) -> tuple[Entry, ...]:
        """List the entries of the services beside bill payments, newest first."""
        found = (entry for service in self.listed for entry in service.entries(limit))
        return tuple(sorted(found, key=lambda entry: -entry.seq)[:limit])

    def undo(self, entry: Entry) -> UndoOffer | WayOut:
        """Say how an entry is undone, or what to do instead."""
        return next(service for service in self.listed if entry.service == service.SERVICE).undo(entry.seq)

    def recent(self, limit: int, before_seq: int | None = None) -> tuple[Payment, ...]:
        """List payments, newest first, from below ``before_seq``."""
        return self._queries.recent(limit, before_seq)

    def journal(self, limit: int, before_seq: int | None = None) -> tuple[JournalRow, ...]:
        """List records of both journals, newest first."""
        return self._queries.journal_rows(limit, before_seq)

    def commission(self) -> tuple[CommissionRow, ...]:
        """List the commission statements, newest first."""
        return self._queries.commission()

    def doubtful_prints(self) -> tuple[DoubtfulPrint, ...]:
        """List print jobs somebody must look at the paper for."""
        jobs = upkeep.doubtful_jobs(self._register)
        return tuple(DoubtfulPrint(job.job_no, job.title, job.amount_fen, job.queued_at) for job in jobs)

    def settle_doubtful(self, job_no: int, *, came_out: bool, operator_no: int) -> Refused | None:
        """Say whether the paper came out whole; if not, a marked copy is printed (a label is simply printed again).

        Where the copy is refused, gives why; the paper stays on the list.

        Raises:
            RegisterFault: the disk refused; the job stays on the list.
        """

        def issue_copy(of_seq: int) -> Outcome:
            return self._writer.submit(IssueCopy(operator_no, of_seq)).result()

        return upkeep.settle_doubtful(self._register, issue_copy, job_no, came_out=came_out)

    def sync_now(self) -> None:
        """Wake the sync worker."""
        self._link.wake()

    def on_scan(self, listener: Callable[[ScannedCode], None]) -> None:
        """Hand every code of a scanner in serial mode to ``listener``, in the scanner's thread, none lost."""
        self._devices.on_scan(listener)

    def read_id_card(self, wait_s: float = 30.0) -> Future[IdCardAnswer]:
        """Read the next identity card put on the reader; cancel the future to give up."""
        return self._devices.read_id_card(wait_s)

    def receipt_text(self, payment_seq: int) -> str:
        """Give the stored receipt or slip of a payment as plain text, empty if none was issued."""
        issued_seq = self._queries.issued_of(payment_seq)
        if not issued_seq:
            payment = self._queries.payment(payment_seq)
            return self.receipt_text(payment.source_seq) if payment is not None and payment.source_seq else ""
        return upkeep.issued_text(self._register, issued_seq, self._clock())

    def check_pin_form(self, pin: str) -> None:
        """Check that a text can be a PIN, before an account is opened for it.

        Raises:
            PinRefusedError: not 4 to 12 digits.
        """
        self._pins.check_form(pin)

    def set_pin(self, operator_no: int, pin: str) -> None:
        """Set an operator's PIN.

        Raises:
            PinRefusedError: not the form of one.
            RegisterFault: the disk refused.
        """
        self._pins.set(operator_no, pin)
