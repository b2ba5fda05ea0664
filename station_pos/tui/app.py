"""The shell of the counter: its theme, the stack of screens, and the second hand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import App
from textual.events import Event

from station_journal.payment import PaymentStatus
from station_pos.tui import messages
from station_pos.tui.actions import Action
from station_pos.tui.desk import ANSWER_WAIT_S, IDLE_LOCK_S, Desk
from station_pos.tui.messages import CodeAsked, ItemAsked, PaymentAsked, PrintAsked, ScreenAsked
from station_pos.tui.opening import PAYMENT, RESULT, find, in_flight_screen, made_for, result_screen, screen_of
from station_pos.tui.presenters.faults import is_fault_of_books
from station_pos.tui.presenters.sentences import TEXT
from station_pos.tui.screens.home import HomeScreen
from station_pos.tui.screens.sign_in import SignInScreen
from station_pos.tui.theme import CONTRAST_THEME, COUNTER_THEME, STYLE
from station_pos.tui.waits import AnswerWaits
from station_pos.tui.widgets.bells import ring_verdict
from station_pos.tui.widgets.standing_screen import AGAIN_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual.message import Message
    from textual.screen import Screen

    from station_pos.counter import Counter, DoubtfulPrint, ScannedCode
    from station_pos.tui.screens.result import ResultScreen
    from station_pos.tui.widgets.frame import FrameScreen

REFRESH_S = 1.0
_ASKED_BY_HAND = Event, messages.ActionAsked, ScreenAsked, messages.Scanned
"""What whoever stood there asks for again, where it could not be done."""


class CounterApp(App[None], inherit_bindings=False):
    """Holds the home screen at the bottom of the stack, and opens what messages ask for on top of it."""

    TITLE = "station-pos"
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False
    ALLOW_SELECT: ClassVar[bool] = False
    CSS = STYLE

    def __init__(self, desk: Desk, pass_phrase: str = "") -> None:
        """Open the counter for a desk; a ``pass_phrase`` typed already is tried at once."""
        super().__init__()
        self._pass_phrase = pass_phrase
        # Chosen before the style sheet is read: a theme that comes later has all of it read and applied again.
        self.register_theme(COUNTER_THEME)
        self.register_theme(CONTRAST_THEME)
        self.theme = COUNTER_THEME.name
        self.stylesheet.set_variables(self.get_css_variables())
        self.desk = desk
        self._home = HomeScreen(desk)
        self._waits = AnswerWaits(self, desk)

    def get_default_screen(self) -> Screen[Any]:
        """Home is always there."""
        return self._home

    async def on_mount(self) -> None:
        """Ask who serves, and look at the station's state every second from now on."""
        self.set_interval(REFRESH_S, self._tick)
        self.desk.counter.on_scan(self._code_read)
        pass_phrase, self._pass_phrase = self._pass_phrase, ""
        await self.push_screen(SignInScreen(self.desk, pass_phrase=pass_phrase))

    def _tick(self) -> None:
        if self.screen_stack:  # while the program ends there is none left to show anything
            self._guarded(self._look)

    def _look(self) -> None:
        self.desk.refresh()
        self._waits.look()
        self.desk.fault = ""
        cast("FrameScreen", self.screen).repaint()
        if self.desk.idle() and not isinstance(self.screen, SignInScreen):
            self.push_screen(SignInScreen(self.desk, lock_only=True))

    def _guarded(self, look: Callable[[], object]) -> None:
        """Look at the books; a fault is shown, and the next second looks again."""
        try:
            look()
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screens stay
            self._met(error)

    async def _dispatch_message(self, message: Message) -> None:
        """Let no fault of the books end a handler here, and the counter with it; what stands on the screen stays.

        What a key or a code asked for is asked for again by whoever did. What comes of a record that was made comes
        once: it is handed over again until the books can be read.
        """
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            if not is_fault_of_books(error):
                raise
            self._met(error)
            if isinstance(message, CodeAsked):
                self._home.entry.put(message.code)
            if not isinstance(message, _ASKED_BY_HAND) or getattr(message, "instead", False):
                self.set_timer(AGAIN_S, partial(self.post_message, message))

    def _handle_exception(self, error: Exception) -> None:
        """Textual ends the program for what a timer or a callback raises: not for books that cannot be read now."""
        if is_fault_of_books(error):
            self._met(error)
        else:
            super()._handle_exception(error)

    def _met(self, error: Exception) -> None:
        if self.screen_stack:
            cast("FrameScreen", self.screen).met(error)

    async def _back_to(self, screen: FrameScreen) -> None:
        while self.screen is not screen:
            await self.pop_screen()

    def on_codes_wanted(self) -> None:
        """Give the screen shown the oldest code that nobody has taken; the next one once that has been worked off.

        What was scanned while another customer was served has its turn first, at home.
        """
        screen = cast("FrameScreen", self.screen)
        if self.desk.waiting_scans and screen is self._home:
            self._home.scanned(self.desk.waiting_scans[0])
            self.desk.waiting_scans.popleft()
        elif self.desk.codes and not screen.busy:
            if screen.take_code(self.desk.codes[0]):
                self.desk.codes.popleft()
                # Behind whatever the screen has asked for because of this code.
                screen.call_later(self.post_message, messages.CodesWanted())
            else:
                self.set_timer(AGAIN_S, partial(self.post_message, messages.CodesWanted()))

    def _code_read(self, code: ScannedCode) -> None:
        """Bring a code from the scanner's thread into the app's own order of things."""
        self.post_message(messages.CodeRead(code))

    def on_code_read(self, message: messages.CodeRead) -> None:
        """Keep a code of the serial scanner, and give it to the screen shown once that can take it."""
        self.desk.codes.append(message.code)
        screen = cast("FrameScreen", self.screen)
        if screen.busy:
            screen.note(TEXT("scan_waits", code=message.code.text[:32]))
        self.post_message(messages.CodesWanted())

    async def on_action_asked(self, message: messages.ActionAsked) -> None:
        """Open the screen of a function key; a job under way stays beneath it."""
        if message.action is Action.LOCK:
            await self.push_screen(SignInScreen(self.desk, lock_only=True))
            return
        if message.action is Action.PARK:
            await self._park()
            return
        if message.action in {Action.PALETTE, Action.HELP}:
            screen = cast("FrameScreen", self.screen)
            above = screen_of(message.action, self.desk, screen.TOPIC)
            above.blind = screen.is_blind()
            if type(screen) is not type(above):
                await self.push_screen(above)
            return
        topic, job = cast("FrameScreen", self.screen).TOPIC, find(self, PAYMENT) or find(self, RESULT)
        if message.action is Action.BILLS and job is not None and job.is_over():
            job = None  # that customer is served: F2 is for the next one
        if message.action is Action.BILLS:
            await self._back_to(job or self._home)
            if job is None:
                self._home.list_products()
        else:
            # Made first: where it cannot be, what is open now stays open.
            above = screen_of(message.action, self.desk, topic)
            await self._back_to(job or self._home)
            await self.push_screen(above)

    async def _park(self) -> None:
        """Put the job under way aside and serve the next customer."""
        job = find(self, PAYMENT)
        if job is not None and job.park():
            await self._back_to(self._home)
            self._home.note(TEXT("parked"))
            self.post_message(messages.CodesWanted())
        else:
            cast("FrameScreen", self.screen).refuse(TEXT("nothing_to_park"))

    async def on_payment_taken(self, message: messages.PaymentTaken) -> None:
        """Show what becomes of a payment, and wait for its answer even if the operator leaves."""
        payment = self.desk.last_payment = message.payment
        self._guarded(self.desk.refresh)
        await self.switch_screen(result_screen(self.desk, payment, fresh=True))
        if payment.status is PaymentStatus.HELD and not payment.offline:
            self._waits.begin(payment)

    def on_payment_moved(self, message: messages.PaymentMoved) -> None:
        """Tell the screen that shows the payment, or ring if nobody looks at it."""
        self._waits.keep(payment := message.payment)
        self._guarded(self.desk.refresh)
        shown = cast("ResultScreen | None", find(self, RESULT))
        if shown is not None and shown.payment.seq == payment.seq:
            self._guarded(lambda: shown.moved(payment, time_up=True))
        else:
            ring_verdict(self, payment)

    @on(ScreenAsked)
    async def open_on_top(self, message: ScreenAsked) -> None:
        """Open a screen on top of the one that asked for it; one customer at a time."""
        if isinstance(message, PaymentAsked) and self.screen is not self._home:
            self.desk.waiting_scans.append(message.candidate.account_no)
            return
        screen = made_for(message, self.desk)
        if screen is None:
            cast("FrameScreen", self.screen).refuse(TEXT("item_gone"))
        elif isinstance(message, ItemAsked) and message.instead:
            await self.switch_screen(screen)
        else:
            await self.push_screen(screen)

    async def on_scanned(self, message: messages.Scanned) -> None:
        """Take a scan home, or keep it until the customer being served is done."""
        result = find(self, RESULT)
        if find(self, PAYMENT) or (result is not None and result.busy):
            self.desk.waiting_scans.append(message.text)
            cast("FrameScreen", self.screen).note(TEXT("scan_waits", code=message.text[:32]))
            return
        await self._back_to(self._home)
        self._home.scanned(message.text)

    async def on_screen_left(self) -> None:
        """Close the screen on top (home stays); a scan that waited takes its turn."""
        await self._back_to(cast("FrameScreen", self.screen_stack[max(0, len(self.screen_stack) - 2)]))
        self.post_message(messages.CodesWanted())

    async def on_home_asked(self, message: messages.HomeAsked) -> None:
        """Go home for the next customer."""
        await self._back_to(self._home)
        self._home.take(message.typed)
        if message.said:
            self._guarded(self.desk.refresh)
            self._home.note(message.said)
        self.post_message(messages.CodesWanted())

    async def on_signed_in(self, message: messages.SignedIn) -> None:
        """Start serving; papers in doubt are asked about first."""
        if not isinstance(self.screen, SignInScreen):
            return  # the same person signed in twice while the books could not be read
        first = None if message.lock_only else self._first_asked()
        self._waits.recall()
        await self.pop_screen()
        if first is not None:
            in_flight, doubtful = first
            if in_flight is not None:
                await self.push_screen(in_flight)
            for paper in doubtful[:1]:
                self.post_message(PrintAsked(paper))

    def _first_asked(self) -> tuple[Screen[None] | None, tuple[DoubtfulPrint, ...]]:
        """Give what is looked at before the first customer: what is in flight, papers in doubt."""
        in_flight = in_flight_screen(self.desk) if self.desk.counter.in_flight() else None
        return in_flight, self.desk.counter.doubtful_prints()

    def on_look_changed(self, message: messages.LookChanged) -> None:
        """Show amounts larger, or all with more contrast, from now on; asked again, as before."""
        if message.big_text:
            self.desk.big_text = not self.desk.big_text
        else:
            self.theme = COUNTER_THEME.name if self.theme == CONTRAST_THEME.name else CONTRAST_THEME.name
        cast("FrameScreen", self.screen).repaint()

    def on_leave_asked(self) -> None:
        """End the program."""
        self.exit()


def run(
    counter: Counter,
    now: Callable[[], datetime],
    *,
    answer_wait_s: float = ANSWER_WAIT_S,
    idle_lock_s: float = IDLE_LOCK_S,
    pass_phrase: str = "",
    speak: Callable[[str], None] | None = None,
) -> None:
    """Serve customers in this terminal until the operator ends the program; choose the language before."""
    CounterApp(Desk(counter, now, answer_wait_s, idle_lock_s=idle_lock_s, speak=speak), pass_phrase).run()
