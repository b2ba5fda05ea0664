"""What every command stands on: settings, an open HQ, who signs in, the language, and how results are shown."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from hq_server.bootstrap import open_headquarters
from hq_server.config import load_settings
from hq_server.reference.staff import sign_in
from hq_server.wording import Language, RefusedError, Sentence, chosen_language
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hq_server.bootstrap import Headquarters
    from hq_server.config import Settings
    from hq_server.reconciliation.chain_funds import Link
    from hq_server.reference.staff import StaffMember


@dataclass(frozen=True, slots=True)
class Footing:
    """The choices made before the command's own name."""

    data: Path | None
    language: Language

    def settings(self) -> Settings:
        """Read the settings."""
        return load_settings(self.data)

    @contextmanager
    def headquarters(self) -> Iterator[Headquarters]:
        """Open HQ for the length of a command."""
        hq = open_headquarters(self.settings())
        try:
            yield hq
        finally:
            hq.close()

    def say(self, zh: str, en: str) -> None:
        """Show one sentence in the chosen language."""
        click.echo(Sentence(zh, en).said_in(self.language))

    def word(self, zh: str, en: str) -> str:
        """Choose a wording."""
        return Sentence(zh, en).said_in(self.language)

    def signed_in(self, hq: Headquarters) -> StaffMember:
        """Have the acting member of staff sign in: from ``HQ_STAFF`` and ``HQ_PASSWORD``, or by asking.

        Raises:
            RefusedError: number or password is wrong, or the account is locked.
        """
        return self._signed_in(hq, "HQ_STAFF", "HQ_PASSWORD", ("工号", "Staff number"), ("密码", "Password"))

    def second_signed_in(self, hq: Headquarters) -> StaffMember:
        """Have a second person sign in: from ``HQ_SECOND_STAFF`` and ``HQ_SECOND_PASSWORD``, or by asking.

        Raises:
            RefusedError: number or password is wrong, or the account is locked.
        """
        number, password = ("第二人工号", "Second person's number"), ("第二人密码", "Second person's password")
        return self._signed_in(hq, "HQ_SECOND_STAFF", "HQ_SECOND_PASSWORD", number, password)

    def _signed_in(
        self, hq: Headquarters, who: str, secret: str, number_words: tuple[str, str], password_words: tuple[str, str]
    ) -> StaffMember:
        number = os.environ.get(who) or self._ask(self.word(*number_words), (who, secret), hidden=False)
        password = os.environ.get(secret) or self._ask(self.word(*password_words), (who, secret), hidden=True)
        if not number.isascii() or not number.isdigit():
            raise RefusedError("staff_no", "工号是数字", "a staff number is digits")
        return sign_in(hq.engine, int(number), password, hq.clock())

    def _ask(self, question: str, names: tuple[str, str], *, hidden: bool) -> str:
        if not sys.stdin.isatty():
            who, secret = names
            raise RefusedError(
                "sign_in",
                f"请登录: 设置 {who} 和 {secret}, 或在终端运行",
                f"sign in: set {who} and {secret}, or run this in a terminal",
            )
        answer: str = click.prompt(question, hide_input=hidden, err=True)
        return answer


pass_footing = click.make_pass_decorator(Footing)
take_back_option = click.option(
    "--take-back", is_flag=True, help="Take back what one entered oneself, before it is decided."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document for scripts.")


def make_footing(data: Path | None) -> Footing:
    """Take the choices from the command line and the environment."""
    return Footing(data, chosen_language(dict(os.environ)))


def show_json(document: Any) -> None:  # noqa: ANN401 - anything JSON can say
    """Show one JSON document on one line."""
    click.echo(json.dumps(document, ensure_ascii=False, default=str))


def show_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Show rows under heads, columns lined up by their width on a terminal; numbers to the right."""
    cells = [[str(value) for value in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(heads, *cells, strict=True)]
    numeric = [all(isinstance(row[i], int) or _is_amount(row[i]) for row in rows) for i in range(len(heads))]
    for line in (list(heads), *cells):
        parts = []
        for text, width, right in zip(line, widths, numeric, strict=True):
            blank = " " * (width - _width(text))
            parts.append(blank + text if right else text + blank)
        click.echo("  ".join(parts).rstrip())


def show_chain(footing: Footing, chain: Sequence[Link], *, as_json: bool) -> None:
    """Show the links of a chain, one a line."""
    if as_json:
        show_json([asdict(link) for link in chain])
        return
    for link in chain:
        amount = "" if link.amount_fen is None else f"  {format_yuan(link.amount_fen)}"
        click.echo(f"{link.stage.said_in(footing.language)}  {link.reference}{amount}  {link.words(footing.language)}")


def _is_amount(value: object) -> bool:
    return isinstance(value, str) and value.replace(",", "").replace(".", "").lstrip("-").isdigit() and "." in value


def _width(text: str) -> int:
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
