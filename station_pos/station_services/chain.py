"""The real ``Chain``: the station's own books first, HQ's signed answer beside them, kept for when HQ is away."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from station_journal.chain import ChainRefusedError, read_answer
from station_journal.side import Side
from station_pos import chain_queries
from station_pos.commands.outcome import RegisterFault
from station_pos.receipts.chain_words import course_of, own_links, steps
from station_pos.register import upkeep
from station_pos.register.epochs import hq_public_key
from station_pos.services.chain import ChainView
from station_pos.sync.link_fault import LinkError
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.queries import Queries
    from station_pos.register import Register

TEXT = Catalogue(
    {
        "refused": ("总部没有回答这条记录的来龙去脉", "HQ gave no answer about this record"),
        "unsigned": ("总部的回答没有通过核对, 没有采用", "HQ's answer did not verify and was not taken"),
    }
)


class AsksHq(Protocol):
    """The line to HQ."""

    def ask_chain(self, seq: int, side: Side = Side.STATION) -> bytes:
        """Ask HQ for the chain behind a record of the station, or of HQ's for it."""


class StationChain:
    """The chain behind the payments, the withdrawals and the bought credit of one open station."""

    def __init__(self, register: Register, queries: Queries, link: AsksHq, clock: Callable[[], datetime]) -> None:
        """Read the register's books; ``clock`` gives UTC."""
        self._register, self._queries, self._link, self._clock = register, queries, link, clock
        self._asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chain")

    def close(self) -> None:
        """Give up what is being asked."""
        self._asking.shutdown(wait=False, cancel_futures=True)

    def known(self, seq: int, side: Side = Side.STATION) -> ChainView | None:
        """Give what the station knows itself and what it last heard; None where there is nothing to follow."""
        return self._view(side, seq, "")

    def ask(self, seq: int, side: Side = Side.STATION) -> Future[ChainView | None]:
        """Ask HQ, and give the same with its answer; what went wrong is in the view."""
        return self._asking.submit(self._ask, side, seq)

    def _ask(self, side: Side, seq: int) -> ChainView | None:
        problem = ""
        try:
            answer = self._link.ask_chain(seq, side)
            self._checked(answer, side, seq)
            upkeep.keep_chain_answer(self._register, side, seq, self._clock(), answer)
        except LinkError as error:
            problem = TEXT("refused") if error.status else str(error)
        except ChainRefusedError:
            problem = TEXT("unsigned")
        except RegisterFault as error:
            problem = str(error)
        return self._view(side, seq, problem)

    def _checked(self, answer: bytes, side: Side, seq: int) -> None:
        with self._register.database.reading() as connection:
            public_key = hq_public_key(connection)
        read_answer(answer, public_key, (self._register.station_code, seq), side)

    def _view(self, side: Side, seq: int, problem: str) -> ChainView | None:
        code, payment = self._register.station_code, self._queries.payment(seq) if side is Side.STATION else None
        with self._register.database.reading() as connection:
            if side is Side.STATION:
                subject = chain_queries.followed(connection, payment, seq)
            else:
                subject = chain_queries.bought(connection, side, seq)
            if subject is None:
                return None
            held_seq = self._queries.delivery(connection).held_seq
            own = own_links(subject, chain_queries.own_facts(connection, code, subject, held_seq))
            kept = chain_queries.last_heard(connection, side, seq)
            public_key = hq_public_key(connection)
        course = course_of(subject)
        if kept is None:
            return ChainView(subject, steps(own, None, course), None, problem=problem)
        try:
            heard = read_answer(kept.answer, public_key, (code, seq), side)
        except ChainRefusedError:  # of another HQ's key, or altered on the disk: as good as not heard
            return ChainView(subject, steps(own, None, course), None, problem=problem)
        heard_at = datetime.fromtimestamp(heard.answered_at, UTC)
        return ChainView(subject, steps(own, heard, course), heard_at, kept.answer, problem)
