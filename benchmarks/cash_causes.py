"""How often the true cause of a cash difference is among the three named first, over seeded days with one slip each."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from benchmarks.figure import Figure
from station_journal.facts.cash import NOTE_FACES_FEN, NoteLine
from station_pos.commands.cash_causes import CauseKind, DrawerEntry, EntryType, OpenItem, causes

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = 2_000
WANTED_PCT = 80.0
_MORNING = datetime(2026, 10, 23, 0, 30, tzinfo=UTC)
_TOP_UPS_FEN = (1_000, 2_000, 3_000, 5_000, 10_000, 20_000)


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip of the hand: its true cause, the entry it is about (0 for none), and the difference it makes."""

    kind: CauseKind
    seq: int
    difference_fen: int
    entries: tuple[DrawerEntry, ...]
    counted: tuple[NoteLine, ...]


def _happens(draw: random.Random, percent: int) -> bool:
    return draw.random() * 100 < percent


def _tender(draw: random.Random, total_fen: int) -> int:
    """Hand over what a payer does: exact, or the next round sum."""
    steps = [total_fen, *(-(-total_fen // step) * step for step in (1_000, 5_000, 10_000))]
    return draw.choice(steps)


def a_day(draw: random.Random) -> list[DrawerEntry]:
    """Live an ordinary day: bills with cents, top-ups in round sums, a little cash in and out, some of it open."""
    entries = []
    for place in range(draw.randint(4, 25)):
        at, seq = _MORNING + timedelta(minutes=17 * place), 10 + 3 * place
        if _happens(draw, 12):
            amount_fen = draw.choice((5_000, 10_000, 20_000, 30_000, 50_000))
            entries.append(DrawerEntry(seq, EntryType.MOVE, at, draw.choice((1, -1)) * amount_fen, typed=True))
            continue
        typed = _happens(draw, 30)
        total_fen = draw.choice(_TOP_UPS_FEN) if typed else draw.randint(1_200, 19_000)
        bill = DrawerEntry(seq, EntryType.BILL, at, total_fen, _tender(draw, total_fen), typed=typed)
        entries.append(replace(bill, reprints=int(_happens(draw, 5))))
        if _happens(draw, 4):
            entries.append(DrawerEntry(seq + 1, EntryType.RETURN, at, -total_fen))
    return entries


def _count(draw: random.Random) -> tuple[NoteLine, ...]:
    return tuple(NoteLine(face, draw.randint(0, 30)) for face in NOTE_FACES_FEN)


def _swapped(fen: int) -> int:
    tail = 100 if fen % 100 == 0 else 1
    digits = str(fen // tail)
    pairs = [place for place in range(len(digits) - 1) if digits[place] != digits[place + 1]]
    if not pairs:
        return fen
    place = pairs[0]
    return int(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]) * tail


def _bill(draw: random.Random, entries: list[DrawerEntry], *, change: bool = False, typed: bool = False) -> int | None:
    """Choose a bill's place, one with change or with a typed amount if asked for."""
    fit = [
        place
        for place, one in enumerate(entries)
        if one.kind is EntryType.BILL and (not change or one.tendered_fen > one.change_fen) and (not typed or one.typed)
    ]
    return draw.choice(fit) if fit else None


def _made(
    entries: list[DrawerEntry], counted: tuple[NoteLine, ...], kind: CauseKind, seq: int, difference_fen: int
) -> Slip:
    return Slip(kind, seq, difference_fen, tuple(entries), counted)


def _with_change(draw: random.Random, entries: list[DrawerEntry], counted: tuple[NoteLine, ...]) -> Slip | None:
    place = _bill(draw, entries, change=True)
    if place is None:
        return None
    one = entries[place]
    change_fen = one.tendered_fen - one.change_fen
    kind = draw.choice((CauseKind.CHANGE_TWICE, CauseKind.CHANGE_NOT_GIVEN, CauseKind.CHANGE_SWAPPED))
    if kind is CauseKind.CHANGE_SWAPPED:
        return _made(entries, counted, kind, one.seq, change_fen - _swapped(change_fen))
    if kind is CauseKind.CHANGE_TWICE and _happens(draw, 40):
        entries[place] = replace(one, reprints=1)
    return _made(entries, counted, kind, one.seq, -change_fen if kind is CauseKind.CHANGE_TWICE else change_fen)


def _with_a_note(draw: random.Random, entries: list[DrawerEntry], counted: tuple[NoteLine, ...]) -> Slip | None:
    notes = [one for one in entries if one.kind is EntryType.BILL and one.tendered_fen in NOTE_FACES_FEN[:4]]
    if not notes:
        return None
    one = draw.choice(notes)
    handed_fen = draw.choice([face for face in NOTE_FACES_FEN[:4] if face != one.tendered_fen])
    return _made(entries, counted, CauseKind.WRONG_NOTE, one.seq, handed_fen - one.tendered_fen)


def _entered_twice(draw: random.Random, entries: list[DrawerEntry], counted: tuple[NoteLine, ...]) -> Slip | None:
    place = _bill(draw, entries)
    if place is None:
        return None
    one = entries[place]
    twin = replace(one, seq=one.seq + 2, at=one.at + timedelta(minutes=2))
    entries.insert(place + 1, twin)
    return _made(entries, counted, CauseKind.ENTERED_TWICE, twin.seq, -one.change_fen)


def _given_back(draw: random.Random, entries: list[DrawerEntry], counted: tuple[NoteLine, ...]) -> Slip | None:
    place = _bill(draw, entries)
    if place is None:
        return None
    one = entries[place]
    early = _happens(draw, 50)
    entries[place] = replace(one, waits=OpenItem.RESULT if early else OpenItem.CASH_DUE)
    kind = CauseKind.CASH_BACK_TOO_EARLY if early else CauseKind.CASH_BACK_UNRECORDED
    return _made(entries, counted, kind, one.seq, -one.change_fen)


def _amount_slip(draw: random.Random, entries: list[DrawerEntry], counted: tuple[NoteLine, ...]) -> Slip | None:
    typed = [one for one in entries if one.typed]
    if not typed:
        return None
    one = draw.choice(typed)
    sign, fen = (1 if one.change_fen > 0 else -1), abs(one.change_fen)
    if _happens(draw, 60):
        real_fen = 10 * fen if _happens(draw, 50) else fen // 10
        return _made(entries, counted, CauseKind.TIMES_TEN, one.seq, sign * (real_fen - fen))
    return _made(entries, counted, CauseKind.SWAPPED, one.seq, sign * (_swapped(fen) - fen))


def _cash_moved(draw: random.Random, entries: list[DrawerEntry], counted: tuple[NoteLine, ...]) -> Slip | None:
    moves = [one for one in entries if one.kind is EntryType.MOVE]
    if moves and _happens(draw, 30):
        one = draw.choice(moves)
        return _made(entries, counted, CauseKind.WRONG_WAY, one.seq, -2 * one.change_fen)
    amount_fen = draw.choice((-1, 1)) * draw.choice((5_000, 10_000, 20_000, 50_000))
    return _made(entries, counted, CauseKind.MOVE_UNRECORDED, 0, amount_fen)


def _returned(draw: random.Random, entries: list[DrawerEntry], counted: tuple[NoteLine, ...]) -> Slip | None:
    returns = [place for place, one in enumerate(entries) if one.kind is EntryType.RETURN]
    if not returns:
        return None
    place = draw.choice(returns)
    one = entries[place]
    if _happens(draw, 50):
        return _made(entries, counted, CauseKind.RETURN_NOT_HANDED, one.seq, -one.change_fen)
    entries[place] = replace(one, reprints=1)
    return _made(entries, counted, CauseKind.DONE_TWICE, one.seq, one.change_fen)


def _counted_wrong(draw: random.Random, entries: list[DrawerEntry], counted: tuple[NoteLine, ...]) -> Slip | None:
    if _happens(draw, 60):
        face = draw.choice(NOTE_FACES_FEN)
        return _made(entries, counted, CauseKind.MISCOUNTED, 0, draw.choice((-1, 1)) * face)
    place = draw.randrange(len(counted) - 1)
    one, other = counted[place], counted[place + 1]
    crossed_fen = (one.face_fen - other.face_fen) * (one.pieces - other.pieces)
    return _made(entries, counted, CauseKind.COUNTS_SWAPPED, 0, crossed_fen)


_SLIPS = (
    (_with_change, 30),
    (_with_a_note, 14),
    (_entered_twice, 10),
    (_given_back, 12),
    (_amount_slip, 12),
    (_cash_moved, 10),
    (_returned, 5),
    (_counted_wrong, 7),
)
"""What goes wrong, and how often of a hundred times: change first, as shopkeepers say."""


_TWO_AT_ONCE_PCT = 8
"""Days on which two things went wrong: no one cause explains the difference, and such a day counts as missed."""


def seeded(draw: random.Random) -> Slip:
    """Make a day on which something went wrong and left a difference."""
    slip = _one_slip(draw)
    if not _happens(draw, _TWO_AT_ONCE_PCT):
        return slip
    other = _one_slip(draw)
    return replace(slip, difference_fen=slip.difference_fen + other.difference_fen or slip.difference_fen)


def _one_slip(draw: random.Random) -> Slip:
    while True:
        (slip_of,) = draw.choices([one for one, _ in _SLIPS], [weight for _, weight in _SLIPS])
        made = slip_of(draw, a_day(draw), _count(draw))
        if made is not None and made.difference_fen:
            return made


def named_in_time(slip: Slip, first: int = 3) -> bool:
    """Tell whether the true cause, with its entry, is among the first ones named."""
    ranked = causes(slip.difference_fen, slip.entries, slip.counted)[:first]
    return any(cause.kind is slip.kind and (not slip.seq or slip.seq in cause.seqs) for cause in ranked)


def measure(seed: int = 1023, days: int = DAYS) -> tuple[float, Counter[str]]:
    """Give the share of days, in percent, on which the true cause is among the first three, and the misses by cause."""
    draw = random.Random(seed)
    slips = [seeded(draw) for _ in range(days)]
    missed = Counter(slip.kind.value for slip in slips if not named_in_time(slip))
    return 100.0 * (days - sum(missed.values())) / days, missed


def figures() -> Iterator[Figure]:
    """Measure beside the share that the design asks for."""
    share, _ = measure()
    yield Figure("cash_cause_top3_pct", round(share, 1), "%", WANTED_PCT)
