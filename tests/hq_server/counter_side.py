"""A station's counter for tests of HQ: real journal, real frames, taken in and posted by HQ."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, insert, select

from hq_server.db.gateway_tables import billers
from hq_server.db.reference_tables import staff
from hq_server.hq_journal import HeldJournal, HqJournal, announce_tariffs, held_head
from hq_server.ingest.intake import take_frame
from hq_server.ledger.book import Bookkeeper
from hq_server.reference.staff import Role, StaffMember
from hq_server.reference.stations import remember_hello
from hq_server.reference.tariffs import publish
from hq_server.reference.working_days import business_date_of
from station_journal.codec import decode, encode, readable_kinds
from station_journal.frame import pack_frame, read_frame
from station_journal.records import (
    RULES_VERSION,
    SYSTEM,
    Actor,
    ActorKind,
    BillPaymentTaken,
    CreditGranted,
    Fact,
    Record,
    Side,
    TariffAdopted,
)
from station_journal.reference_no import our_no
from station_journal.seal import Position, extend, seal
from tests.hq_server.kept_rows import KeptRows
from tests.hq_server.people import (
    _QUICK_HASH,
    MAKER,
    NOON,
    SECOND,
    EnrolledStation,
    SteppingClock,
    add_people,
    enrol_station,
    product_row,
)
from tests.hq_server.people import tariff as sample_tariff

HQ_KEY = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
CODE = "ST-0417"
CLERK = StaffMember(21, "张三", Role.BRANCH_COUNTER)
BRANCH_HEAD = StaffMember(22, "李四", Role.BRANCH)
FINANCE = StaffMember(31, "王五", Role.FINANCE)


def full_tariff():
    """Four billers: query-first electricity, water and gas, and mobile top-up."""
    return sample_tariff(
        "2026-11",
        NOON.date(),
        product_row(),
        product_row(
            102, biller_code="JYSW", biller_name="江油水务", name="水费", account_pattern=r"\d{8}", service="water"
        ),
        product_row(
            103, biller_code="ZYRQ", biller_name="中源燃气", name="燃气费", account_pattern=r"\d{9}", service="gas"
        ),
        product_row(
            104,
            biller_code="YDCZ",
            biller_name="移动充值",
            name="话费",
            account_pattern=r"1[3-9]\d{9}",
            query_first=False,
            service="mobile",
            reversal_minutes=0,
        ),
    )


Told = TypeVar("Told")


_MADE: dict[tuple[datetime, int], tuple[KeptRows, EnrolledStation, Position]] = {}
"""What a counter begins with, by its time and credit: made by HQ's own desks once, put back for every other test."""


class Counter:
    """One enrolled station with a tariff adopted and credit granted, and HQ around it."""

    def __init__(self, engine: Engine, clock: SteppingClock, credit_fen: int = 5_000_000) -> None:
        self.engine, self.clock = engine, clock
        self.journal = HqJournal(HQ_KEY)
        self._bookkeeper = Bookkeeper(self.journal)
        self.operations = 0
        with engine.connect() as connection:
            is_empty = connection.scalar(select(staff.c.staff_no).limit(1)) is None
        which = (clock(), credit_fen)
        if is_empty and which in _MADE:
            rows, self.station, self.head = _MADE[which]
            rows.put_into(engine)
            self.post()
            return
        self._begin(credit_fen)
        if is_empty:
            _MADE[which] = KeptRows.of(engine), self.station, self.head

    def _begin(self, credit_fen: int) -> None:
        engine, clock = self.engine, self.clock
        add_people(engine)
        with engine.begin() as connection:
            for member in (CLERK, BRANCH_HEAD, FINANCE):
                row = {"staff_no": member.staff_no, "name": member.name, "role": member.role.value}
                connection.execute(insert(staff).values(**row, password_hash=_QUICK_HASH, created_at=NOON))
        self.station = enrol_station(engine, HQ_KEY, CODE, clock())
        self.head = self.station.certificate.start()
        tariff = full_tariff()
        with engine.begin() as connection:
            remember_hello(connection, CODE, readable_kinds(Side.HQ), clock())
            publish(connection, MAKER, tariff, clock())
        announce_tariffs(engine, self.journal, clock())
        if credit_fen:
            with engine.begin() as connection:
                grant = CreditGranted(credit_fen, 1, MAKER.staff_no, SECOND.staff_no)
                self.journal.append(connection, CODE, [grant], SYSTEM, clock())
        self.send(TariffAdopted(tariff.hash), operator_no=0)

    def hq_seq(self) -> int:
        with self.engine.connect() as connection:
            head = held_head(connection, CODE, Side.HQ)
        assert head is not None
        return head.seq

    def send(self, *facts: Fact, operator_no: int = 1, seen_seq: int | None = None) -> list[int]:
        """Append facts to the station's journal, send them to HQ, have them posted; gives their numbers."""
        seen = self.hq_seq() if seen_seq is None else seen_seq
        actor = Actor(ActorKind.PERSON, operator_no) if operator_no else SYSTEM
        now = self.clock().replace(microsecond=0)
        run = [encode(Record(now, business_date_of(now), actor, seen, RULES_VERSION, fact)) for fact in facts]
        before = self.head
        digests = extend(before, run)
        self.head = before._replace(seq=before.seq + len(run), digest=digests[-1])
        signature = seal(self.station.key, Side.STATION, CODE, self.head)
        judgement = take_frame(self.engine, self.journal, CODE, pack_frame(Side.STATION, before, run, signature), now)
        assert judgement.fate.name == "APPENDED", judgement
        self.post()
        return list(range(before.seq + 1, self.head.seq + 1))

    def pay(self, account_no: str, bill_no: str, amount_fen: int, product_code: int = 101, **changes: object) -> int:
        """Take a payment at the counter; gives its number."""
        self.operations += 1
        values: dict[str, object] = {
            "operation_no": self.operations,
            "product_code": product_code,
            "account_no": account_no,
            "bill_no": bill_no,
            "bill_period": "2026-10",
            "payer_name": "*三01",
            "amount_fen": amount_fen,
            "tendered_fen": amount_fen,
            "offline": False,
        }
        return self.send(BillPaymentTaken(**{**values, **changes}))[0]  # type: ignore[arg-type]

    def post(self) -> None:
        """Run HQ's posting stage."""
        self._bookkeeper.run(self.engine, self.clock)

    def our_no(self, seq: int) -> str:
        with self.engine.connect() as connection:
            digest = HeldJournal.open(connection, CODE, Side.STATION).digest_at(connection, seq)
        assert digest is not None
        return our_no(CODE, seq, digest)

    def told(self, kind: type[Told]) -> list[Told]:
        """What HQ has told the station, of one kind, in order."""
        found: list[Fact] = []
        with self.engine.connect() as connection:
            held = HeldJournal.open(connection, CODE, Side.HQ)
            for data in held.frames(connection, 0, 8_000_000):
                found += [decode(item, Side.HQ).fact for item in read_frame(data).run]
        return [fact for fact in found if isinstance(fact, kind)]

    def minutes_later(self, minutes: float) -> None:
        self.clock.now += timedelta(minutes=minutes)


def set_road(engine: Engine, biller_code: str, **road: object) -> None:
    """Say how a biller is reached, as its settings would."""
    values = {"name": biller_code, "adapter": "http", "timeout_s": 60, "resend_safe": False, **road}
    with engine.begin() as connection:
        connection.execute(billers.delete().where(billers.c.biller_code == biller_code))
        connection.execute(insert(billers).values(biller_code=biller_code, **values))
        assert connection.scalar(select(billers.c.biller_code).where(billers.c.biller_code == biller_code))
