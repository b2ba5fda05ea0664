"""Publishing tariffs: one document, checked whole, named by the hash of its bytes, announced to every station.

Rule (article 8, part three, tariffs): a change binds at the earliest five working days after its notice; only a
station's first tariff has nothing before it to change. Pinyin initials are computed here, all readings, so that no
counter needs the tables for it.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, insert, select, text, true

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.journal_tables import journal_heads
from hq_server.db.reference_tables import tariff_publications, tariffs
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import business_date_of
from hq_server.reference.year_lists import working_days
from hq_server.wording import RefusedError
from station_journal.side import Side
from station_journal.tariff import (
    TARIFF_BYTES_MAX,
    CommissionBasis,
    CommissionRate,
    CommissionTier,
    OfflineAllowance,
    Product,
    Service,
    Tariff,
    TariffRefusedError,
    check_tariff,
    read_tariff,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from hq_server.reference.staff import StaffMember

NOTICE_WORKING_DAYS = 5
READINGS_MAX = 256
_PUBLISHING_LOCK = 7_201_004
_WRITTEN = {field.name for field in fields(Product)} - {"initials"}


def pinyin_initials(*names: str) -> tuple[str, ...]:
    """Compute the lower-case initials of names, every reading of every character, the usual reading first.

    ``长虹`` gives ``ch`` and ``zh``. Latin letters and digits stand for themselves; anything else is left out. Of a
    name with very many readings the first ``READINGS_MAX`` count.
    """
    found: dict[str, None] = {}
    for name in names:
        letters = [options for options in map(_first_letters, name.lower()) if options]
        combinations = itertools.islice(itertools.product(*letters), READINGS_MAX)
        found.update(dict.fromkeys("".join(choice) for choice in combinations))
    found.pop("", None)
    return tuple(found)


def _first_letters(character: str) -> tuple[str, ...]:
    if character.isascii():
        return (character,) if character.isalnum() else ()
    from pypinyin import Style, pinyin  # 40 MB of tables, needed when a tariff is published only

    readings = pinyin(character, style=Style.FIRST_LETTER, heteronym=True, errors="ignore")
    return tuple(dict.fromkeys(letter for letter in readings[0] if letter)) if readings else ()


def tariff_of_json(text: str) -> Tariff:
    """Read a tariff that a person wrote as JSON and add the pinyin initials.

    Amounts are integers in fen. A field that is unknown, missing or of another type refuses the whole tariff.

    Raises:
        RefusedError: the text is no such tariff, or a figure in it makes no sense.
    """
    try:
        document = json.loads(text, parse_float=_no_fraction)
        tariff = _tariff(document)
        check_tariff(tariff)
    except TariffRefusedError as error:
        raise _refused(str(error)) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _refused(_plainly(error)) from error
    return tariff


def _refused(reason: str) -> RefusedError:
    return RefusedError("tariff", f"资费文件整份不予发布: {reason}", f"the tariff is refused whole: {reason}")


def _plainly(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def _no_fraction(text: str) -> int:
    raise ValueError(f"{text} is no integer; amounts are in fen")


def _tariff(document: dict[str, Any]) -> Tariff:
    _only(document, {"version", "effective_on", "products"}, "the tariff")
    effective_on = date.fromisoformat(_typed(document["effective_on"], str, "effective_on"))
    rows = _typed(document["products"], list, "products")
    version = _typed(document["version"], str, "version")
    if not version.strip():
        raise ValueError("the version is empty")
    return Tariff(version, effective_on, tuple(_product(row) for row in rows))


def _product(row: dict[str, Any]) -> Product:
    where = f"product {row.get('code')!r}"
    _only(row, _WRITTEN, where)
    offline, commission = row.get("offline"), row["commission"]
    if offline is not None:
        _only(offline, {"count", "value_fen", "hours"}, where)
        offline = OfflineAllowance(**{name: _typed(value, int, where) for name, value in offline.items()})
    values: dict[str, Any] = {name: _READERS[name](row[name], f"{where}: {name}") for name in _READERS}
    return Product(
        **values,
        service=Service[_typed(row["service"], str, where).upper()],
        initials=pinyin_initials(values["name"], values["biller_name"]),
        offline=offline,
        commission=rate_of_json(commission, where),
    )


def rate_of_json(row: dict[str, Any], where: str) -> CommissionRate:
    """Read a rate of commission that a person wrote as JSON; tiers are pairs of their last item (0: no end) and fen.

    Raises:
        ValueError, TypeError, KeyError: a field is unknown, missing or of another type.
    """
    _only(row, {"basis", "value", "version", "tiers"}, where)
    basis = CommissionBasis[_typed(row["basis"], str, where).upper()]
    tiers = tuple(
        CommissionTier(*(_typed(cell, int, where) for cell in _typed(tier, list, where)))
        for tier in _typed(row.get("tiers", []), list, where)
    )
    value = tiers[0].fen if tiers and "value" not in row else _typed(row["value"], int, where)
    return CommissionRate(basis, value, _typed(row["version"], str, where), tiers)


def _only(row: dict[str, Any], names: Iterable[str], where: str) -> None:
    unknown = set(_typed(row, dict, where)) - set(names)
    if unknown:
        raise ValueError(f"{where} has the unknown field {min(unknown)!r}")


def _typed(value: Any, wanted: type, where: str) -> Any:  # noqa: ANN401 - the type is an argument
    if type(value) is not wanted:
        raise TypeError(f"{where}: {value!r:.40} is not {wanted.__name__}")
    return value


def _reader(wanted: type) -> Callable[[Any, str], Any]:
    return lambda value, where: _typed(value, wanted, where)


_READERS = {
    name: _reader(wanted)
    for wanted, names in (
        (int, ("code", "fee_fen", "amount_min_fen", "amount_max_fen", "reversal_minutes")),
        (str, ("biller_code", "biller_name", "biller_name_en", "name", "name_en", "account_pattern")),
        (bool, ("query_first", "part_payment")),
    )
    for name in names
}


def publish(connection: Connection, by: StaffMember, tariff: Tariff, now: datetime) -> bytes:
    """Publish a tariff whole and give its hash; stations learn of it by their own HQ records.

    Raises:
        RefusedError: no right, a figure makes no sense, the version is taken, or the notice is short.
    """
    by.require(Deed.PUBLISH_TARIFF)
    try:
        check_tariff(tariff)
    except TariffRefusedError as error:
        raise _refused(str(error)) from error
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _PUBLISHING_LOCK})
    document = tariff.to_bytes()
    if len(document) > TARIFF_BYTES_MAX:
        raise _refused(f"it has {len(document)} bytes, above {TARIFF_BYTES_MAX}")
    same_version = connection.scalar(select(tariffs.c.tariff_hash).where(tariffs.c.version == tariff.version))
    if same_version == tariff.hash:
        return tariff.hash
    if same_version is not None:
        raise _refused(f"version {tariff.version} was published with another content")
    _check_notice(connection, tariff, now)
    connection.execute(
        insert(tariffs).values(
            tariff_hash=tariff.hash,
            version=tariff.version,
            effective_on=tariff.effective_on,
            document=document,
            published_at=now,
            publisher_no=by.staff_no,
        )
    )
    details = {"version": tariff.version, "hash": tariff.hash.hex(), "effective_on": tariff.effective_on.isoformat()}
    audit.note(connection, AuditTag.TARIFF_PUBLISHED, audit.staff_actor(by.staff_no), now, details)
    return tariff.hash


def _check_notice(connection: Connection, tariff: Tariff, now: datetime) -> None:
    if not connection.scalar(select(exists().select_from(tariff_publications))):
        return
    notice_on = business_date_of(now)
    earliest = working_days(connection).add_working_days(notice_on, NOTICE_WORKING_DAYS)
    if tariff.effective_on < earliest:
        raise RefusedError(
            "notice",
            f"资费变更须提前 {NOTICE_WORKING_DAYS} 个工作日告知, 最早 {earliest} 生效",
            f"a tariff change takes {NOTICE_WORKING_DAYS} working days' notice: {earliest} is the earliest date",
        )


def tariff_document(connection: Connection, tariff_hash: bytes) -> bytes | None:
    """Give the bytes of a published tariff."""
    return connection.scalar(select(tariffs.c.document).where(tariffs.c.tariff_hash == tariff_hash))


def all_tariffs(connection: Connection) -> dict[bytes, Tariff]:
    """Read every published tariff, by hash."""
    query = select(tariffs.c.tariff_hash, tariffs.c.document).order_by(tariffs.c.effective_on)
    return {row.tariff_hash: read_tariff(row.document) for row in connection.execute(query)}


def published(connection: Connection) -> list[tuple[str, date, bytes]]:
    """List the published tariffs: version, first date, hash; by date."""
    query = select(tariffs.c.version, tariffs.c.effective_on, tariffs.c.tariff_hash)
    query = query.order_by(tariffs.c.effective_on, tariffs.c.published_at)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def unannounced(connection: Connection, today: date, limit: int) -> list[tuple[str, bytes, date]]:
    """List what stations have still to be told: (station, tariff hash, first date), in the order of the dates.

    A station is told every tariff to come and the one in force; one that a later tariff has replaced is past.
    """
    in_force = select(func.max(tariffs.c.effective_on)).where(tariffs.c.effective_on <= today).scalar_subquery()
    told = select(tariff_publications.c.station_code).where(
        tariff_publications.c.station_code == journal_heads.c.station_code,
        tariff_publications.c.tariff_hash == tariffs.c.tariff_hash,
    )
    query = (
        select(journal_heads.c.station_code, tariffs.c.tariff_hash, tariffs.c.effective_on)
        .select_from(journal_heads.join(tariffs, true()))
        .where(journal_heads.c.side == Side.HQ.value, ~told.exists())
        .where(tariffs.c.effective_on >= func.coalesce(in_force, date.min))
        .order_by(journal_heads.c.station_code, tariffs.c.effective_on, tariffs.c.published_at)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query.limit(limit))]
