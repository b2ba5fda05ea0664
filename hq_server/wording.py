"""Sentences for people in both languages, and the one exception that carries one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Language(StrEnum):
    """Languages of screens, lists and error sentences; Chinese is the default."""

    CHINESE = "zh"
    ENGLISH = "en"


class Sentence(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str

    def said_in(self, language: Language) -> str:
        """Give the wording in one language."""
        return self.en if language is Language.ENGLISH else self.zh


def kept_sentence(words: Sequence[str]) -> Sentence:
    """Give a sentence kept in Chinese and English; what was kept before there was a Chinese one has the English."""
    zh, en = words
    return Sentence(zh or en, en)


class RefusedError(Exception):
    """A request is not possible as it stands and changed nothing; ``code`` is for programs, ``sentence`` for people."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        """Keep the code and the sentence in both languages; the exception itself reads as English."""
        super().__init__(en)
        self.code = code
        self.sentence = Sentence(zh, en)


def chosen_language(environment: dict[str, str]) -> Language:
    """Choose a language from ``STATION_POS_LANG`` or, without it, ``LANG``: English where it starts with ``en``."""
    wanted = environment.get("STATION_POS_LANG") or environment.get("LANG", "")
    return Language.ENGLISH if wanted.lower().startswith("en") else Language.CHINESE
