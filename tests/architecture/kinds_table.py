"""The tables of docs/journal-format.md that follow from the record classes; run it to print them.

.venv/bin/python -m tests.architecture.kinds_table
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from enum import IntEnum
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from station_journal.records import HqFact, StationFact

_PLAIN = {int: "uint", str: "text", bytes: "bytes", bool: "bool", date: "day"}


def _type_name(hint: Any) -> str:
    if get_origin(hint) is Annotated:
        return "int"
    if get_origin(hint) is tuple:
        return f"[{get_args(hint)[0].__name__}]"
    return _PLAIN.get(hint) or hint.__name__


def _fields_of(row_class: type) -> str:
    hints = get_type_hints(row_class, include_extras=True)
    hints.pop("KIND", None)
    return ", ".join(f"`{name}` {_type_name(hint)}" for name, hint in hints.items()) or "none"


def _hints() -> list[Any]:
    return [
        get_type_hints(fact, include_extras=True)[field.name]
        for union in (StationFact, HqFact)
        for fact in get_args(union)
        for field in fields(fact)
    ]


def kinds_table(facts: object) -> list[str]:
    """Write one journal's kinds: number, name, fields in order."""
    head = ["| Kind | Name | Fields after the header, in order |", "|---|---|---|"]
    rows = sorted(get_args(facts), key=lambda fact: fact.KIND)
    return head + [f"| {fact.KIND} | `{fact.__name__}` | {_fields_of(fact)} |" for fact in rows]


def rows_table() -> list[str]:
    """Write what a row inside a field holds."""
    found = {get_args(hint)[0] for hint in _hints() if get_origin(hint) is tuple}
    rows = [f"| `{row.__name__}` | {_fields_of(row)} |" for row in sorted(found, key=lambda row: row.__name__)]
    return ["| Row | Cells, in order |", "|---|---|", *rows]


def numbers_table() -> list[str]:
    """Write what the numbers of each enumeration mean."""
    found = {hint for hint in _hints() if isinstance(hint, type) and issubclass(hint, IntEnum)}
    rows = [
        f"| `{enum.__name__}` | {', '.join(f'{member.value} {member.name}' for member in enum)} |"
        for enum in sorted(found, key=lambda enum: enum.__name__)
    ]
    return ["| Enumeration | Numbers |", "|---|---|", *rows]


def all_tables() -> dict[str, list[str]]:
    """Give each table under the heading it stands below."""
    return {
        "Kinds of the station's journal": kinds_table(StationFact),
        "Kinds of HQ's journal": kinds_table(HqFact),
        "Rows": rows_table(),
        "Enumerations": numbers_table(),
    }


if __name__ == "__main__":
    for heading, lines in all_tables().items():
        print(f"#### {heading}", "", *lines, "", sep="\n")
