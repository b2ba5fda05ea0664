"""Patterns that people can read: text with places in braces, for file names, heads, closing lines and flags.

``{party}_{date}_{seq}.txt`` matches ``SCDL_20261123_1.txt``; ``{date:YYYY-MM-DD}`` gives a date's form, ``{-}`` stands
for anything. A pattern is no regular expression: nothing that staff writes can make reading slow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hq_server.files.times import TimeForm, TimeFormError, time_form

MONEY = ("total", "pay", "rev", "net", "fee", "charge", "settled")
COUNTS = ("count", "count_pay", "count_rev")
FACTS = ("party", "date", "seq", "version", "sha256")
ANYTHING_MAX = 4
_PLACE = re.compile(r"\{([a-z_0-9]+|-)(?::([^{}]*))?\}")
_NUMBER = r"0|[1-9][0-9]{0,8}"
_VALUES = {
    "party": "[0-9A-Za-z-]{1,32}",
    "seq": "[1-9][0-9]{0,8}",
    "version": "[0-9A-Za-z.]{1,16}",
    "sha256": "[0-9a-fA-F]{64}",
    **dict.fromkeys(COUNTS, _NUMBER),
    **dict.fromkeys(MONEY, r"[-+0-9.,]{1,24}"),
}


class TemplateError(ValueError):
    """A pattern in a profile cannot be used; the message is what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled pattern: `names` are its places in order, `sole` the one name where the whole pattern is one place.

    `begins` is the text in front of the first place, `day` reads the date that the pattern has.
    """

    text: str
    names: tuple[str, ...]
    sole: str
    begins: str
    day: TimeForm | None
    _parts: tuple[re.Pattern[str], ...]

    def match(self, text: str) -> dict[str, str] | None:
        """Give what stands in the places, or None where the text is not of the pattern.

        What stands between two ``{-}`` is looked for once, from the left: the time grows with the text alone.
        """
        found: dict[str, str] = {}
        at = 0
        for number, part in enumerate(self._parts):
            match = part.search(text, at) if number else part.match(text)
            if match is None:
                return None
            found |= match.groupdict()
            at = match.end()
        return found if at == len(text) else None


def template(text: str, date_form: str) -> Template:
    """Compile a pattern; dates without a form of their own have the one given.

    Raises:
        TemplateError: a place is not known or stands twice, a date's form is none, or too much may be anything.
    """
    names: list[str] = []
    parts: list[str] = [""]
    day: TimeForm | None = None
    at = 0
    for place in _PLACE.finditer(text):
        parts[-1] += _literal(text[at : place.start()])
        at = place.end()
        name, form = place[1], place[2]
        if name == "-" and form is None:
            parts.append("")
            continue
        if name in names or (name not in _VALUES and name != "date") or (form is not None and name != "date"):
            raise TemplateError(place[0])
        names.append(name)
        if name == "date":
            day = _day_form(form or date_form)
        parts[-1] += f"(?P<{name}>{day.pattern if day and name == 'date' else _VALUES[name]})"
    parts[-1] += _literal(text[at:])
    if len(parts) > ANYTHING_MAX + 1:
        raise TemplateError(text)
    parts[-1] += r"\Z"
    sole = names[0] if names and _PLACE.fullmatch(text) else ""
    begins = text[: text.index("{")] if "{" in text else text
    return Template(text, tuple(names), sole, begins, day, tuple(map(re.compile, parts)))


def _literal(text: str) -> str:
    if "{" in text or "}" in text:
        raise TemplateError(text)
    return re.escape(text)


def _day_form(form: str) -> TimeForm:
    try:
        made = time_form(form)
    except TimeFormError as error:
        raise TemplateError(form) from error
    if not made.has_year:
        raise TemplateError(form)
    return made
