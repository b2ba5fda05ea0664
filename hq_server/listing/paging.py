"""Reading a list by pages: filters and order in SQL, and a page begins behind the last row of the one before.

Paging by key costs the same on the last page as on the first, and a row that comes in meanwhile shifts nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, select, tuple_

from hq_server.listing.spec import Form
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from hq_server.listing.spec import ListColumn, ListFilter, ListOrder, ListSpec

PAGE_ROWS = 50
COUNTED_MAX = 10_000
"""A list without totals is counted so far and not to its end."""
_INTEGER_MAX = 2**63 - 1
_TEXT_MAX = 200
_MONTH_DIGITS = 6


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page. ``count`` and ``totals`` are of the whole list; ``is_count_capped`` means there are more than that.

    ``after`` and ``before`` lead to the next and the previous page, empty where there is none.
    """

    spec: ListSpec
    order: ListOrder
    asked: Mapping[str, str]
    rows: tuple[Mapping[str, Any], ...]
    count: int
    is_count_capped: bool
    totals: Mapping[str, int]
    after: str
    before: str


def read_page(connection: Connection, spec: ListSpec, query: Mapping[str, str], page_rows: int = PAGE_ROWS) -> ListPage:
    """Read the page that an address asks for by its fields: filters by name, ``order``, ``after`` or ``before``.

    Raises:
        RefusedError: a filter's value or the place to begin at cannot be read.
    """
    order, asked = spec.order(query.get("order", "")), _asked(spec, query)
    conditions = _conditions(spec, asked)
    backward = bool(query.get("before"))
    place = query.get("before") or query.get("after") or ""
    keys = [spec.column(name) for name in order.keys]
    statement = _selected(spec, conditions)
    if place:
        values = tuple_(*(literal(value, key.value.type) for key, value in zip(keys, _place(keys, place), strict=True)))
        mine = tuple_(*(key.value for key in keys))
        statement = statement.where(mine < values if order.descending != backward else mine > values)
    found = list(connection.execute(_ordered(statement, keys, order.descending != backward).limit(page_rows + 1)))
    more, found = len(found) > page_rows, found[:page_rows]
    if backward:
        found.reverse()
    rows = tuple(_row(spec, row) for row in found)
    count, totals = _counted(connection, spec, conditions)
    has_after, has_before = (bool(rows), more) if backward else (more, bool(place) and bool(rows))
    not_counted = count is None
    if count is None:
        count = len(rows)
        if not (has_after or has_before):  # the whole list is here: it says what its rows come to, whatever is kept
            totals = {name: sum(int(row[name]) for row in rows) for name in totals}
    return ListPage(
        spec,
        order,
        asked,
        rows,
        min(count, COUNTED_MAX) if not totals else count,
        has_after or has_before if not_counted else not totals and count > COUNTED_MAX,
        totals,
        _mark(keys, rows[-1]) if has_after else "",
        _mark(keys, rows[0]) if has_before else "",
    )


def neighbours(
    connection: Connection, spec: ListSpec, query: Mapping[str, str], only: ColumnElement[bool]
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """Give the rows before and behind one row in the order of a list, as its filters let them through.

    ``only`` names the row, which the filters themselves need not let through: one that was just dealt with still has
    its place. Both are None where there is no such row.

    Raises:
        RefusedError: a filter's value cannot be read.
    """
    order = spec.order(query.get("order", ""))
    keys = [spec.column(name) for name in order.keys]
    here = connection.execute(_selected(spec, [*spec.only, only])).first()
    if here is None:
        return None, None
    row = _row(spec, here)
    values = tuple_(*(literal(row[key.name], key.value.type) for key in keys))
    mine, statement = tuple_(*(key.value for key in keys)), _selected(spec, _conditions(spec, _asked(spec, query)))
    found = []
    for is_before in (True, False):
        is_less = is_before != order.descending
        beside = statement.where(mine < values if is_less else mine > values)
        first = connection.execute(_ordered(beside, keys, is_less).limit(1)).first()
        found.append(None if first is None else _row(spec, first))
    return found[0], found[1]


def all_rows(connection: Connection, spec: ListSpec, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Read every row that the filters let through, in order, without holding them all.

    Raises:
        RefusedError: a filter's value cannot be read.
    """
    order = spec.order(query.get("order", ""))
    keys = [spec.column(name) for name in order.keys]
    statement = _ordered(_selected(spec, _conditions(spec, _asked(spec, query))), keys, order.descending)
    for row in connection.execute(statement.execution_options(yield_per=1_000)):
        yield _row(spec, row)


def _selected(spec: ListSpec, conditions: list[ColumnElement[bool]]) -> Select[Any]:
    columns = [column.value.label(f"c{number}") for number, column in enumerate(spec.columns)]
    return select(*columns).select_from(spec.source).where(*conditions)


def _ordered(statement: Select[Any], keys: list[ListColumn], descending: bool) -> Select[Any]:  # noqa: FBT001
    return statement.order_by(*(key.value.desc() if descending else key.value.asc() for key in keys))


def _row(spec: ListSpec, row: Row[Any]) -> Mapping[str, Any]:
    return {
        column.name: column.read(value) if column.read and value is not None else value
        for column, value in zip(spec.columns, row, strict=True)
    }


def _asked(spec: ListSpec, query: Mapping[str, str]) -> dict[str, str]:
    return {one.name: query.get(one.name, one.default).strip() for one in spec.filters}


def _conditions(spec: ListSpec, asked: Mapping[str, str]) -> list[ColumnElement[bool]]:
    chosen = [one for one in spec.filters if asked[one.name]]
    return [*spec.only, *(one.where(_typed(one, asked[one.name])) for one in chosen)]


def _typed(one: ListFilter, text: str) -> Any:  # noqa: ANN401 - what the condition takes
    if len(text) > _TEXT_MAX:
        raise RefusedError("filter", f"{one.head.zh}: 太长", f"{one.head.en}: too long")
    if one.words:
        if text not in one.words:
            raise RefusedError("filter", f"{one.head.zh}: 没有这个选项", f"{one.head.en}: there is no such choice")
        return text
    if one.form is Form.DAY:
        try:
            return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a business date has no zone
        except ValueError as error:
            raise RefusedError("date", "日期格式为 2026-11-23", "a date has the form 2026-11-23") from error
    if one.form is Form.MONTH:
        digits = text.replace("-", "")
        if not (digits.isascii() and digits.isdigit() and len(digits) == _MONTH_DIGITS and 0 < int(digits) % 100 <= 12):  # noqa: PLR2004 - months
            raise RefusedError("month", "月份格式为 2026-11", "a month has the form 2026-11")
        return int(digits)
    if one.form is Form.NUMBER:
        if not text.isascii() or not text.isdigit() or int(text) > _INTEGER_MAX:
            raise RefusedError("filter", f"{one.head.zh}: 须为数字", f"{one.head.en}: takes a number")
        return int(text)
    return text


def _counted(
    connection: Connection, spec: ListSpec, conditions: list[ColumnElement[bool]]
) -> tuple[int | None, dict[str, int]]:
    if spec.known is not None and len(conditions) == len(spec.only):
        return spec.known[0], dict(spec.known[1])
    summed = [column for column in spec.columns if column.total]
    if not summed:
        inner = select(literal(1)).select_from(spec.source).where(*conditions).limit(COUNTED_MAX + 1).subquery()
        return connection.scalar(select(func.count()).select_from(inner)) or 0, {}
    sums = [func.coalesce(func.sum(column.value), 0) for column in summed]
    row = connection.execute(select(func.count(), *sums).select_from(spec.source).where(*conditions)).one()
    return int(row[0]), {column.name: int(value) for column, value in zip(summed, row[1:], strict=True)}


def _mark(keys: list[ListColumn], row: Mapping[str, Any]) -> str:
    values = [value.isoformat() if isinstance(value, date) else value for value in (row[key.name] for key in keys)]
    return base64.urlsafe_b64encode(json.dumps(values, ensure_ascii=False).encode()).decode().rstrip("=")


def _place(keys: list[ListColumn], mark: str) -> list[Any]:
    """Read a mark back; whatever an address may hold, only values of the keys' own types come out."""
    try:
        values = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        if not isinstance(values, list) or len(values) != len(keys):
            raise _no_place()
        return [_of_type(key.value.type.python_type, value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise _no_place() from error


def _of_type(kind: type, value: object) -> Any:  # noqa: ANN401 - a key's own type
    if kind is int and isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _INTEGER_MAX:
        return value
    if kind is str and isinstance(value, str) and "\x00" not in value and value.isprintable():
        return value
    if kind is date and isinstance(value, str):
        return date.fromisoformat(value)
    if kind is datetime and isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None:
        return datetime.fromisoformat(value)
    raise _no_place()


def _no_place() -> RefusedError:
    return RefusedError("place", "翻页位置无法识别, 请从第一页看起", "the place in the list is not known: start anew")
