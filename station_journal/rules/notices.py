"""Which notices of a new tariff a station has read. It moves no money and holds nothing up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from station_journal.effects import NOTHING, At, Effects
from station_journal.facts.notices import TariffNoticeRead
from station_journal.subject import Subject, SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Record


@dataclass(frozen=True, slots=True)
class TariffNotice(Subject):
    """A tariff whose changes somebody at the station has read: record ``read_seq`` of operator ``operator_no``."""

    SUBJECT: ClassVar[int] = 19
    tariff_hash: bytes
    read_seq: int
    operator_no: int

    @property
    def key(self) -> str:
        """The tariff's hash."""
        return notice_key(self.tariff_hash).key


def notice_key(tariff_hash: bytes) -> SubjectKey:
    """Name the notice of a tariff."""
    return SubjectKey(TariffNotice.SUBJECT, tariff_hash.hex())


def _read(at: At, fact: TariffNoticeRead) -> Effects:
    if at.books.subject(TariffNotice, notice_key(fact.tariff_hash).key) is not None:
        return NOTHING
    return Effects(subjects=(TariffNotice(fact.tariff_hash, at.seq, at.record.actor.number),))


def _key(_seq: int, _record: Record, fact: TariffNoticeRead) -> tuple[SubjectKey, ...]:
    return (notice_key(fact.tariff_hash),)


RULES: dict[type, Callable[[At, Any], Effects]] = {TariffNoticeRead: _read}
KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {TariffNoticeRead: _key}
SUBJECTS = (TariffNotice,)
