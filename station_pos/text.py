"""The language of the counter: Chinese unless English is asked for, chosen once before any screen is loaded.

Each layer keeps its own catalogue beside its code: ``TEXT = Catalogue({"link_down": ("网断", "No link")})``,
then ``TEXT("link_down")``. A sentence names its figures, ``"差 {short} 元"``, and gets them as keywords. A missing
translation, or one whose figures differ from the other's, is refused when the catalogue is made, not at the counter.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LANGUAGE_VARIABLE = "STATION_POS_LANG"
"""Setting that names the language, ``zh`` or ``en``; it goes before ``LC_ALL``, ``LC_MESSAGES`` and ``LANG``."""


class Language(StrEnum):
    """A language that every sentence exists in."""

    ZH = "zh"
    EN = "en"


def language_from(environment: Mapping[str, str]) -> Language:
    """Read the language from the environment: the first setting that is not empty decides; Chinese unless English."""
    names = (LANGUAGE_VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")
    asked = next((environment[name] for name in names if environment.get(name)), "")
    return Language.EN if asked.lower().startswith("en") else Language.ZH


@dataclass(slots=True)
class _Chosen:
    language: Language = Language.ZH


_chosen = _Chosen()


def choose(language: Language) -> None:
    """Set the language of this process; call it before screens are imported."""
    _chosen.language = language


def language() -> Language:
    """Give the language of this process."""
    return _chosen.language


def either(chinese: str, english: str) -> str:
    """Choose between two names of a thing that comes with both, such as a product of the tariff."""
    return english if _chosen.language is Language.EN and english else chinese


class Catalogue:
    """Sentences by id, each in both languages."""

    def __init__(self, sentences: Mapping[str, tuple[str, str]]) -> None:
        """Keep ``{id: (Chinese, English)}``.

        Raises:
            ValueError: a sentence is empty in one language, or its figures are not the same in both.
        """
        for key, (chinese, english) in sentences.items():
            if bool(chinese) != bool(english) or _figures(chinese) != _figures(english):
                message = f"sentence {key!r} is not the same in both languages"
                raise ValueError(message)
        self.sentences = dict(sentences)

    def __call__(self, key: str, /, **figures: object) -> str:
        """Give a sentence in the chosen language with its figures filled in."""
        # Spelled out, not by way of ``in_language``: a receipt asks for thirty sentences, and a sale waits for it.
        sentence = self.sentences[key][_chosen.language is Language.EN]
        return sentence.format(**figures) if figures or "{" in sentence else sentence

    def in_language(self, language: Language, key: str, /, **figures: object) -> str:
        """Give a sentence in one language, whatever was chosen.

        Raises:
            KeyError: there is no such sentence, or a figure is missing.
        """
        chinese, english = self.sentences[key]
        sentence = english if language is Language.EN else chinese
        return sentence.format(**figures) if "{" in sentence or "}" in sentence else sentence

    def __contains__(self, key: object) -> bool:
        return key in self.sentences

    def __iter__(self) -> Iterator[str]:
        return iter(self.sentences)


def _figures(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}
