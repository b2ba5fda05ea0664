"""The posting rules of single services, a module for each, and which subjects their facts may ask the books for.

A service's module gives ``RULES`` (what each of its facts does), ``KEYS`` (the subjects that a record of a fact may ask
for, from the record alone, so that HQ can read them for many stations at once) and ``SUBJECTS`` (its subject classes).
It is listed here once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from station_journal.rules import (
    branch_days,
    cash,
    commission,
    devices,
    disputes,
    distribution,
    grants,
    integrity,
    known_faults,
    notices,
    parcel_terms,
    parcels,
    pouches,
    withdrawals,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from station_journal.effects import At, Effects
    from station_journal.records import Record
    from station_journal.subject import Subject, SubjectKey

_SERVICES: tuple[ModuleType, ...] = (
    cash,
    pouches,
    parcels,
    parcel_terms,
    grants,
    withdrawals,
    devices,
    branch_days,
    distribution,
    disputes,
    known_faults,
    notices,
    integrity,
    commission,
    integrity,
)

SERVICE_RULES: dict[type, Callable[[At, Any], Effects]] = {
    fact_class: rule for service in _SERVICES for fact_class, rule in service.RULES.items()
}
"""What each fact of a service does."""

SUBJECT_CLASSES: dict[int, type[Subject]] = {
    subject_class.SUBJECT: subject_class for service in _SERVICES for subject_class in service.SUBJECTS
}
"""The subject classes by the number of their kind."""

_KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {
    fact_class: keys for service in _SERVICES for fact_class, keys in service.KEYS.items()
}


def subject_keys(seq: int, record: Record) -> tuple[SubjectKey, ...]:
    """Name the subjects that the rule for a record may ask the books for; those they lead on to are not among them."""
    keys = _KEYS.get(type(record.fact))
    return () if keys is None else keys(seq, record, record.fact)
