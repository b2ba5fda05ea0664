"""The postings of one payment, withdrawal or purchase of credit: the rules run over its own records, nothing else.

What a rule asks of the rest of the books (was there credit enough, is the bill claimed, which terms held) is answered
as it must have been answered then, since what came of it stands in the subject. So a station and HQ name the postings
of one subject without going through a whole journal, and there is one place that says what a record posts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from station_journal.balances import merge_order
from station_journal.bought_credit import BoughtCredit
from station_journal.effects import Standing
from station_journal.payment import CashStatus, Payment, PaymentStatus, Suspense
from station_journal.posting import effects_of
from station_journal.rules.withdrawal import DEFAULT_TERMS, Claim, TermsBook, Withdrawal
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.accounts import Account, Posting
    from station_journal.effects import Effects
    from station_journal.records import Record
    from station_journal.subject import Subject
    from station_journal.tariff import Tariff

Followed = Payment | Withdrawal | BoughtCredit
"""What can be followed record by record."""
_ENOUGH_FEN = 2**62


def station_seq(subject: Followed) -> int:
    """Give the station's record that began a subject, or opened bought credit with its code; 0 for none."""
    return subject.opened_seq if isinstance(subject, BoughtCredit) else subject.seq


def own_records(subject: Followed) -> tuple[tuple[Side, int], ...]:
    """Name the records of both journals that made a subject's postings, each journal's in order."""
    if isinstance(subject, Payment):
        own = {subject.seq, subject.reversal_seq}
        hqs = {subject.answered_seq, subject.released_seq}
    elif isinstance(subject, BoughtCredit):
        grant = subject.grant
        own = {subject.opened_seq}
        hqs = {subject.granted_seq, *((grant.sold_seq, grant.returned_seq) if grant else ())}
    else:
        own = {subject.seq, subject.approved_seq, subject.instructed_seq, subject.paid_seq, subject.failed_seq}
        hqs = {subject.restored_seq, *(word.seq for word in subject.words)}
    sides = ((Side.STATION, own), (Side.HQ, hqs))
    return tuple((side, seq) for side, seqs in sides for seq in sorted(seqs) if seq)


class OwnPosting(NamedTuple):
    """A posting with the record that made it."""

    side: Side
    seq: int
    posting: Posting


def postings_of(subject: Followed, record_of: Callable[[Side, int], Record | None]) -> tuple[OwnPosting, ...]:
    """Give the postings that a subject's records made so far, in the order of both journals.

    ``record_of`` gives a record of either journal; one that cannot be read posts nothing here, as it stops the books.
    """
    found = [(side, seq, record_of(side, seq)) for side, seq in own_records(subject)]
    sides = {side: [(seq, record) for at, seq, record in found if at is side and record] for side in Side}
    books = _Own(subject)
    made: list[OwnPosting] = []
    for side, seq, record in merge_order(sides[Side.STATION], sides[Side.HQ]):
        effects = effects_of(side, seq, record, books)
        books.take(effects)
        made += [OwnPosting(side, seq, posting) for posting in effects.postings]
    return tuple(made)


class _Product(NamedTuple):
    biller_code: str
    fee_fen: int


class _Tariff(NamedTuple):
    """The tariff that a payment was taken under, as far as the payment shows it."""

    sold: _Product | None

    def product(self, _code: int) -> _Product | None:
        return self.sold


class _Own:
    """The books as one subject's records find them."""

    def __init__(self, subject: Followed) -> None:
        self._subject = subject
        self._payments: dict[int, Payment] = {}
        self._subjects: dict[tuple[int, str], Subject] = {}
        if isinstance(subject, Payment):
            self._broken = subject.reason if subject.status is PaymentStatus.SUSPENDED else ""
            if subject.source_seq:  # sent again: the first one was declined, and its cash lay in the drawer
                source = replace(subject, seq=subject.source_seq, status=PaymentStatus.DECLINED, source_seq=0)
                self._payments[source.seq] = replace(source, cash=CashStatus.CUSTOMERS, released_seq=0)
        elif isinstance(subject, BoughtCredit):
            self._broken = ""
            if subject.grant is not None:  # as it lay at the station before anybody bought it
                sealed = replace(
                    subject.grant, purchase_no=0, sold_seq=0, revoked_seq=0, released_seq=0, returned_seq=0
                )
                self._subjects[sealed.SUBJECT, sealed.key] = sealed
        else:
            over = subject.placing is Claim.OVER_ALLOWANCE
            self._broken = Suspense.OVER_CREDIT.value if over else ""
            terms = _terms(subject)
            self._subjects[terms.SUBJECT, terms.key] = terms

    def take(self, effects: Effects) -> None:
        """Keep what a record changed."""
        self._payments |= {payment.seq: payment for payment in effects.payments}
        self._subjects |= {(one.SUBJECT, one.key): one for one in effects.subjects}

    def standing(self) -> Standing:
        return Standing(tariff_hash=b"own")

    def tariff(self, _tariff_hash: bytes) -> Tariff | None:
        known = isinstance(self._subject, Payment) and self._broken != Suspense.PRODUCT_UNKNOWN.value
        subject = cast("Payment", self._subject)
        return cast("Tariff", _Tariff(_Product(subject.biller_code, subject.fee_fen) if known else None))

    def payment(self, seq: int) -> Payment | None:
        return self._payments.get(seq)

    def payment_of_operation(self, _operation_no: int) -> Payment | None:
        return self._claimed(Suspense.OPERATION_TWICE)

    def payment_of_bill(self, _biller: str, _account_no: str, _bill_no: str, _seen_seq: int) -> Payment | None:
        return self._claimed(Suspense.BILL_TWICE)

    def _claimed(self, reason: Suspense) -> Payment | None:
        return cast("Payment", self._subject) if self._broken == reason.value else None

    def credit_free_fen(self, _seen_seq: int) -> int:
        return -_ENOUGH_FEN if self._broken == Suspense.OVER_CREDIT.value else _ENOUGH_FEN

    def drawer_fen(self) -> int:
        return 0

    def account_fen(self, _account: Account, _seen_seq: int) -> int:
        return 0

    def subject(self, subject_class: type[Any], key: str) -> Any:  # noqa: ANN401 - of the class that is asked for
        return self._subjects.get((subject_class.SUBJECT, key))


def _terms(withdrawal: Withdrawal) -> TermsBook:
    """Give the terms that a withdrawal was made under, and those that each of the bank's words was read under."""
    base = DEFAULT_TERMS._replace(effective_on=date.min)
    base = base._replace(acquirer_code=withdrawal.acquirer_code or base.acquirer_code)
    each = [base._replace(seq=word.seq, restores_credit=word.claim is Claim.CREDIT) for word in withdrawal.words]
    return TermsBook((base, *each))
