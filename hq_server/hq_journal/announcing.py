"""Telling stations of tariffs: one record a station and tariff, whoever was approved when."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from hq_server.db.reference_tables import tariff_publications
from hq_server.hq_journal.held import held_head
from hq_server.hq_journal.register import CannotTellError
from hq_server.reference.tariffs import unannounced
from hq_server.reference.working_days import business_date_of
from station_journal.records import SYSTEM, TariffPublished
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from hq_server.hq_journal.register import HqJournal

_AT_ONCE = 500


def announce_tariffs(engine: Engine, journal: HqJournal, now: datetime) -> int:
    """Append what stations have still to be told of tariffs, a transaction a station; gives how many records."""
    with engine.connect() as connection:
        due = unannounced(connection, business_date_of(now), _AT_ONCE)
    told = 0
    for station_code, rows in groupby(due, key=lambda row: row[0]):
        with engine.begin() as connection:
            held_head(connection, station_code, Side.HQ, lock=True)
            table = tariff_publications.c
            known = set(connection.scalars(select(table.tariff_hash).where(table.station_code == station_code)))
            facts = [TariffPublished(name, day) for _, name, day in rows if name not in known]
            if not facts:
                continue  # another process was first
            try:
                seqs = journal.append(connection, station_code, facts, SYSTEM, now)
            except CannotTellError:
                continue  # told as soon as it can be
            connection.execute(
                insert(tariff_publications),
                [
                    {"station_code": station_code, "tariff_hash": fact.tariff_hash, "hq_seq": seq}
                    for fact, seq in zip(facts, seqs, strict=True)
                ],
            )
            told += len(facts)
    return told
