from __future__ import annotations

from dataclasses import fields

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, text

from hq_server.db.ledger_tables import payments as payments_table
from hq_server.hq_journal import HqJournal, alarms_of, announce_tariffs
from hq_server.ingest.exchange_desk import ExchangeDesk
from hq_server.ledger import queries
from hq_server.ledger.book import Bookkeeper
from hq_server.ledger.queries import FiguresNotComputableError, PostingStop
from hq_server.reference.hq_key import public_bytes
from hq_server.reference.stations import remember_hello
from hq_server.reference.tariffs import publish
from station_journal.accounts import Account, Ledger
from station_journal.balances import accounts_digest
from station_journal.codec import encode
from station_journal.facts.cash import DayCounted, NoteLine, PouchCancelled
from station_journal.facts.distribution import GoodsLine, GoodsOrdered, GoodsReceived
from station_journal.payment import CashStatus, Payment, PaymentStatus, Suspense
from station_journal.posting import NotComputableError
from station_journal.records import (
    RULES_VERSION,
    SYSTEM,
    AlarmCode,
    AlarmRaised,
    AnswerSource,
    BillerAnswered,
    BillPaymentTaken,
    BusinessDayEnded,
    CashReturned,
    CreditGranted,
    Outcome,
    PaymentResubmitted,
    ReceiptIssued,
    Record,
    ReversalAnswered,
    ReversalReason,
    ReversalRequested,
    Side,
    StationFact,
    TariffAdopted,
)
from tests.factories.parcels import handed
from tests.hq_server.counterpart import CLERK, DAY, Station
from tests.hq_server.people import MAKER, NOON, SECOND, SteppingClock, add_people, enrol_station, tariff

HQ = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
HQ_PUBLIC = public_bytes(HQ)
JOURNAL = HqJournal(HQ)
CLOCK = SteppingClock()


@pytest.fixture
def desk(engine: Engine) -> ExchangeDesk:
    add_people(engine)
    with engine.begin() as connection:
        publish(connection, MAKER, tariff(), NOON)
    return ExchangeDesk(engine, JOURNAL, CLOCK)


def opened(engine: Engine, desk: ExchangeDesk, code: str = "ST-0417", credit_fen: int = 100_000) -> Station:
    """A station that has adopted the tariff and holds credit."""
    station = Station.of(enrol_station(engine, HQ, code), HQ_PUBLIC, tariff())
    announce_tariffs(engine, JOURNAL, NOON)
    hq_writes(engine, code, CreditGranted(credit_fen, 1, MAKER.staff_no, SECOND.staff_no))
    station.exchange(desk)
    station.write(TariffAdopted(tariff().hash), actor=SYSTEM)
    return station


def hq_writes(engine: Engine, code: str, *facts) -> None:
    with engine.begin() as connection:
        JOURNAL.append(connection, code, facts, SYSTEM, NOON)


def taken(number: int, amount_fen: int = 7_260, *, product: int = 101, bill: str | None = None) -> BillPaymentTaken:
    bill_no = f"B{number}" if bill is None else bill
    return BillPaymentTaken(number, product, "5107800007", bill_no, "2026-10", "*三", amount_fen, amount_fen, False)


def answered(seq: int, outcome: Outcome = Outcome.CONFIRMED) -> BillerAnswered:
    return BillerAnswered(seq, outcome, AnswerSource.REPLY, f"E{seq}", "" if outcome is Outcome.CONFIRMED else "no")


def post(engine: Engine) -> int:
    return Bookkeeper(JOURNAL).post_new(engine, CLOCK)


def books_agree(engine: Engine, *stations: Station) -> None:
    """HQ's tables hold what the station's own fold of both journals says."""
    with engine.connect() as connection:
        for station in stations:
            own = {ledger: fen for ledger, fen in station.books.balances.items() if fen}
            assert queries.station_balances(connection, station.code) == own
            theirs = {one.seq: one for one in queries.station_payments(connection, station.code)}
            assert theirs == station.books.payments
            assert queries.station_position(connection, station.code).up_to_date
        trial = queries.trial_balance(connection)
        assert trial.agrees
        assert trial.difference_fen == 0
        assert trial.rows


def a_day(engine: Engine, desk: ExchangeDesk, station: Station) -> None:
    """Payments that end in every way, told to HQ in several exchanges."""
    first = station.head.seq + 1
    station.write(taken(1), taken(2, 5_000, product=102), taken(3), taken(4), taken(5))
    station.exchange(desk)
    hq_writes(engine, station.code, answered(first), answered(first + 1), answered(first + 2, Outcome.DECLINED))
    hq_writes(engine, station.code, answered(first + 3, Outcome.UNKNOWN), answered(first + 4, Outcome.DECLINED))
    station.exchange(desk)
    station.write(ReceiptIssued(first), ReceiptIssued(first + 1), CashReturned(first + 2))
    again = station.write(PaymentResubmitted(first + 4, 6))
    station.write(ReversalRequested(first + 1, ReversalReason.WRONG_AMOUNT))
    station.exchange(desk)
    hq_writes(engine, station.code, ReversalAnswered(first + 1, True, ""), answered(again))
    station.exchange(desk)
    station.write(CashReturned(first + 1), ReceiptIssued(again))
    digest = accounts_digest(station.books.balances)
    station.write(BusinessDayEnded(DAY, (), digest), actor=SYSTEM)
    station.exchange(desk)


class TestPosting:
    def test_a_day_of_every_outcome_gives_the_same_figures_on_both_sides(self, engine: Engine, desk) -> None:
        station = opened(engine, desk)
        a_day(engine, desk, station)
        assert post(engine) == station.head.seq + station.hq.seq
        books_agree(engine, station)
        with engine.connect() as connection:
            position = queries.station_position(connection, station.code)
            assert (position.payments_held, position.credit_held_fen) == (1, 7_260)
            assert alarms_of(connection, station.code) == []

    def test_posting_after_each_exchange_or_once_at_the_end_is_the_same(self, engine: Engine, desk) -> None:
        often, once = opened(engine, desk, "ST-0001"), opened(engine, desk, "ST-0002")
        inner = desk.take

        def take_and_post(body: bytes):
            result = inner(body)
            post(engine)
            return result

        desk.take = take_and_post
        a_day(engine, desk, often)
        desk.take = inner
        a_day(engine, desk, once)
        post(engine)
        books_agree(engine, often, once)
        with engine.connect() as connection:
            assert queries.station_balances(connection, "ST-0001") == queries.station_balances(connection, "ST-0002")

    def test_what_was_posted_is_not_posted_again(self, engine: Engine, desk) -> None:
        a_day(engine, desk, opened(engine, desk))
        assert post(engine) > 0
        assert post(engine) == 0

    def test_the_table_of_payments_has_exactly_the_fields_of_a_payment_and_the_tail_of_our_number(self) -> None:
        expected = ["station_code", *(f.name for f in fields(Payment)), "digest_hex"]
        assert [column.name for column in payments_table.columns] == expected

    def test_every_payment_keeps_the_tail_of_our_number(self, engine: Engine, desk) -> None:
        a_day(engine, desk, opened(engine, desk))
        post(engine)
        with engine.connect() as connection:
            query = text(
                """SELECT p.digest_hex, encode(substring(r.digest FROM 1 FOR 4), 'hex') FROM payments p
                   JOIN journal_records r ON r.station_code = p.station_code AND r.side = 'S' AND r.seq = p.seq"""
            )
            rows = connection.execute(query).all()
        assert rows
        assert all(kept == tail for kept, tail in rows)


class TestSums:
    def test_the_trial_balance_notices_one_fen_and_a_missing_entry(self, engine: Engine, desk) -> None:
        a_day(engine, desk, opened(engine, desk))
        post(engine)
        for damage in (
            "UPDATE balances SET balance_fen = balance_fen + 1 WHERE account = 2101",
            "DELETE FROM ledger_entries WHERE side = 'S' AND seq = 2",
        ):
            with engine.connect() as connection:
                connection.execute(text(damage))
                assert not queries.trial_balance(connection).agrees
                connection.rollback()

    def test_revenue_counts_what_was_confirmed_by_service_and_product(self, engine: Engine, desk) -> None:
        a_day(engine, desk, opened(engine, desk))
        post(engine)
        with engine.connect() as connection:
            rows = queries.revenue(connection, DAY, DAY)
        figures = [
            (row.service, row.product_code, row.confirmed_count, row.confirmed_fen, row.held_count) for row in rows
        ]
        assert figures == [("ELECTRICITY", 101, 2, 14_520, 1)]


class TestBrokenRules:
    def test_a_bill_paid_twice_rests_in_suspense_and_both_sides_are_told(self, engine: Engine, desk) -> None:
        station = opened(engine, desk)
        station.write(taken(1, bill="SAME"))
        second = station.write(taken(2, bill="SAME"))
        station.exchange(desk)
        post(engine)
        station.exchange(desk)
        assert station.hq_facts[-1] == AlarmRaised(AlarmCode.RULE_BROKEN, second, 7_260)
        post(engine)
        books_agree(engine, station)
        with engine.connect() as connection:
            suspense = queries.station_balances(connection, station.code)[Ledger(Account.SUSPENSE, "BILL_TWICE")]
            (payment,) = queries.station_payments(connection, station.code, status=PaymentStatus.SUSPENDED)
        assert (suspense, payment.seq, payment.cash) == (7_260, second, CashStatus.CUSTOMERS)

    def test_a_counter_job_used_again_rests_in_suspense_though_the_first_was_posted_long_before(
        self, engine: Engine, desk
    ) -> None:
        station = opened(engine, desk)
        station.write(taken(1), taken(2))
        station.exchange(desk)
        post(engine)
        again = station.write(taken(1, bill="B3"))
        station.exchange(desk)
        post(engine)
        with engine.connect() as connection:
            found = {one.seq: one for one in queries.station_payments(connection, station.code)}[again]
        assert (found.status, found.reason) == (PaymentStatus.SUSPENDED, Suspense.OPERATION_TWICE.value)
        books_agree(engine, station)

    def test_a_digest_that_differs_from_hqs_own_raises_one_alarm(self, engine: Engine, desk) -> None:
        station = opened(engine, desk)
        end = station.write(BusinessDayEnded(DAY, (), b"\x00" * 32), actor=SYSTEM)
        station.exchange(desk)
        post(engine)
        with engine.connect() as connection:
            assert [row[:2] for row in alarms_of(connection, station.code)] == [(AlarmCode.DAY_DIGEST_DIFFERS, end)]

    def test_a_late_confirmation_is_claimed_from_nobody_at_the_station(self, engine: Engine, desk) -> None:
        station = opened(engine, desk)
        seq = station.write(taken(1))
        station.exchange(desk)
        hq_writes(engine, station.code, answered(seq, Outcome.DECLINED), answered(seq))
        post(engine)
        with engine.connect() as connection:
            figures = queries.station_balances(connection, station.code)
            assert [row[:3] for row in alarms_of(connection, station.code)] == [
                (AlarmCode.LATE_CONFIRMATION, seq, 7_260)
            ]
        assert figures[Ledger(Account.CREDIT_FREE)] == 100_000
        assert figures[Ledger(Account.BILLER_PAYABLE, "SCDL")] == 7_260

    def test_a_station_that_cannot_read_alarms_yet_is_told_later(self, engine: Engine, desk) -> None:
        station = opened(engine, desk)
        station.write(taken(1, bill="SAME"), taken(2, bill="SAME"))
        station.exchange(desk)
        with engine.begin() as connection:
            remember_hello(connection, station.code, range(64, 71), NOON)
        post(engine)
        with engine.connect() as connection:
            assert [row.hq_seq for row in alarms_of(connection, station.code)] == [None]
        station.write(ReceiptIssued(2))
        station.exchange(desk)
        post(engine)
        station.exchange(desk)
        assert isinstance(station.hq_facts[-1], AlarmRaised)


def unreadable(station: Station) -> bytes:
    return cbor2.dumps([63, 1_795_000_000, 20_000, 0, station.hq.seq, 1])


NONSENSE: dict[str, StationFact] = {
    "a null character": taken(2, bill="B\x00"),
    "a huge amount": taken(2, 2**63),
    "a null character in a list": handed("W\x001"),
    "a key of any length": PouchCancelled("".join(map(chr, range(0x4E00, 0x4E00 + 3_000)))),
    "a huge number in a list": DayCounted(1, (NoteLine(100, 2**63),), 0),
}
"""Facts that are validly sealed and that no database holds."""


class TestARecordThatCannotBeComputed:
    """No record stops another station, and a stopped station shows an error, never its last figures or zero."""

    @pytest.mark.parametrize(
        ("kind", "reason"),
        [
            ("unknown kind", "record kind 63"),
            ("garbage", "not CBOR"),
            *((kind, "cannot hold") for kind in NONSENSE),
            ("a tariff nobody published", "is missing"),
            ("an HQ record nobody wrote", "HQ's journal ends at"),
        ],
    )
    def test_it_stops_its_own_station_only(self, engine: Engine, desk, kind: str, reason: str) -> None:
        bad, good = opened(engine, desk, "ST-0001"), opened(engine, desk, "ST-0002")
        bad.write(taken(1))
        good.write(taken(1))
        place = bad.head.seq + 1
        if kind == "unknown kind":
            bad.write_bytes(unreadable(bad))
        elif kind == "garbage":
            bad.write_bytes(b"\xff\xff")
        elif kind in NONSENSE:
            record = Record(NOON, DAY, CLERK, bad.hq.seq, RULES_VERSION, NONSENSE[kind])
            with pytest.raises(NotComputableError, match="cannot hold"):
                bad.books.apply(Side.STATION, place, record)
            bad.write_bytes(encode(record))
        elif kind == "a tariff nobody published":
            bad.write(TariffAdopted(b"x" * 32))
            bad.books._standing = type(bad.books.standing())(tariff().hash)  # noqa: SLF001 - it does not notice
            place = bad.write(taken(2))
        else:
            bad.hq = bad.hq._replace(seq=bad.hq.seq + 5)
            bad.write(taken(2))
            bad.hq = bad.hq._replace(seq=bad.hq.seq - 5)
        if kind in {"unknown kind", "garbage", *NONSENSE}:
            bad.books.seqs[Side.STATION] += 1
        bad.write(ReceiptIssued(2))
        for station in (bad, good):
            assert station.exchange(desk).held == station.head
        post(engine)
        post(engine)
        with engine.connect() as connection:
            (stop,) = queries.posting_stop_list(connection)
            assert stop == PostingStop("ST-0001", Side.STATION, place, stop.reason)
            assert reason in stop.reason
            for question in (queries.station_balances, queries.station_position, queries.trial_balance):
                with pytest.raises(FiguresNotComputableError, match=f"not computable from station record {place}"):
                    question(connection, "ST-0001")
            with pytest.raises(FiguresNotComputableError):
                queries.revenue(connection, DAY, DAY, "ST-0001")
            trial = queries.trial_balance(connection)
            assert (trial.left_out, trial.agrees) == ((stop,), True)
            assert queries.station_position(connection, "ST-0002").credit_held_fen == 7_260

    def test_quantities_beyond_any_number_are_posted_and_read_again(self, engine: Engine, desk) -> None:
        station = opened(engine, desk)
        most = GoodsLine(11, 2**63 - 1)
        order = station.write(GoodsOrdered(b"h" * 32, (most, most, most)))
        for _ in range(2):
            station.write(GoodsReceived(order, (most, most, most), ""))
            station.exchange(desk)
            post(engine)
        books_agree(engine, station)

    def test_once_the_missing_tariff_is_published_the_station_goes_on(self, engine: Engine, desk) -> None:
        station = opened(engine, desk)
        later = tariff("2026-12", DAY.replace(day=30))
        station.tariffs[later.hash] = later
        station.write(TariffAdopted(later.hash), taken(1))
        station.exchange(desk)
        post(engine)
        with engine.begin() as connection:
            assert queries.posting_stop(connection, station.code) is not None
            publish(connection, MAKER, later, NOON)
        Bookkeeper(JOURNAL).run(engine, CLOCK)
        books_agree(engine, station)
