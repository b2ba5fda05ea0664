"""What the documents say is so: links lead somewhere, commands and settings are named, tables are whole."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import click
import pytest

from hq_server.__main__ import cli as hq_server
from hq_server.config import Settings as HqSettings
from hq_server.reference.tariffs import tariff_of_json
from station_journal.records import AlarmCode
from station_pos.__main__ import cli as station_pos
from station_pos.commands.outcome import FAULTS
from station_pos.config import Settings as StationSettings
from station_pos.sync.stop import Stop
from station_pos.sync.wording import TEXT as LINK_SENTENCES
from station_pos.text import Language
from tests.architecture.kinds_table import all_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
LINK = re.compile(r"\]\(([^)\s]+)\)")
IN_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
NAMED_PATH = re.compile(r"`((?:station_journal|station_pos|hq_server|tests|benchmarks|docs)/[\w./-]*)`")


def named(document: Path) -> str:
    return str(document.relative_to(ROOT))


def anchors_of(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leaves(name: str, command: click.Command) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            inner = command.get_command(context, word)
            assert inner is not None
            yield from leaves(f"{name} {word}", inner)
    else:
        yield name


def first_clause(sentence: str) -> str:
    return re.split(r"[:;,.(]", sentence.partition("{")[0])[0].strip()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
class TestEveryDocument:
    def test_has_links_that_resolve(self, document):
        broken = []
        for target in LINK.findall(document.read_text("utf-8")):
            if target.startswith(("https://", "http://")):
                continue
            path, _, anchor = unquote(target).partition("#")
            file = (document.parent / path).resolve() if path else document
            if not file.exists() or (anchor and anchor not in anchors_of(file)):
                broken.append(target)
        assert not broken

    def test_names_only_files_that_exist(self, document):
        absent = [path for path in NAMED_PATH.findall(document.read_text("utf-8")) if not (ROOT / path).exists()]
        assert not absent


class TestOperations:
    @pytest.mark.parametrize("command", [*leaves("station-pos", station_pos), *leaves("hq-server", hq_server)])
    def test_name_every_command(self, command):
        assert f"`{command}`" in OPERATIONS

    def test_and_no_command_that_is_none(self):
        known = {*leaves("station-pos", station_pos), *leaves("hq-server", hq_server)}
        text = "\n".join(document.read_text("utf-8") for document in DOCUMENTS)
        written = set(re.findall(r"(?:station-pos|hq-server)(?: [a-z][a-z-]+)+", "\n".join(IN_CODE.findall(text))))
        wrong = [one for one in written if not any(f"{one} ".startswith(f"{command} ") for command in known)]
        groups = {command.rsplit(" ", 1)[0] for command in known}
        assert not [one for one in wrong if one not in groups]

    @pytest.mark.parametrize("name", [field.name for field in fields(StationSettings)])
    def test_name_every_setting_of_the_station(self, name):
        assert f"| `{name}` |" in OPERATIONS

    @pytest.mark.parametrize("name", sorted(set(HqSettings.model_fields)))
    def test_name_every_setting_of_hq(self, name):
        assert f"`HQ_{name.upper()}`" in OPERATIONS

    @pytest.mark.parametrize("code", list(AlarmCode), ids=lambda code: code.name)
    def test_explain_every_alarm(self, code):
        assert f"| {code.name} |" in OPERATIONS

    @pytest.mark.parametrize("code", sorted(FAULTS))
    def test_explain_every_trouble_with_the_disk(self, code):
        assert first_clause(FAULTS.in_language(Language.EN, code)) in OPERATIONS

    @pytest.mark.parametrize("stop", [*Stop, "witness_unreadable"])
    def test_explain_every_stop(self, stop):
        english = LINK_SENTENCES.sentences[stop][1].replace(" {name}", "")
        assert first_clause(english) in OPERATIONS


class TestTheJournalFormat:
    @pytest.mark.parametrize("heading", sorted(all_tables()))
    def test_shows_what_the_records_are(self, heading):
        text = (ROOT / "docs" / "journal-format.md").read_text("utf-8")
        assert f"### {heading}\n\n" + "\n".join(all_tables()[heading]) + "\n\n" in text


def test_the_example_tariff_is_one_that_hq_takes():
    tariff = tariff_of_json((ROOT / "docs" / "examples" / "tariff.json").read_text("utf-8"))
    assert {product.code for product in tariff.products} == {101, 102, 103, 104}


def test_the_chinese_readme_gives_the_same_commands_and_figures():
    def blocks(name: str) -> list[str]:
        text = (ROOT / name).read_text("utf-8")
        return [re.sub(r"\s*#.*", "", block) for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)]

    assert blocks("README.md") == blocks("README.zh.md")
