"""Counting the drawer and closing a period: what is checked before anything is recorded.

A count is the lease of a close: the newest count holds it, a later one takes it over, and nothing is left behind by a
counter that dies. Its record is the cut, so a sale made meanwhile falls into the next period.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.cash import (
    NOTE_FACES_FEN,
    CashMoved,
    CloseVerdict,
    DayClosed,
    DayCounted,
    FloatCounted,
    TrialIssued,
    notes_fen,
)
from station_journal.money import FEN_MAX
from station_journal.rules.cash import CASH_BOOK_KEY, CashBook, CashCount
from station_pos.commands.operations import operation_refused
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from station_journal.facts.cash import NoteLine
    from station_journal.records import Fact
    from station_pos.commands.cash_orders import CloseDay, CountDay, CountFloat, IssueTrial, MoveCash
    from station_pos.commands.view import Moment, StationView

PIECES_MAX = 9_999
COINS_MAX_FEN = 10_000_000


def book_of(view: StationView) -> CashBook:
    """Give where the drawer stands in its periods."""
    return view.subject(CashBook, CASH_BOOK_KEY) or CashBook()


def count_float(command: CountFloat, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on the float: what is less than the books is no float but a difference, which a close finds."""
    counted_fen, drawer_fen = notes_fen(command.notes, command.coins_fen), view.drawer_fen()
    if not sane_cash(command.notes, command.coins_fen):
        return Refused(Refusal.COUNT_WRONG)
    if counted_fen < drawer_fen:
        return Refused(Refusal.FLOAT_BELOW_BOOKS, (("expected_fen", drawer_fen),))
    if counted_fen == drawer_fen and book_of(view).float_seq:
        return Refused(Refusal.NOTHING_TO_DO)
    return [FloatCounted(command.notes, command.coins_fen)]


def sane_cash(notes: tuple[NoteLine, ...], coins_fen: int) -> bool:
    """Tell whether cash is stated in notes that exist and numbers that a drawer holds."""
    faces = all(line.face_fen in NOTE_FACES_FEN and 0 <= line.pieces <= PIECES_MAX for line in notes)
    return faces and 0 <= coins_fen <= COINS_MAX_FEN and len(notes) <= PIECES_MAX


def move_cash(command: MoveCash, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on cash in or out: once a counter job, and never more out than the drawer should hold."""
    done = operation_refused(view, command.operation_no)
    if done:
        return done
    if not 0 < command.amount_fen <= FEN_MAX:
        return Refused(Refusal.AMOUNT_OUT_OF_RANGE, (("least_fen", 1), ("most_fen", FEN_MAX)))
    if not command.reason.brings_in and command.amount_fen > view.drawer_fen():
        return Refused(Refusal.DRAWER_TOO_LOW, (("drawer_fen", view.drawer_fen()),))
    return [CashMoved(command.operation_no, command.reason, command.amount_fen)]


def count_day(command: CountDay, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on a count: it is kept whatever comes of it, once, and only where the books explain the drawer."""
    book = book_of(view)
    if command.count_no != book.count_no + 1:
        return Refused(Refusal.COUNT_STALE, (("count_seq", book.count_seq),))
    if not sane_cash(command.notes, command.coins_fen):
        return Refused(Refusal.COUNT_WRONG)
    unexplained = _unexplained(view, book, moment)
    return unexplained or [DayCounted(command.count_no, command.notes, command.coins_fen)]


def _unexplained(view: StationView, book: CashBook, moment: Moment) -> Refused | None:
    """Refuse where the balance of the drawer is not what opened the period and moved since: no figure is sure then."""
    explained_fen = book.opening_fen + view.drawer_period(book.cut_seq, moment.next_seq).moved_fen
    if explained_fen == view.drawer_fen():
        return None
    figures = ("expected_fen", view.drawer_fen()), ("explained_fen", explained_fen)
    return Refused(Refusal.FIGURES_DIFFER, figures)


def issue_trial(_command: IssueTrial, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on an X report: at any time, and as often as wanted."""
    book = book_of(view)
    period = view.drawer_period(book.cut_seq, moment.next_seq)
    trial = TrialIssued(book.opening_fen, view.drawer_fen(), period.pending_count, period.cash, period.services)
    return _unexplained(view, book, moment) or [trial]


def close_day(command: CloseDay, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on a close: by the newest count, once, and only where every figure is explained by its movements."""
    book, count = book_of(view), view.subject(CashCount, str(command.count_seq))
    if count is None or count.seq != book.count_seq or count.seq <= book.closed_seq:
        return Refused(Refusal.COUNT_STALE, (("count_seq", book.count_seq),))
    if command.verdict is CloseVerdict.DISPUTED and not count.difference_fen:
        return Refused(Refusal.NOTHING_TO_DO)
    unexplained = _unexplained(view, book, moment)
    if unexplained:
        return unexplained
    period = view.drawer_period(book.cut_seq, count.seq)
    explained_fen = book.opening_fen + period.moved_fen
    if explained_fen != count.expected_fen:
        figures = ("expected_fen", count.expected_fen), ("explained_fen", explained_fen)
        return Refused(Refusal.FIGURES_DIFFER, figures)
    return [
        DayClosed(
            z_no=book.z_no + 1,
            count_seq=count.seq,
            verdict=command.verdict,
            opening_fen=book.opening_fen,
            expected_fen=count.expected_fen,
            pending_count=period.pending_count,
            cash=period.cash,
            services=period.services,
        )
    ]
