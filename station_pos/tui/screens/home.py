"""主页: one input line that takes a scan, an account or phone number, or pinyin initials."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from station_journal.sealed_code import is_code
from station_pos.tui.actions import SERVICES, action_of_initials
from station_pos.tui.command_line import EntryMode
from station_pos.tui.messages import ActionAsked, CodeAsked, ItemAsked, ParcelsAsked, PaymentAsked, PouchAsked
from station_pos.tui.presenters.home import CANDIDATES_MAX, RECENT_ROWS, TEXT, home_view, parked_jobs
from station_pos.tui.presenters.offline_left import offline_rows
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.tally import begun_words, first_settle_words
from station_pos.tui.tally import Tally
from station_pos.tui.widgets.frame import WIDE_COLUMNS, FrameScreen

if TYPE_CHECKING:
    from station_journal.payment import Payment
    from station_pos.counter import Candidate
    from station_pos.services.entries import Entry
    from station_pos.services.parcels import FoundParcels
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import Line, View


_SLIPS = re.compile(r"[1-9][0-9]?\+")
"""How many slips a customer has put down, keyed before the first is scanned."""


def _only_first_known(found: tuple[Candidate, ...]) -> bool:
    """Tell whether the first of several is the only one that ever paid here; opening it commits to nothing."""
    return found[0].last_paid_on is not None and all(one.last_paid_on is None for one in found[1:])


class HomeScreen(FrameScreen, inherit_bindings=False):
    """Finds what the customer wants to pay; everything else is a key away."""

    TOPIC: ClassVar[str] = "home"

    def __init__(self, desk: Desk) -> None:
        """Start with an empty line."""
        super().__init__(desk)
        self._candidates: tuple[Candidate, ...] = ()
        self._parcels: FoundParcels | None = None
        self._looked_up = True
        self._entries: tuple[Entry, ...] = ()
        self._entries_of: tuple[object, ...] = ()
        self._lower: tuple[Line, ...] = ()
        self._lower_of: tuple[object, ...] = ()

    def view(self) -> View:
        """Show the list for the line, today's sums and the newest payments."""
        if self.desk.tally is not None:
            self.desk.tally.look(self.desk.counter.day_close, self.desk.state().as_of_seq)
        rows: list[Payment | Entry] = [*self.desk.counter.recent(RECENT_ROWS), *self._newest_entries()]
        recent = sorted(rows, key=lambda row: -row.seq)[:RECENT_ROWS]
        return home_view(self.desk, self.entry.text, self._candidates, recent, self._parcels, self._below_the_core())

    def _below_the_core(self) -> tuple[Line, ...]:
        """Give the rows for a wide terminal, counted again once a minute and where a record may have changed them."""
        if self.size.width < WIDE_COLUMNS:
            return ()
        state, now = self.desk.state(), self.desk.now()
        counted_at = state.as_of_seq, state.link, f"{now:%H:%M}", self.size
        if self._lower_of != counted_at:
            self._lower, self._lower_of = offline_rows(self.desk), counted_at
        return self._lower

    def _newest_entries(self) -> tuple[Entry, ...]:
        """List the other services' newest entries, read again only where a record may have changed them."""
        state = self.desk.state()
        books = state.as_of_seq, state.head, state.open_withdrawals
        if self._entries_of != books:
            self._entries, self._entries_of = self.desk.counter.entries(RECENT_ROWS), books
        return self._entries

    def entry_mode(self) -> EntryMode:
        """Take digits and letters."""
        return EntryMode.TEXT

    def on_screen_suspend(self) -> None:
        """Forget what was said of the job before: the one that begins now may end otherwise."""
        self.sentence = ""

    def edited(self) -> None:
        """Look up what the line may mean, at each key."""
        text = self.entry.text.strip()
        self.sentence = ""
        if _SLIPS.fullmatch(text):
            self.defer(lambda: self._slips_keyed(int(text[:-1])))
            return
        self._look_up(text)
        self.repaint()

    def _look_up(self, text: str) -> None:
        """Look for bills, and for parcels on the shelves; those come first.

        What was found for another text is no answer to this one; where the books cannot be read, Enter looks again.
        """
        self._candidates, self._parcels, self._looked_up = (), None, False
        self._candidates = self.desk.counter.find(text) if text else ()
        found = self.desk.counter.parcels.find(text) if text else None
        self._parcels = found if found is not None and found.people else None
        self._looked_up = True

    def plus(self) -> None:
        """Begin the tally of one customer, or settle the one that runs."""
        if self.desk.tally is None:
            self._begin_tally(0)
        else:
            self.post_message(ItemAsked("tally", 0))

    def _slips_keyed(self, slips: int) -> None:
        """Begin a tally of so many slips; one that runs is begun anew while it is empty, else settled first."""
        running = self.desk.tally
        if running is not None:
            running.look(self.desk.counter.day_close, self.desk.refresh().as_of_seq)
        if running is not None and running.lines:
            self.entry.put("")
            self.refuse(first_settle_words(running))
        else:
            self._begin_tally(slips)

    def _begin_tally(self, slips: int) -> None:
        self.desk.tally = Tally(self.desk.refresh().as_of_seq, slips)
        self._candidates, self._parcels = (), None
        self.entry.put("")
        self.note(begun_words(self.desk.tally))

    def entered(self, text: str) -> None:
        """Take the first line; an empty line takes the first of the list that F2 opened."""
        if not self._looked_up:
            self._look_up(text.strip())
        if self._parcels is not None:
            self._open_parcels(text)
        elif self._candidates:
            self._open(self._candidates[0])
        elif service := SERVICES.get(text.strip().lower()):
            self.entry.put("")
            self.note("")
            self.post_message(ItemAsked(service, 0))
        elif action := action_of_initials(text.strip().lower()):
            self.entry.put("")
            self.note("")
            self.post_message(ActionAsked(action))
        elif is_code(text.strip()):
            self._open_code(text.strip())
        elif text.strip() and self.desk.counter.day_close.pouch(text.strip()) is not None:
            self.entry.put("")
            self.note("")
            self.post_message(PouchAsked(text.strip()))
        elif text.strip():
            # The list says that nothing fits; said once more in the row above it, it would read as a second fault.
            self.refuse_typed("")

    def picked_line(self, line: int) -> None:
        """Take a line by its number; parcels are the first line where there are any."""
        if self._parcels is not None:
            if line == 1:
                self._open_parcels(self.entry.text)
                return
            line -= 1
        parked = () if self._candidates else parked_jobs(self.desk)
        if line <= min(len(self._candidates), CANDIDATES_MAX):
            self._open(self._candidates[line - 1])
        elif line <= len(parked):
            self.post_message(ItemAsked("kept", parked[line - 1].job_no))
        else:
            self.refuse(SENTENCES("no_such_line", line=line))

    def scanned(self, text: str) -> None:
        """Open what a scan means; where it may mean more than one thing that is as likely, list them."""
        if self.desk.counter.day_close.pouch(text) is not None:
            self.post_message(PouchAsked(text))
            return
        self._look_up(text)
        found = self._candidates
        if not found and self._parcels is None and is_code(text):
            self._open_code(text)
            return
        if self._parcels is not None and not (found and found[0].account_no == text):
            self._open_parcels(text)
            return
        if found and found[0].account_no == text and (len(found) == 1 or _only_first_known(found)):
            self._open(found[0])
            return
        self.entry.put(text[:64] if found else "")
        if found:
            self.note("")
        else:
            self.refuse(TEXT("nothing").strip())

    def escaped(self) -> None:
        """Clear the list, and drop a tally that was begun by mistake: nothing is in it yet."""
        if self.desk.tally is not None and not self.desk.tally.lines:
            self.desk.tally = None
        self._candidates, self._parcels = (), None
        self.note("")

    def list_products(self) -> None:
        """List everything that is sold."""
        self.entry.put("")
        self._candidates, self._parcels = self.desk.counter.find(""), None
        self.note("")

    def take(self, typed: str) -> None:
        """Take what was typed elsewhere for the next customer."""
        if typed:
            self.entry.put(self.entry.text + typed)
            self.kept_up(self.edited)

    def _open_parcels(self, text: str) -> None:
        self._candidates, self._parcels = (), None
        self.entry.put("")
        self.sentence = ""
        self.post_message(ParcelsAsked(text))

    def _open_code(self, code: str) -> None:
        self.entry.put("")
        self.note("")
        self.post_message(CodeAsked(code))

    def _open(self, candidate: Candidate) -> None:
        self._candidates, self._parcels = (), None
        self.entry.put("")
        self.sentence = ""
        self.post_message(PaymentAsked(candidate))
