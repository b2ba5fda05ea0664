"""From keys to intent, as pure rules: what a scanner sent, what a numpad command means, what the input line takes.

A keyboard scanner types a code within milliseconds and ends it with Enter. A burst of at least eight characters, each
less than 30 ms after the one before, is therefore a scan, wherever the operator is. What a scan may carry around the
code (STX and ETX, an AIM prefix, a Tab suffix) is taken off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from station_pos.tui.actions import FUNCTION_KEYS, KEY_MAX, Action

BURST_GAP_S = 0.030
BURST_CHARACTERS = 8
SCAN_CHARACTERS_MAX = 4096
ENTRY_CHARACTERS_MAX = 64
_CODE_CHARACTERS_MAX = 200
_AIM_PREFIX = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_AROUND = frozenset({"ctrl+b", "ctrl+c", "tab", "ctrl+j", "ctrl+m", "enter"})
_COMMAND_DIGITS = 2
PALETTE = "//"
"""What opens the list of everything."""
_PICK = re.compile(r"\*([0-9])")
CODE_DIGITS = 20
CODE_GROUP = 4
_FUNCTION = re.compile(r"/([0-9]{1,2})")


class EntryMode(StrEnum):
    """What the input line takes."""

    TEXT = "text"
    NUMBER = "number"
    AMOUNT = "amount"
    HIDDEN = "hidden"
    CODE = "code"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Scan:
    """A code from a scanner; ``readable`` is false where it was too long or held control characters."""

    text: str
    readable: bool = True


@dataclass(slots=True)
class Burst:
    """Keys that follow each other as fast as only a machine types."""

    characters: list[str] = field(default_factory=list)
    count: int = 0
    dirty: bool = False
    last_s: float = float("-inf")

    def feed(self, key: str, character: str | None, at_s: float) -> bool:
        """Note a key other than Enter; tell whether it begins a new run (a pause lay before it)."""
        begins = at_s - self.last_s >= BURST_GAP_S
        if begins:
            self._start()
        self.last_s = at_s
        self.count += 1
        if character is not None and character.isprintable():
            if len(self.characters) <= SCAN_CHARACTERS_MAX:
                self.characters.append(character)
        elif key not in _AROUND:
            self.dirty = True
        return begins

    def follows(self, at_s: float) -> bool:
        """Tell whether a key at this moment belongs to the run."""
        return at_s - self.last_s < BURST_GAP_S

    @property
    def by_machine(self) -> bool:
        """Whether the run is already longer than a hand could make it."""
        return self.count >= BURST_CHARACTERS - 1

    def end(self, at_s: float) -> Scan | None:
        """Take the run at its Enter: a scan, or None if a hand typed it."""
        scanned = self.follows(at_s) and self.count >= BURST_CHARACTERS
        scan = read_scan("".join(self.characters), dirty=self.dirty) if scanned else None
        self._start()
        self.last_s = at_s if scanned else float("-inf")
        return scan

    def _start(self) -> None:
        self.characters.clear()
        self.count = 0
        self.dirty = False


def read_scan(raw: str, *, dirty: bool = False) -> Scan:
    """Clean what a scanner or the clipboard sent; unreadable where empty, too long, or with control characters."""
    text = raw.strip()
    prefix = _AIM_PREFIX.match(text)
    if prefix:
        text = text[prefix.end() :]
    readable = bool(text) and text.isprintable() and len(text) <= _CODE_CHARACTERS_MAX and not dirty
    return Scan(text[:_CODE_CHARACTERS_MAX], readable)


def split_command(text: str) -> tuple[str, str]:
    """Part what was typed from a numpad command behind it: ``0081*2`` is ``0081`` and ``*2``."""
    if text.endswith(PALETTE):
        return text.removesuffix(PALETTE), PALETTE
    place = max(text.rfind("*"), text.rfind("/"))
    return (text, "") if place < 0 else (text[:place], text[place:])


def picked(command: str) -> int | None:
    """Give the line number of ``*n`` on the numpad, None if the text is anything else; ``*0`` is big text on or off."""
    match = _PICK.fullmatch(command)
    return int(match[1]) if match else None


def function_asked(command: str, *, entered: bool) -> Action | None:
    """Give the action of ``/n`` on the numpad.

    ``/1`` may still become ``/10`` to ``/12``, so it needs Enter (``entered``) or another digit.
    """
    if command == PALETTE:
        return Action.PALETTE
    match = _FUNCTION.fullmatch(command)
    if not match or (match[1] == "1" and not entered):
        return None
    number = int(match[1])
    return FUNCTION_KEYS.get(number) if number <= KEY_MAX else None


def takes(mode: EntryMode, text: str, character: str) -> bool:
    """Tell whether the input line takes a character after what it holds."""
    if len(text) >= ENTRY_CHARACTERS_MAX or not character.isprintable():
        return False
    if mode is EntryMode.HIDDEN:
        return True
    digit = character.isascii() and character.isdecimal()
    command = split_command(text)[1]
    if command == "/" and character == "/":
        return True
    if command:
        return digit and len(command) <= _COMMAND_DIGITS
    if character in "/*" or mode is EntryMode.TEXT:
        return True
    if mode is EntryMode.NOTHING:
        return False
    if mode is EntryMode.CODE:
        return digit and len(text) < CODE_DIGITS
    return digit or (mode is EntryMode.AMOUNT and character == ".")


def code_in_groups(digits: str) -> str:
    """Write a code as it is read out and printed: groups of four digits."""
    return " ".join(digits[at : at + CODE_GROUP] for at in range(0, len(digits), CODE_GROUP))
