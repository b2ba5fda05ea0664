"""Counting cash by note: seven fields filled one after the other, each with Enter."""

from __future__ import annotations

from dataclasses import dataclass, replace

from station_journal.facts.cash import NOTE_FACES_FEN, NoteLine, notes_fen
from station_journal.money import format_yuan, parse_yuan
from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import Line, Tone, right

TEXT = Catalogue(
    {
        "note": ("{face}元", "CNY {face}"),
        "coins": ("角币", "coins"),
        "pieces_prompt": ("   {face} 元几张 > ", "   {face} yuan notes > "),
        "coins_prompt": ("   角币一共多少元 > ", "   coins, in yuan > "),
        "done_prompt": ("   {word} > ", "   {word} > "),
        "counted": ("你数的 {sum}", "counted {sum}"),
        "pieces_wrong": ("张数是 0 到 9999 的整数", "A number of notes is 0 to 9999"),
        "coins_wrong": ("角币写成元, 例如 2.00", "Coins in yuan, such as 2.00"),
    }
)
FIELDS = len(NOTE_FACES_FEN) + 1
_PIECES_MAX = 9_999
_COINS_MAX_FEN = 10_000_000
_FIRST_ROW = 5


@dataclass(frozen=True, slots=True)
class CashForm:
    """What was counted so far; ``place`` is the field that is asked for, ``FIELDS`` when all are filled."""

    pieces: tuple[int, ...] = ()
    coins_fen: int = 0
    place: int = 0

    @property
    def complete(self) -> bool:
        """Whether every field was filled."""
        return self.place >= FIELDS

    @property
    def asks_coins(self) -> bool:
        """Whether the field that is asked for is the coins."""
        return self.place == FIELDS - 1

    @property
    def notes(self) -> tuple[NoteLine, ...]:
        """The notes by face value, the greatest first."""
        return tuple(NoteLine(face, pieces) for face, pieces in zip(NOTE_FACES_FEN, self.pieces, strict=False))

    @property
    def total_fen(self) -> int:
        """What was counted so far."""
        return notes_fen(self.notes, self.coins_fen)

    def filled(self, text: str) -> CashForm:
        """Fill the field that is asked for; an empty text is none.

        Raises:
            ValueError: it is no number of notes or no amount; the message is one sentence.
        """
        if self.asks_coins:
            return replace(self, coins_fen=_coins(text), place=self.place + 1)
        if not text.isascii() or not (text.isdigit() or not text) or int(text or 0) > _PIECES_MAX:
            raise ValueError(TEXT("pieces_wrong"))
        return replace(self, pieces=(*self.pieces, int(text or 0)), place=self.place + 1)

    def back(self) -> CashForm:
        """Ask for the field before again."""
        if not self.place:
            return self
        return replace(self, pieces=self.pieces[: self.place - 1], coins_fen=0, place=self.place - 1)


def _coins(text: str) -> int:
    if not text:
        return 0
    try:
        coins_fen = parse_yuan(text)
    except ValueError as error:
        raise ValueError(TEXT("coins_wrong")) from error
    if not 0 <= coins_fen <= _COINS_MAX_FEN:
        raise ValueError(TEXT("coins_wrong"))
    return coins_fen


def prompt(form: CashForm, done: str) -> str:
    """Ask for the next field; ``done`` is what Enter does once all are filled."""
    if form.complete:
        return TEXT("done_prompt", word=done)
    if form.asks_coins:
        return TEXT("coins_prompt")
    return TEXT("pieces_prompt", face=NOTE_FACES_FEN[form.place] // 100)


def form_lines(form: CashForm) -> tuple[Line, ...]:
    """Show the fields in two rows, and the sum of what was counted."""
    cells = []
    for place, face in enumerate(NOTE_FACES_FEN):
        shown = str(form.pieces[place]) if place < len(form.pieces) else ""
        mark = ">" if place == form.place else " "
        cells.append(f"{mark}{right(TEXT('note', face=face // 100), 7)} [{right(shown, 4)}]")
    coins = format_yuan(form.coins_fen) if form.place >= FIELDS else ""
    mark = ">" if form.asks_coins else " "
    cells.append(f"{mark}{right(TEXT('coins'), 7)} [{right(coins, 10)}]")
    total = TEXT("counted", sum=format_yuan(form.total_fen))
    return (
        Line(" " + "".join(cells[:_FIRST_ROW])),
        Line(" " + "".join(cells[_FIRST_ROW:]) + "   " + total, Tone.STRONG if form.complete else Tone.NORMAL),
    )
