"""Balances as a fold of both journals.

``Books`` holds in memory what the posting rules ask for and what they did. The fold is the definition of every figure:
projections in a database are only a copy of it that can be dropped and made again.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar, cast

import cbor2

from station_journal.accounts import Account, Ledger, NormalSide, Posting, normal_side
from station_journal.posting import Effects, NotComputableError, Payment, PaymentStatus, Standing, effects_of
from station_journal.records import Record, Side
from station_journal.subject import SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from station_journal.subject import Subject
    from station_journal.tariff import Tariff

_Subject = TypeVar("_Subject", bound="Subject")

_FREE = Ledger(Account.CREDIT_FREE)
_DRAWER = Ledger(Account.DRAWER)
_DEBIT_SIGNS = {account: 1 if normal_side(account) is NormalSide.DEBIT else -1 for account in Account}
"""What a debit does to each account's balance; a credit does the opposite."""
_RELEASED = frozenset({PaymentStatus.DECLINED, PaymentStatus.REVERSED})


def balance_change(posting: Posting) -> tuple[tuple[Ledger, int], tuple[Ledger, int]]:
    """Give what a posting does to each balance, positive on the account's normal side, in fen."""
    debit, credit, amount_fen = posting
    return (
        (debit, _DEBIT_SIGNS[debit.account] * amount_fen),
        (credit, -_DEBIT_SIGNS[credit.account] * amount_fen),
    )


def accounts_digest(balances: Mapping[Ledger, int]) -> bytes:
    """Digest the balances of a station so that both sides compare 32 bytes; zero balances do not count."""
    rows = sorted([int(ledger.account), ledger.party, fen] for ledger, fen in balances.items() if fen)
    return hashlib.sha256(cbor2.dumps(rows)).digest()


def claims_bill(payment: Payment, seen_seq: int) -> bool:
    """Tell whether a payment holds or has paid its bill, as far as HQ's records up to ``seen_seq`` tell."""
    if payment.status is PaymentStatus.SUSPENDED:
        return False
    return payment.status not in _RELEASED or payment.released_seq > seen_seq


class Books:
    """The books of one station: balances, payments and single facts, folded record by record.

    Station records are applied in order; an HQ record may be applied as soon as it is known, before station records
    that had not seen it: what such a later station record may build on is judged by its ``seen_seq``.
    """

    def __init__(self, tariffs: Mapping[bytes, Tariff]) -> None:
        """Start with empty books; ``tariffs`` maps SHA-256 to content and may grow while folding."""
        self.balances: defaultdict[Ledger, int] = defaultdict(int)
        self.payments: dict[int, Payment] = {}
        self.subjects: dict[SubjectKey, Subject] = {}
        self.seqs = {Side.STATION: 0, Side.HQ: 0}
        self._tariffs = tariffs
        self._standing = Standing()
        self._operations: dict[int, int] = {}
        self._bills: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
        self._unseen: list[tuple[int, tuple[Posting, ...]]] = []
        self._earlier: Callable[[SubjectKey], Subject | None] | None = None

    @classmethod
    def resumed(
        cls,
        tariffs: Mapping[bytes, Tariff],
        *,
        seqs: Mapping[Side, int],
        standing: Standing,
        balances: Mapping[Ledger, int],
        payments: Iterable[Payment],
        unseen: Iterable[tuple[int, tuple[Posting, ...]]],
        earlier_subject: Callable[[SubjectKey], Subject | None],
    ) -> Books:
        """Go on from where an earlier fold had come, kept in a database.

        ``payments``, in the order of their numbers, may leave out those that no further record asks for; ``unseen`` are
        the postings of HQ's records, in order, that the last station record had not seen; ``earlier_subject`` gives
        a subject as the earlier fold left it.
        """
        books = cls(tariffs)
        books.seqs.update(seqs)
        books.balances.update(balances)
        for payment in payments:
            books._keep(payment)
        books._standing = standing
        books._unseen = list(unseen)
        books._earlier = earlier_subject
        return books

    def apply(self, side: Side, seq: int, record: Record) -> Effects:
        """Fold one record in and give what it did.

        Raises:
            NotComputableError: the record is not the next of its journal, or builds on something not at hand.
        """
        if seq != self.seqs[side] + 1:
            raise NotComputableError(side, seq, f"record {self.seqs[side] + 1} should come first")
        effects = effects_of(side, seq, record, self)
        self.seqs[side] = seq
        balances = self.balances
        for debit, credit, amount_fen in effects.postings:  # as ``balance_change`` says, without a call
            balances[debit] += _DEBIT_SIGNS[debit.account] * amount_fen
            balances[credit] -= _DEBIT_SIGNS[credit.account] * amount_fen
        for payment in effects.payments:
            self._keep(payment)
        for subject in effects.subjects:
            self.subjects[subject.place] = subject
        if effects.standing is not None:
            self._standing = effects.standing
        if side is Side.HQ and effects.postings:
            self._unseen.append((seq, effects.postings))
        if side is Side.STATION and self._unseen:
            self._unseen = [entry for entry in self._unseen if entry[0] > record.seen_seq]
        return effects

    def _keep(self, payment: Payment) -> None:
        if payment.seq not in self.payments:
            self._operations.setdefault(payment.operation_no, payment.seq)
            if payment.bill_no:
                self._bills[payment.biller_code, payment.account_no, payment.bill_no].append(payment.seq)
        self.payments[payment.seq] = payment

    def standing(self) -> Standing:
        """Give the single facts."""
        return self._standing

    def tariff(self, tariff_hash: bytes) -> Tariff | None:
        """Give a tariff by its hash, None if its content is not here."""
        return self._tariffs.get(tariff_hash)

    def payment(self, seq: int) -> Payment | None:
        """Find the payment taken by a station record."""
        return self.payments.get(seq)

    def payment_of_operation(self, operation_no: int) -> Payment | None:
        """Find the payment of a counter job."""
        seq = self._operations.get(operation_no)
        return None if seq is None else self.payments[seq]

    def payment_of_bill(self, biller_code: str, account_no: str, bill_no: str, seen_seq: int) -> Payment | None:
        """Find the payment that holds or has paid a bill, as far as HQ's records up to ``seen_seq`` tell."""
        seqs = self._bills.get((biller_code, account_no, bill_no), ())
        return next((self.payments[seq] for seq in seqs if claims_bill(self.payments[seq], seen_seq)), None)

    def subject(self, subject_class: type[_Subject], key: str) -> _Subject | None:
        """Find what records speak of beside payments, by its class and key."""
        place = SubjectKey(subject_class.SUBJECT, key)
        found = self.subjects.get(place)
        if found is None and self._earlier is not None:
            found = self._earlier(place)
        return cast("_Subject | None", found)

    def drawer_fen(self) -> int:
        """Give what should lie in the drawer."""
        return self.balances.get(_DRAWER, 0)

    def credit_free_fen(self, seen_seq: int) -> int:
        """Give the free credit that a station record with this ``seen_seq`` may use."""
        free_fen = self.balances.get(_FREE, 0)
        for seq, postings in self._unseen:
            if seq > seen_seq:
                changes = (change for posting in postings for change in balance_change(posting))
                free_fen -= sum(change_fen for ledger, change_fen in changes if ledger == _FREE)
        return free_fen

    def account_fen(self, account: Account, seen_seq: int) -> int:
        """Give an account's balance over all parties, without what HQ's records above ``seen_seq`` did."""
        total_fen = sum(fen for ledger, fen in self.balances.items() if ledger.account is account)
        for seq, postings in self._unseen:
            if seq > seen_seq:
                changes = (change for posting in postings for change in balance_change(posting))
                total_fen -= sum(change_fen for ledger, change_fen in changes if ledger.account is account)
        return total_fen

    def balances_at(self, seen_seq: int) -> defaultdict[Ledger, int]:
        """Give the balances without what HQ records above ``seen_seq`` did."""
        balances = defaultdict(int, self.balances)
        for seq, postings in self._unseen:
            if seq > seen_seq:
                for posting in postings:
                    for ledger, change_fen in balance_change(posting):
                        balances[ledger] -= change_fen
        return balances

    def balance_fen(self, account: Account, party: str = "") -> int:
        """Give one balance, positive on the account's normal side."""
        return self.balances.get(Ledger(account, party), 0)


def merge_order(
    station: Iterable[tuple[int, Record]], hq: Iterable[tuple[int, Record]]
) -> Iterable[tuple[Side, int, Record]]:
    """Interleave both journals in their one order: HQ's records come before the station record that had seen them.

    HQ records nobody had seen yet come last.
    """
    waiting = iter(hq)
    upcoming = next(waiting, None)
    for seq, record in station:
        while upcoming is not None and upcoming[0] <= record.seen_seq:
            yield Side.HQ, *upcoming
            upcoming = next(waiting, None)
        yield Side.STATION, seq, record
    while upcoming is not None:
        yield Side.HQ, *upcoming
        upcoming = next(waiting, None)
