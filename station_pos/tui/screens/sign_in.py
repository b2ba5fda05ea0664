"""Unlock, sign in, and the lock. The screen under a lock keeps what was half typed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_pos.text import Catalogue
from station_pos.tui.command_line import EntryMode
from station_pos.tui.messages import LeaveAsked, SignedIn
from station_pos.tui.presenters.faults import sentence_of
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.unlocking import TEXT as UNLOCKING
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from station_pos.counter import OperatorRow
    from station_pos.tui.desk import Desk

OPERATORS_SHOWN = 9

TEXT = Catalogue(
    {
        "title": (" {name}   {code}", " {name}   {code}"),
        "who": ("   谁来办: 输工号, 按 Enter", "   Who serves: type your number, press Enter"),
        "locked": (
            "   已锁。没办完的都留着, 输密码接着办",
            "   Locked. Unfinished work is kept; type your PIN to go on",
        ),
        "greet": ("   {name}, 请输密码", "   {name}, your PIN please"),
        "ask_number": ("   工号  > ", "   Number  > "),
        "ask_pin": ("   密码  > ", "   PIN  > "),
        "operator": ("   {no:>3}  {name}", "   {no:>3}  {name}"),
        "nobody": (
            "   还没有操作员。请先在命令行运行: station-pos operator add",
            "   There is no operator yet. Run: station-pos operator add",
        ),
        "wrong_phrase": (
            "口令不对。钥匙没有打开, 什么都没变",
            "Wrong pass phrase. The key stays shut; nothing changed",
        ),
        "no_such": ("没有这个工号", "There is no such number"),
        "keys_number": ("Enter 下一步   0 Enter 退出程序", "Enter goes on   0 Enter ends the program"),
        "keys_pin": ("Enter 开始   Esc 换人", "Enter starts   Esc somebody else"),
        "nothing_lost": ("   记账和上传在后台照常进行", "   Recording and sending go on in the background"),
    }
)


class _Step(IntEnum):
    PHRASE = 1
    NUMBER = 2
    PIN = 3


class SignInScreen(FrameScreen, inherit_bindings=False):
    """Asks for the pass phrase once a day, then for a number and a PIN."""

    TOPIC: ClassVar[str] = "sign_in"
    TAKES_SCANS: ClassVar[bool] = False
    TAKES_FUNCTION_KEYS: ClassVar[bool] = False

    @dataclass
    class Unlocked(Message):
        """The pass phrase was tried."""

        opened: bool

    @dataclass
    class Checked(Message):
        """A PIN was tried."""

        operator: OperatorRow | None

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; the sentence says what."""

        reason: str

    def __init__(self, desk: Desk, *, lock_only: bool = False, pass_phrase: str = "") -> None:
        """Ask for everything, or as a lock for a PIN only; a ``pass_phrase`` typed already is tried at once."""
        super().__init__(desk)
        self._lock_only = lock_only
        self._pass_phrase = pass_phrase
        self._who: OperatorRow | None = desk.operator if lock_only else None
        self._step = _Step.NUMBER
        self.kept_up(self._first_step)

    def _first_step(self) -> None:
        desk = self.desk
        if not desk.counter.unlocked():
            self._step = _Step.PHRASE
        elif self._who is not None or len(desk.counter.operators()) == 1:
            self._who = self._who or desk.counter.operators()[0]
            self._step = _Step.PIN

    def on_mount(self) -> None:
        """Try the pass phrase that was typed before the station was open."""
        super().on_mount()
        pass_phrase, self._pass_phrase = self._pass_phrase, ""
        if pass_phrase and self._step is _Step.PHRASE:
            self._work(self._unlock(pass_phrase))

    def view(self) -> View:
        """Show what is asked for."""
        state = self.desk.state()
        lines = {
            _Step.PHRASE: UNLOCKING("unlock"),
            _Step.NUMBER: TEXT("who"),
            _Step.PIN: TEXT("greet", name=self._who.name if self._who else ""),
        }
        prompts = {
            _Step.PHRASE: UNLOCKING("ask_phrase"),
            _Step.NUMBER: TEXT("ask_number"),
            _Step.PIN: TEXT("ask_pin"),
        }
        keys = {
            _Step.PHRASE: UNLOCKING("keys_phrase"),
            _Step.NUMBER: TEXT("keys_number"),
            _Step.PIN: TEXT("keys_pin"),
        }
        locked = Line(TEXT("locked"), Tone.STRONG) if self._lock_only else BLANK
        return View(
            above=(
                Line(TEXT("title", name=state.station_name, code=state.station_code), Tone.STRONG),
                rule(),
                BLANK,
                locked,
                Line(lines[self._step], Tone.STRONG),
                BLANK,
            ),
            prompt=prompts[self._step],
            below=(BLANK, *self._operators(), BLANK, Line(TEXT("nothing_lost"), Tone.QUIET)),
            keys=keys[self._step],
        )

    def _operators(self) -> list[Line]:
        if self._step is _Step.PHRASE:
            return []
        rows = self.desk.counter.operators()[:OPERATORS_SHOWN]
        return [Line(TEXT("operator", no=row.operator_no, name=row.name)) for row in rows] or [Line(TEXT("nobody"))]

    def entry_mode(self) -> EntryMode:
        """Hide what is secret."""
        return EntryMode.NUMBER if self._step is _Step.NUMBER else EntryMode.HIDDEN

    def entered(self, text: str) -> None:
        """Try what was typed."""
        if self._step is _Step.NUMBER:
            self._choose(text)
        elif not text:
            self.note("")
        elif self._step is _Step.PHRASE and text == "0":
            self.post_message(LeaveAsked())
        elif self._step is _Step.PHRASE:
            self._work(self._unlock(text))
        elif self._who is not None:
            self._work(self._check(self._who.operator_no, text))

    def escaped(self) -> None:
        """Let somebody else sign in."""
        if self._step is _Step.PIN:
            self._go(_Step.NUMBER)

    def _choose(self, text: str) -> None:
        if text.isdecimal() and int(text) == 0:
            self.post_message(LeaveAsked())
            return
        found = [row for row in self.desk.counter.operators() if str(row.operator_no) == text.lstrip("0")]
        self.entry.put("")
        if found:
            self._who = found[0]
            self._go(_Step.PIN)
        else:
            self.refuse(TEXT("no_such"))

    def _go(self, step: _Step) -> None:
        self._step = step
        self.entry.put("")
        self.note("")

    def _work(self, trial: Coroutine[None, None, Message]) -> None:
        """Try in the background: a key derivation takes its time on purpose."""
        self.busy = True
        self.entry.put("")
        self.repaint()
        self.run_worker(self._report(trial), group="trial", exit_on_error=False)

    async def _report(self, trial: Coroutine[None, None, Message]) -> None:
        try:
            message = await trial
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            message = self.Failed(sentence_of(error))
        self.post_message(message)

    async def _unlock(self, pass_phrase: str) -> Message:
        return self.Unlocked(await asyncio.to_thread(self.desk.counter.unlock, pass_phrase))

    async def _check(self, operator_no: int, pin: str) -> Message:
        return self.Checked(await asyncio.to_thread(self.desk.counter.sign_in, operator_no, pin))

    def on_sign_in_screen_unlocked(self, message: SignInScreen.Unlocked) -> None:
        """Go on to who serves, or say that the pass phrase was wrong."""
        self.busy = False
        if not message.opened:
            self.refuse(TEXT("wrong_phrase"))
            return
        operators = self.desk.counter.operators()
        self._who = operators[0] if len(operators) == 1 else None
        self._go(_Step.PIN if self._who else _Step.NUMBER)

    def on_sign_in_screen_checked(self, message: SignInScreen.Checked) -> None:
        """Open the counter, or say that the PIN was wrong."""
        self.busy = False
        if message.operator is None:
            self.refuse(SENTENCES("pin_wrong"))
            return
        self.desk.operator = message.operator
        self.post_message(SignedIn(lock_only=self._lock_only))

    def on_sign_in_screen_failed(self, message: SignInScreen.Failed) -> None:
        """Say what failed."""
        self.busy = False
        self.refuse(message.reason)
