"""An enrolled station in a folder, with HQ's half of its journals written here, to measure on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.trade import tariff
from station_journal.codec import encode
from station_journal.records import (
    RULES_VERSION,
    SYSTEM,
    AnswerSource,
    BillerAnswered,
    CreditGranted,
    Equipment,
    HqFact,
    OperatorRole,
    Outcome,
    Record,
    Side,
    TariffPublished,
)
from station_journal.seal import Certificate, sign_certificate
from station_pos.commands.orders import AdoptTariff, CloseOutage, EnrolOperator, OpenOutage, TakeBillPayment
from station_pos.register import Register
from station_pos.register.epochs import Epoch, begin_epoch
from station_pos.store.database import Database
from station_pos.store.reference import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CODE = "JY0427"
OPENED = datetime(2026, 10, 23, 1, 0, tzinfo=UTC)
HQ_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STATION_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def certificates() -> tuple[Certificate, Certificate]:
    """Give the certificates of the station's and of HQ's journal."""
    own = Certificate(Side.STATION, CODE, 1, STATION_KEY.public_key().public_bytes_raw())
    return own, Certificate(Side.HQ, CODE, 1, HQ_KEY.public_key().public_bytes_raw())


class BenchStation:
    """A station ready to sell, with a clock that moves a second a sale."""

    def __init__(self, folder: Path) -> None:
        """Enrol it, give it an operator, the tariff and a large credit."""
        self.database = Database(folder, create=True)
        own, hq = certificates()
        hq_public = HQ_KEY.public_key().public_bytes_raw()
        profile = Profile("张家坝便民服务站", "江油支局", "张家坝村", "11183")
        signed = sign_certificate(HQ_KEY, own), sign_certificate(HQ_KEY, hq)
        begin_epoch(self.database, Epoch(own, signed[0], hq, signed[1], hq_public, profile))
        self._now = OPENED
        self.register = Register(self.database, self.clock)
        self.register.execute(EnrolOperator(0, 1, "张三", OperatorRole.OWNER))
        sold = tariff()
        self.register.keep_document(sold.to_bytes())
        self.from_hq(TariffPublished(sold.hash, sold.effective_on), CreditGranted(10**11, 1, 11, 12))
        self.register.execute(AdoptTariff(sold.hash))
        self.register.execute(OpenOutage(Equipment.LINK))

    def clock(self) -> datetime:
        """Give the time, a second later at each call."""
        self._now += timedelta(seconds=1)
        return self._now

    def from_hq(self, *facts: HqFact) -> None:
        """Receive facts of HQ."""
        seen = self.register.head(Side.STATION).seq
        run = [encode(Record(OPENED, OPENED.date(), SYSTEM, seen, RULES_VERSION, fact)) for fact in facts]
        self.register.receive_hq(run, self.register.head(Side.HQ))

    def next_outage(self, sold_seqs: Sequence[int] = ()) -> None:
        """End the outage and begin the next one, as a bad line does: in between the billers confirm what was sold."""
        self.register.execute(CloseOutage(Equipment.LINK))
        confirmed = Outcome.CONFIRMED, AnswerSource.REPLY
        if sold_seqs:
            self.from_hq(*(BillerAnswered(seq, *confirmed, f"{7_000_000 + seq}", "") for seq in sold_seqs))
        self.register.execute(OpenOutage(Equipment.LINK))

    def bill(self, number: int) -> TakeBillPayment:
        """Make the command for a bill nobody paid yet, sold offline: two records, receipt and print job at once."""
        return TakeBillPayment(
            operator_no=1,
            operation_no=self.register.open_operation(),
            product_code=101,
            account_no=f"{5_000_000_000 + number:010d}",
            bill_no=f"{number:08d}",
            bill_period="2026-10",
            payer_name="*三",
            amount_fen=7_260,
            tendered_fen=10_000,
            offline=True,
        )
