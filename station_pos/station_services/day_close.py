"""The real ``DayClose``: the drawer's cash, read from the books of an open station."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from station_journal.masking import mask_account
from station_journal.payment import CashStatus
from station_pos import cash_queries
from station_pos.commands.cash_causes import causes
from station_pos.receipts.cash_wording import kind_name
from station_pos.register import upkeep
from station_pos.services.day_close import CloseRow, CloseStart, DrawerLine, PeriodFigures, Review
from station_pos.text import either

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from station_journal.posting import Payment
    from station_journal.rules.pouches import IncomingPouch, OutgoingPouch
    from station_journal.tariff import Product
    from station_pos.cash_queries import DrawerRow
    from station_pos.counter import JournalRow
    from station_pos.queries import Queries
    from station_pos.register import Register

_EVIDENCE_ROWS = 2_000


class StationDayClose:
    """Implements ``DayClose``. ``clock`` gives UTC."""

    def __init__(self, register: Register, queries: Queries, clock: Callable[[], datetime]) -> None:
        """Take the parts of an open station."""
        self._register = register
        self._queries = queries
        self._clock = clock

    def start(self) -> CloseStart:
        """Say what a close starts from."""

        def read(connection: Connection) -> CloseStart:
            book, last = cash_queries.book(connection), cash_queries.closes(connection, 1)
            return CloseStart(
                business_date=self._queries.business_date(connection, self._clock()),
                z_no=book.z_no + 1,
                count_no=book.count_no + 1,
                last_close=last[0].business_date if last else None,
                unsent=self._queries.delivery(connection).unsent,
                pouches_waiting=len(cash_queries.incoming_under_way(connection)),
            )

        return self._register.read(read)

    def figures(self) -> PeriodFigures:
        """Give the period's figures, worked out now."""

        def read(connection: Connection) -> PeriodFigures:
            view, book = self._queries.view(connection), cash_queries.book(connection)
            head = self._queries.head(connection).seq
            period = view.drawer_period(book.cut_seq, head)
            names = {product.code: product for product in self._products()}
            return PeriodFigures(
                as_of_seq=head,
                after_seq=book.cut_seq,
                opening_fen=book.opening_fen,
                expected_fen=view.drawer_fen(),
                cash=period.cash,
                services=tuple(
                    (_product_name(names.get(one.product_code), one.product_code), one.item_count, one.total_fen)
                    for one in period.services
                ),
                pending_count=period.pending_count,
            )

        return self._register.read(read)

    def _products(self) -> tuple[Product, ...]:
        tariff = self._queries.adopted_tariff()
        return () if tariff is None else tariff.products

    def review(self, count_seq: int) -> Review | None:
        """Lay a count beside the books; None where there is no such count."""
        products = self._products()

        def read(connection: Connection) -> Review | None:
            count = cash_queries.count(connection, count_seq)
            if count is None:
                return None
            book = cash_queries.book(connection)
            after_seq = book.cut_seq if book.cut_seq < count_seq else 0
            entries = cash_queries.entries_for_causes(connection, after_seq, count_seq)
            found = causes(count.difference_fen, entries, count.notes)
            named = sorted({seq for cause in found for seq in cause.seqs})
            payments = cash_queries.payments_of(connection, named)
            lines = {
                moved.seq: self._line(moved, payments, products) for moved in cash_queries.moved_by(connection, named)
            }
            counts = cash_queries.counts_after(connection, after_seq)
            return Review(
                count_seq=count.seq,
                count_no=count.count_no,
                counted_fen=count.counted_fen,
                expected_fen=count.expected_fen,
                causes=found,
                lines=lines,
                counts=tuple((one.count_no, one.counted_fen) for one in counts),
            )

        return self._register.read(read)

    def entries(self, after_seq: int, cut_seq: int) -> tuple[DrawerLine, ...]:
        """List what moved the drawer in a range of records, oldest first."""
        products = self._products()

        def read(connection: Connection) -> tuple[DrawerLine, ...]:
            found = cash_queries.moved_between(connection, after_seq, cut_seq)
            payments = cash_queries.payments_of(connection, [one.seq for one in found])
            return tuple(self._line(one, payments, products) for one in found)

        return self._register.read(read)

    @staticmethod
    def _line(moved: DrawerRow, payments: dict[int, Payment], products: Iterable[Product]) -> DrawerLine:
        seq = moved.seq
        payment, title = payments.get(seq), kind_name(moved.kind)
        if payment is not None:
            product = next((one for one in products if one.code == payment.product_code), None)
            title = f"{_product_name(product, payment.product_code)} {mask_account(payment.account_no)}"
        return DrawerLine(
            seq=seq,
            at=datetime.fromtimestamp(moved.recorded_at, UTC),
            kind=moved.kind,
            change_fen=moved.change_fen,
            title=title,
            tendered_fen=payment.tendered_fen if payment else 0,
            payment_seq=seq if payment else 0,
            is_returned=payment is not None and payment.cash is CashStatus.RETURNED,
        )

    def evidence(self, seq: int) -> tuple[JournalRow, ...]:
        """List the records of both journals that are about an entry, oldest first."""
        found = self._queries.journal_rows(_EVIDENCE_ROWS, None)
        about = [one for one in found if one.payment_seq == seq or (one.side == "S" and one.seq == seq)]
        return tuple(reversed(about))

    def closes(self, limit: int) -> tuple[CloseRow, ...]:
        """List closes, newest first."""
        found = self._register.read(lambda connection: cash_queries.closes(connection, limit))
        return tuple(
            CloseRow(
                one.z_no,
                one.closed_seq,
                one.closed_at,
                one.business_date,
                one.verdict,
                one.counted_fen,
                one.expected_fen,
            )
            for one in found
        )

    def paper_text(self, seq: int) -> str:
        """Give the stored paper that a record issued as text, empty if it issued none."""
        return upkeep.issued_text(self._register, seq, self._clock())

    def outgoing(self) -> tuple[OutgoingPouch, ...]:
        """List pouches to the branch that are under way."""
        return self._register.read(cash_queries.outgoing_under_way)

    def incoming(self) -> tuple[IncomingPouch, ...]:
        """List pouches from the branch that are announced and not accepted."""
        return self._register.read(cash_queries.incoming_under_way)

    def pouch(self, label: str) -> OutgoingPouch | IncomingPouch | None:
        """Find a pouch of either direction by its label."""
        return self._register.read(lambda connection: cash_queries.pouch(connection, label))


def _product_name(product: Product | None, code: int) -> str:
    return either(product.name, product.name_en) if product else str(code)
