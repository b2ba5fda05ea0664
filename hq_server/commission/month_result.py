"""A month of commission as one value: made when it is listed, made again at any time to the same bytes.

Everything it is made of is pinned: the sales that were counted, the rates kept with the run, the agreements entered by
then, the branch figures that the run took, and the earlier months' results. Nothing that comes later changes it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from hq_server.commission.agreements import agreements_on, first_days
from hq_server.commission.branch_figures import figure_groups
from hq_server.commission.counting import earned_groups, last_day, taken_groups
from hq_server.commission.insurance_tax import YearToDate
from hq_server.commission.rate_tables import rates_of_runs
from hq_server.commission.rules import accrue, close_parts
from hq_server.commission.tax import TaxRegime, table_in_force
from hq_server.commission.taxing import TaxedPart, tax_parts
from hq_server.commission.units import PAID_BY, ServiceLine
from hq_server.db.commission_tables import commission_parts

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from hq_server.commission.agreements import Agreement
    from hq_server.commission.rate_tables import PinnedRates
    from hq_server.commission.rules import CommissionLine, MonthPart

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class StationResult:
    """A station's month: whom it is paid to, its lines in their order, and its lines of service with their tax."""

    terms: Agreement
    lines: tuple[CommissionLine, ...]
    parts: tuple[TaxedPart, ...]

    @property
    def gross_fen(self) -> int:
        """All that is payable, before tax."""
        return sum(one.part.gross_fen for one in self.parts)

    @property
    def tax_fen(self) -> int:
        """All that is withheld."""
        return sum(one.tax_fen for one in self.parts)


@dataclass(frozen=True, slots=True)
class MonthResult:
    """The stations of a month in the order of their codes."""

    month: int
    stations: tuple[StationResult, ...]

    def sha256(self) -> str:
        """Digest of the result in its one form: a JSON array a station, in order, each on a line of its own."""
        digest = hashlib.sha256(f"{self.month}\n".encode())
        for one in self.stations:
            digest.update(json.dumps(_plain(one), ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        return digest.hexdigest()


def _plain(one: StationResult) -> list[object]:
    terms = one.terms
    lines = [
        [x.product_code, x.rate_version, x.of_month, x.count, x.base_fen, x.commission_fen, x.formula]
        for x in one.lines
    ]
    parts = [
        [
            x.part.service_line.value,
            PAID_BY[x.part.service_line].value,
            x.part.carried_in_fen,
            x.part.gross_fen,
            x.part.carried_out_fen,
            x.tax_fen,
            x.regime.value,
            x.rule,
            x.formula,
        ]
        for x in one.parts
    ]
    return [terms.station_code, terms.payee_name, terms.settlement_account, terms.tax_regime.value, lines, parts]


def compute_month(connection: Connection, month: int, rates: PinnedRates, made_at: datetime) -> MonthResult:
    """Compute a month out of what its run counted.

    Raises:
        RefusedError: a station has no payee account; nobody's is guessed.
        RateNotKnown: something counted has no rate in force.
    """
    earned = [*earned_groups(connection, month, rates), *figure_groups(connection, month, rates)]
    lines = accrue(earned, taken_groups(connection, month, rates_of_runs(connection, month)))
    parts = close_parts(lines, _carried_in(connection, month))
    day = last_day(month)
    codes = sorted({part.station_code for part in parts})
    terms = agreements_on(connection, codes, day, made_at)
    years = _years_to_date(connection, month, first_days(connection, made_at))
    table = table_in_force(day)
    own_lines: dict[str, list[CommissionLine]] = {code: [] for code in codes}
    own_parts: dict[str, list[MonthPart]] = {code: [] for code in codes}
    for line in lines:
        own_lines[line.station_code].append(line)
    for part in parts:
        own_parts[part.station_code].append(part)
    stations = []
    for code in codes:
        agreed = terms[code]
        year = years.get(code) or YearToDate(months=month % 100)
        taxed = tax_parts(own_parts[code], agreed.tax_regime, table, year)
        stations.append(StationResult(agreed, tuple(own_lines[code]), taxed))
    return MonthResult(month, tuple(stations))


_CARRIED = text("""
    SELECT DISTINCT ON (station_code, service_line) station_code, service_line, carried_out_fen FROM commission_parts
    WHERE month < :month ORDER BY station_code, service_line, month DESC
""")


def _carried_in(connection: Connection, month: int) -> dict[tuple[str, ServiceLine], int]:
    """Read the negative rest that each station's latest earlier month left, by line of service."""
    return {(row[0], ServiceLine(row[1])): row[2] for row in connection.execute(_CARRIED, {"month": month}) if row[2]}


def _years_to_date(connection: Connection, month: int, first: dict[str, date]) -> dict[str, YearToDate]:
    """Sum up what insurance paid and withheld in the year before the month; months count from the agreement on."""
    table, year = commission_parts.c, month // 100
    query = (
        select(table.station_code, func.sum(table.gross_fen), func.sum(table.tax_fen))
        .where(table.month.between(year * 100, month - 1), table.tax_regime == TaxRegime.INSURANCE_AGENT.value)
        .group_by(table.station_code)
    )
    sums = {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}
    found = {}
    for code, day in first.items():
        begun = day.month if day.year == year else 1
        months = max(min(month % 100 - begun + 1, _MONTHS), 1)
        found[code] = YearToDate(*sums.get(code, (0, 0)), months)
    return found
