"""What a list is: where its rows stand, its columns, filters and orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from hq_server.wording import Sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, FromClause


NOTHING_FOUND = Sentence("没有符合的记录", "Nothing found")


class Form(StrEnum):
    """How a value is shown, and how wide its column may get."""

    TEXT = "TEXT"
    LONG = "LONG"  # text that may break into lines
    NUMBER = "NUMBER"
    MONEY = "MONEY"  # fen in the database, yuan before people
    DAY = "DAY"
    MONTH = "MONTH"  # 202611 in the database, 2026-11 before people
    MOMENT = "MOMENT"  # shown as clocks in China do
    DIGEST = "DIGEST"  # bytes, by their first eight


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column: its name in the row, its head, and the SQL expression of its value.

    ``words`` says stored words (states, classes) to people. ``link`` is a path below /console with names of columns in
    braces, as ``/stations/{station_code}``. A ``hidden`` column is there for links and keys only. ``total`` sums it
    over all rows of the list, not over the page. ``read`` makes the value out of what the expression gives, row by
    row: of what is stored as bytes nothing can be filtered, ordered or summed in SQL. A sentence that it makes is said
    in the reader's language.
    """

    name: str
    head: Sentence
    value: ColumnElement[Any]
    form: Form = Form.TEXT
    words: Mapping[str, Sentence] = field(default_factory=dict)
    link: str = ""
    total: bool = False
    hidden: bool = False
    read: Callable[[Any], Any] | None = None

    @property
    def is_figure(self) -> bool:
        """Figures stand at the right edge."""
        return self.form in {Form.NUMBER, Form.MONEY}


@dataclass(frozen=True, slots=True)
class ListFilter:
    """A field above the list. ``where`` makes the condition of a value that is not empty.

    ``form`` is TEXT, DAY (``where`` is given a date), MONTH or NUMBER (an int); with ``words`` it is a choice.
    ``default`` stands while the address does not name the filter; an empty field then means all.
    """

    name: str
    head: Sentence
    where: Callable[[Any], ColumnElement[bool]]
    form: Form = Form.TEXT
    words: Mapping[str, Sentence] = field(default_factory=dict)
    default: str = ""
    is_search: bool = False


@dataclass(frozen=True, slots=True)
class ListOrder:
    """An order by columns whose values together are unique and never null, so that a page begins where one ended."""

    name: str
    head: Sentence
    keys: tuple[str, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ListSpec:
    """A list. ``name`` begins its file's name; the first order stands unless the address names another.

    ``known`` are count and totals of the whole list where they are kept already: they are counted only for a filter. A
    count of None is not kept, and a page says then how many rows it shows.
    """

    name: str
    title: Sentence
    source: FromClause
    columns: tuple[ListColumn, ...]
    orders: tuple[ListOrder, ...]
    filters: tuple[ListFilter, ...] = ()
    only: tuple[ColumnElement[bool], ...] = ()
    empty: Sentence = NOTHING_FOUND
    known: tuple[int | None, Mapping[str, int]] | None = None

    def column(self, name: str) -> ListColumn:
        """Give a column by name."""
        return next(column for column in self.columns if column.name == name)

    def order(self, name: str) -> ListOrder:
        """Give an order by name, the first for any other name."""
        return next((order for order in self.orders if order.name == name), self.orders[0])

    @property
    def shown(self) -> tuple[ListColumn, ...]:
        """Columns that people see."""
        return tuple(column for column in self.columns if not column.hidden)
