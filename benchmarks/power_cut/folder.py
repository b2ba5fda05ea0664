"""An enrolled station's data folder, made without the enrolment's exchange, ready to sell every service."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from benchmarks.bench_station import CODE, HQ_KEY, STATION_KEY
from benchmarks.trade import tariff
from station_journal.facts.parcels import CourierNamed, ManifestAnnounced, ManifestLine, ParcelProduct
from station_journal.facts.withdrawals import FeePayer, FirstFreeScope, WithdrawalTermsAgreed
from station_journal.records import CreditGranted, OperatorRole, Side, TariffPublished
from station_journal.seal import Position, seal, sign_certificate
from station_pos.commands.cash_orders import CountFloat
from station_pos.commands.orders import AdoptTariff, EnrolOperator
from station_pos.commands.outcome import Accepted
from station_pos.keystore import KdfCost, Keystore
from station_pos.register import Register
from station_pos.register.epochs import Epoch, begin_epoch
from station_pos.register.pins import Pins
from station_pos.store.database import Database
from station_pos.store.reference import Profile
from station_pos.workers.hq_link import KEYS_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.power_cut.counting_house import CountingHouse
    from station_journal.records import HqFact
    from station_pos.commands.orders import Command

OWNER = 1
PIN = "1111"
PASS_PHRASE = "门前 柳树 2026"  # noqa: S105 - of a shop that is made and taken away
FLOAT_FEN = 3_000_000
COURIER = 101
COD_FEN = 1_250
_MANIFEST_LINES = 100
_AMPLE_FEN = 10**11


def waybill(number: int) -> str:
    """Give the waybill of the ``number``-th parcel."""
    return f"7731{number:09d}"


def make_folder(folder: Path, house: CountingHouse, parcels: int, settings: dict[str, str | int]) -> None:
    """Make the folder: keys, operators, tariff, credit, terms, manifests of so many parcels, a float in the drawer."""
    folder.mkdir(parents=True)
    Keystore(folder / KEYS_NAME, KdfCost(1, 8 * 1024, 1)).keep(STATION_KEY, CODE, 1, PASS_PHRASE)
    (folder / "station.toml").write_text(
        "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()), "utf-8"
    )
    database = Database(folder, create=True)
    try:
        own, hq = house.station.certificate, house.own.certificate
        signed = sign_certificate(HQ_KEY, own), sign_certificate(HQ_KEY, hq)
        profile = Profile("张家坝便民服务站", "江油支局", "张家坝村", "11183")
        begin_epoch(database, Epoch(own, signed[0], hq, signed[1], hq.public_key, profile))
        register = Register(database, lambda: datetime.now(UTC))
        _furnish(register, house, parcels)
        Pins(register, lambda: datetime.now(UTC)).set(OWNER, PIN)
    finally:
        database.close()


def _furnish(register: Register, house: CountingHouse, parcels: int) -> None:
    def do(command: Command) -> None:
        outcome = register.execute(command)
        assert isinstance(outcome, Accepted), outcome

    do(EnrolOperator(0, OWNER, "张三", OperatorRole.OWNER))
    sold = tariff()
    register.keep_document(sold.to_bytes())
    _receive(register, house, TariffPublished(sold.hash, sold.effective_on), CreditGranted(_AMPLE_FEN, 1, 7, 8))
    _receive(register, house, _terms(), CourierNamed(COURIER, "李师傅", "JYPOST", ""))
    for first in range(0, parcels, _MANIFEST_LINES):
        numbers = range(first, min(parcels, first + _MANIFEST_LINES))
        lines = tuple(
            ManifestLine(waybill(n), "ZTO", ParcelProduct.ORDINARY, "JLG", COD_FEN, registered=False, consented=True)
            for n in numbers
        )
        _receive(register, house, ManifestAnnounced(f"M{first}", COURIER, b"", lines))
    do(AdoptTariff(sold.hash))
    do(CountFloat(OWNER, (), FLOAT_FEN))


def _receive(register: Register, house: CountingHouse, *facts: HqFact) -> None:
    run, before = house.write(*facts)
    after = Position(1, before.seq + len(run), house.own.head().digest)
    register.receive_hq(run, before, seal(HQ_KEY, Side.HQ, CODE, after))


def _terms() -> WithdrawalTermsAgreed:
    """Terms under which one card may be used for every run of the soak."""
    return WithdrawalTermsAgreed(
        effective_on=(datetime.now(UTC) - timedelta(days=2)).date(),
        acquirer_code="100",
        acquirer_name="邮政储蓄银行",
        acquirer_name_en="Postal Savings Bank",
        payout_allowance_fen=_AMPLE_FEN,
        restores_credit=False,
        card_day_cap_fen=_AMPLE_FEN,
        least_fen=1_000,
        fee_fen=100,
        fee_payer=FeePayer.CUSTOMER,
        first_free_scope=FirstFreeScope.NONE,
        maker_no=7,
        approver_no=8,
    )
