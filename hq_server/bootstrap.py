"""Puts HQ together: settings, database, key, and what web workers and jobs share. The real clock comes in here.

What only web workers or jobs are made of is imported where they are made: a short command starts without it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hq_server.config import load_settings
from hq_server.db import make_conninfo, open_engine
from hq_server.db.migrating import migrate, require_current
from hq_server.hq_journal import NEWS_CHANNEL, WORK_CHANNEL, HqJournal, announce_tariffs
from hq_server.logs import log_libraries
from hq_server.reference.hq_key import bind_key, load_or_make_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from sqlalchemy import Engine

    from hq_server.api.bell import Bell
    from hq_server.config import Settings
    from hq_server.db import Clock
    from hq_server.db.leading import Leading
    from hq_server.jobs import Stage


def utc_now() -> datetime:
    """Read the machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Headquarters:
    """What every part of HQ is given: settings, database, the journal with HQ's key, and a clock."""

    settings: Settings
    engine: Engine
    journal: HqJournal
    clock: Clock

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def open_headquarters(settings: Settings | None = None, clock: Clock = utc_now) -> Headquarters:
    """Open the database and the key. The embedded database is brought up to date; a named one must be.

    Raises:
        RefusedError: the database, its schema or the key cannot be used; the sentence says which and why.
    """
    settings = settings or load_settings()
    engine = open_engine(settings)
    if settings.database_url:
        require_current(engine)
    else:
        migrate(engine)
    passphrase = settings.key_passphrase.get_secret_value() if settings.key_passphrase else None
    key = load_or_make_key(settings.key_path, passphrase)
    with engine.begin() as connection:
        bind_key(connection, key, clock())
    return Headquarters(settings, engine, HqJournal(key), clock)


def make_bell(hq: Headquarters) -> Bell:
    """Make what wakes waiting exchanges of one web process."""
    from hq_server.api.bell import Bell

    return Bell(make_conninfo(hq.engine), NEWS_CHANNEL)


def make_app(hq: Headquarters, bell: Bell | None = None) -> FastAPI:
    """Make the application of one web process."""
    from hq_server.api.app import Monitoring, create_app
    from hq_server.api.chain import chain_router
    from hq_server.api.inquiry import inquiry_router
    from hq_server.api.lead_contacts import lead_contacts_router
    from hq_server.console.app import console_router
    from hq_server.console.visits import ConsoleDesk
    from hq_server.gateway.inquiry import InquiryDesk
    from hq_server.ingest.exchange_desk import ExchangeDesk
    from hq_server.ingest.lead_contact_desk import LeadContactDesk
    from hq_server.reconciliation.chain_desk import ChainDesk
    from hq_server.reference.enrolment_desk import EnrolmentDesk
    from hq_server.statements.condition import ConditionDesk

    exchange_desk = ExchangeDesk(hq.engine, hq.journal, hq.clock)
    enrolment_desk = EnrolmentDesk(hq.engine, hq.journal.key, hq.clock)
    codes, memory_mib = hq.settings.one_time_codes == "required", hq.settings.password_memory_mib
    console = console_router(
        ConsoleDesk(hq.engine, hq.journal, hq.clock, codes, memory_mib, hq.settings.correction_stale_days)
    )
    contacts = lead_contacts_router(LeadContactDesk(hq.engine, hq.clock))
    chain = chain_router(ChainDesk(hq.engine, hq.journal.key, hq.clock))
    routers = (inquiry_router(InquiryDesk(hq.engine, hq.clock)), contacts, chain, console)
    token = hq.settings.metrics_token
    monitoring = Monitoring(ConditionDesk(hq.engine, hq.clock), token.get_secret_value() if token else "")
    return create_app(exchange_desk, enrolment_desk, bell or make_bell(hq), monitoring, routers)


def make_leading(hq: Headquarters) -> Leading:
    """Make what chooses the jobs process that works, and wakes it."""
    from hq_server.db.leading import Leading

    return Leading(make_conninfo(hq.engine), WORK_CHANNEL)


@contextmanager
def make_stages(hq: Headquarters, *, await_billers: bool = False) -> Iterator[tuple[Stage, ...]]:
    """Make HQ's stages in the order of the money; what they keep open ends with the block.

    ``await_billers`` makes the gateway's stage end with the billers' answers: for a single pass. Without it a slow
    biller holds up no other stage.
    """
    from hq_server.commission.stating import state_approved
    from hq_server.disputes.case_clock import run_clock
    from hq_server.faults.scanning import FaultScan
    from hq_server.gateway.dispatch import Dispatcher
    from hq_server.integrity.nightly import NightlyCheck
    from hq_server.jobs import Stage
    from hq_server.ledger.book import Bookkeeper
    from hq_server.parcels.watch import ParcelWatch
    from hq_server.reconciliation.due_days import DueDays
    from hq_server.settlement.effects import apply_effects
    from hq_server.settlement.other_layers import OtherLayers
    from hq_server.statements.figures import count_figures

    keeper, faults, nightly = Bookkeeper(hq.journal), FaultScan(hq.journal), NightlyCheck(hq.journal)
    due_days, other_layers = DueDays(hq.journal), OtherLayers(hq.journal)
    with Dispatcher(hq.engine, hq.journal, hq.clock) as dispatcher, _asking_bank(hq.settings) as asking:
        yield (
            Stage("announce", lambda engine, clock: announce_tariffs(engine, hq.journal, clock())),
            Stage("ledger", keeper.run, shared=True),
            Stage("figures", count_figures),
            Stage("gateway", lambda _engine, _clock: dispatcher.run_and_wait() if await_billers else dispatcher.run()),
            Stage("reconciliation", due_days.run),
            Stage("commission", lambda engine, clock: state_approved(engine, hq.journal, clock)),
            *asking,
            Stage("payments", lambda engine, clock: apply_effects(engine, hq.journal, clock())),
            Stage("layers", other_layers.run),
            Stage("cases", lambda engine, clock: run_clock(engine, hq.journal, clock())),
            Stage("faults", faults.run),
            Stage("integrity", nightly.run),
            Stage("parcels", ParcelWatch(hq.journal).run),
        )


@contextmanager
def _asking_bank(settings: Settings) -> Iterator[tuple[Stage, ...]]:
    """Make the stage that asks the bank about payment orders, where its address is known."""
    from hq_server.gateway.bank_road import BankRoad
    from hq_server.jobs import Stage
    from hq_server.settlement.asking_bank import BankQuestions

    if not settings.bank_url:
        yield ()
        return
    token = settings.bank_token.get_secret_value() if settings.bank_token else ""
    road = BankRoad(settings.bank_url, token)
    try:
        yield (Stage("bank", BankQuestions(road).run),)
    finally:
        road.close()


def app_of_worker() -> FastAPI:
    """Make the application of one of several web workers, which have nothing but the environment in common."""
    log_libraries()
    return make_app(open_headquarters())
