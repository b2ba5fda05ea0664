"""What the records of a withdrawal do to the accounts.

Approval makes two debts at once: the bank owes the shop, the shop owes the customer the cash. Handing it out settles
the second and moves the drawer; the bank's word settles the first. What breaks a rule makes the claim rest in suspense
instead, and what the bank denies after the shop was told to pay does so too: never the drawer, never the shop.

Order never matters: a bank's word acts only on what HQ had seen of the withdrawal, and a station record builds only on
the words that it had seen; both are kept in the subject.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from station_journal.accounts import Account, Ledger, Posting
from station_journal.effects import NOTHING, At, Effects, move, suspense
from station_journal.facts.withdrawals import (
    BankAnswered,
    CreditRestored,
    PayoutInstructed,
    WithdrawalApproved,
    WithdrawalFailed,
    WithdrawalIntended,
    WithdrawalNumbersTold,
    WithdrawalPaid,
    WithdrawalPendingSlipIssued,
    WithdrawalTermsAgreed,
    WithdrawalVoidRefused,
    WithdrawalVoidRequested,
)
from station_journal.payment import Suspense
from station_journal.rules.withdrawal import (
    TERMS_KEY,
    BankWord,
    Claim,
    Terms,
    TermsBook,
    Withdrawal,
    WithdrawalState,
    withdrawal_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.effects import BooksView
    from station_journal.records import Record
    from station_journal.subject import SubjectKey

_DRAWER = Ledger(Account.DRAWER)
_DUE = Ledger(Account.PAYOUT_DUE)
_OWNER = Ledger(Account.OWNER_ACCOUNT)
_SHOP = Ledger(Account.SHOP_FUNDS)
_SUSPENSE = {
    Claim.REFUTED: Suspense.PAYOUT_REFUTED,
    Claim.OVER_ALLOWANCE: Suspense.OVER_PAYOUT_ALLOWANCE,
    Claim.NOT_APPROVED: Suspense.PAYOUT_NOT_APPROVED,
    Claim.DEBITED_NOT_PAID: Suspense.DEBITED_NOT_PAID,
}
_STANDS = frozenset({WithdrawalState.APPROVED, WithdrawalState.PAYABLE, WithdrawalState.VOIDING})


def terms_at(books: BooksView, record: Record, seen_seq: int) -> Terms:
    """Give the withdrawal terms that a record is made under."""
    book = books.subject(TermsBook, TERMS_KEY.key) or TermsBook()
    return book.at(record.business_date, seen_seq)


def payout_room_fen(books: BooksView, terms: Terms, seen_seq: int) -> int:
    """Give how much more may be paid out before the bank confirms some of it: free credit, allowance, less what waits.

    Below zero where more waits than is allowed.
    """
    waiting_fen = books.account_fen(Account.BANK_RECEIVABLE, seen_seq)
    return books.credit_free_fen(seen_seq) + terms.payout_allowance_fen - waiting_fen


def _ledger(claim: Claim, withdrawal: Withdrawal) -> Ledger:
    if claim is Claim.BANK:
        return Ledger(Account.BANK_RECEIVABLE, withdrawal.acquirer_code)
    if claim is Claim.OWNER:
        return _OWNER
    # Settled with HQ and granted back as credit: for the shop it is as if it had brought the cash to the branch.
    return _SHOP if claim is Claim.CREDIT else suspense(_SUSPENSE[claim])


def _shift(to: Claim, source: Claim, withdrawal: Withdrawal) -> tuple[Posting, ...]:
    debit, credit = _ledger(to, withdrawal), _ledger(source, withdrawal)
    return () if debit == credit else move(debit, credit, withdrawal.amount_fen)


def _found(at: At, seq: int) -> Withdrawal | None:
    return at.books.subject(Withdrawal, withdrawal_key(seq).key)


def _intended(at: At, fact: WithdrawalIntended) -> Effects:
    made = Withdrawal(
        seq=at.seq,
        operation_no=fact.operation_no,
        recorded_at=at.record.recorded_at,
        business_date=at.record.business_date,
        operator_no=at.record.actor.number,
        amount_fen=fact.amount_fen,
        known_receipt_no=fact.known_receipt_no,
        known_trace_no=fact.known_trace_no,
        by_agent=fact.by_agent,
        person_name=fact.person_name,
        id_kind=fact.id_kind,
        id_masked=fact.id_masked,
    )
    standing = at.books.standing()
    counted = replace(standing, operation_no=fact.operation_no) if fact.operation_no > standing.operation_no else None
    return Effects(standing=counted, subjects=(made,))


def _approved(at: At, fact: WithdrawalApproved) -> Effects:
    found = _found(at, fact.withdrawal_seq)
    if found is None or found.state is not WithdrawalState.INTENDED:
        return Effects(broken=Suspense.PAYOUT_NOT_APPROVED)
    approved = replace(
        found,
        state=WithdrawalState.APPROVED,
        card_last4=fact.card_last4,
        issuer=fact.issuer,
        card_token=fact.card_token,
        trace_no=fact.trace_no,
        reference_no=fact.reference_no,
        auth_code=fact.auth_code,
        batch_no=fact.batch_no,
        receipt_no=fact.receipt_no,
        terminal_no=fact.terminal_no,
        merchant_no=fact.merchant_no,
        terminal_time=fact.terminal_time,
        fee_fen=fact.fee_fen,
        fee_payer=fact.fee_payer,
        asked_again=fact.asked_again,
        approved_seq=at.seq,
    )
    terms = terms_at(at.books, at.record, at.record.seen_seq)
    room_fen = payout_room_fen(at.books, terms, at.record.seen_seq)
    placing = Claim.BANK if found.amount_fen <= room_fen else Claim.OVER_ALLOWANCE
    return _placed(at, replace(approved, acquirer_code=terms.acquirer_code), placing, _DUE)


def _placed(at: At, withdrawal: Withdrawal, placing: Claim, against: Ledger) -> Effects:
    """Bring the claim into the books, where the bank's word as far as it was seen says, else at ``placing``."""
    seen = [word for word in withdrawal.words if word.seq <= at.record.seen_seq]
    fee: tuple[Posting, ...] = ()
    if seen:
        last = seen[-1]
        placing = last.claim
        fee = move(_OWNER, _SHOP, last.fee_fen)
        words = tuple(word._replace(acted=True) if word.seq == last.seq else word for word in withdrawal.words)
        withdrawal = replace(withdrawal, words=words)
    placed = replace(withdrawal, placed_seq=at.seq, placing=placing)
    reason = _SUSPENSE.get(placing)
    return Effects(move(_ledger(placing, placed), against, placed.amount_fen) + fee, subjects=(placed,), broken=reason)


def _instructed(at: At, fact: PayoutInstructed) -> Effects:
    found = _found(at, fact.withdrawal_seq)
    if found is None or found.state in {WithdrawalState.PAID, WithdrawalState.FAILED}:
        return Effects(broken=Suspense.PAYOUT_NOT_DUE)
    payable = replace(found, state=WithdrawalState.PAYABLE, instructed_seq=found.instructed_seq or at.seq)
    if found.state is not WithdrawalState.INTENDED:
        return Effects(subjects=(payable,))
    terms = terms_at(at.books, at.record, at.record.seen_seq)
    return _placed(at, replace(payable, acquirer_code=terms.acquirer_code), Claim.NOT_APPROVED, _DUE)


def _paid(at: At, fact: WithdrawalPaid) -> Effects:
    found = _found(at, fact.withdrawal_seq)
    if found is None:
        return Effects(broken=Suspense.PAYOUT_NOT_DUE)
    paid = replace(found, state=WithdrawalState.PAID, paid_seq=at.seq, notes_exchanged=fact.notes_exchanged)
    if found.state in _STANDS:
        return Effects(move(_DUE, _DRAWER, found.amount_fen), subjects=(paid,))
    if found.state is WithdrawalState.INTENDED:
        return _placed(at, paid, Claim.NOT_APPROVED, _DRAWER)
    cash = move(suspense(Suspense.PAYOUT_NOT_DUE), _DRAWER, found.amount_fen)
    return Effects(cash, broken=Suspense.PAYOUT_NOT_DUE)


def _failed(at: At, fact: WithdrawalFailed) -> Effects:
    found = _found(at, fact.withdrawal_seq)
    if found is None or found.state in {WithdrawalState.PAID, WithdrawalState.FAILED}:
        return Effects(broken=Suspense.PAYOUT_NOT_DUE)
    failed = replace(
        found, state=WithdrawalState.FAILED, failed_seq=at.seq, failure=int(fact.failure), reason=fact.reason
    )
    if found.state is WithdrawalState.INTENDED:
        return Effects(subjects=(failed,))
    seen = [word for word in found.words if word.acted and word.seq <= at.record.seen_seq]
    back = seen[-1].claim if seen else found.placing
    return Effects(move(_DUE, _ledger(back, found), found.amount_fen), subjects=(replace(failed, back=back),))


def _numbers_told(at: At, fact: WithdrawalNumbersTold) -> Effects:
    found = _found(at, fact.withdrawal_seq)
    if found is None:
        return NOTHING
    told = replace(
        found,
        told_seq=at.seq,
        told_trace_no=fact.trace_no,
        told_receipt_no=fact.receipt_no,
        undone_trace_no=fact.undone_trace_no,
    )
    return Effects(subjects=(told,))


def _pending_slip(at: At, fact: WithdrawalPendingSlipIssued) -> Effects:
    found = _found(at, fact.withdrawal_seq)
    if found is None:
        return NOTHING
    return Effects(
        subjects=(
            replace(
                found,
                pending_seq=at.seq,
                card_last4=found.card_last4 or fact.card_last4,
                issuer=found.issuer or fact.issuer,
                card_token=found.card_token or fact.card_token,
            ),
        )
    )


def _void_requested(at: At, fact: WithdrawalVoidRequested) -> Effects:
    found = _found(at, fact.withdrawal_seq)
    if found is None or found.state is not WithdrawalState.PAYABLE:
        return NOTHING
    return Effects(subjects=(replace(found, state=WithdrawalState.VOIDING, void_seq=at.seq),))


def _void_refused(at: At, fact: WithdrawalVoidRefused) -> Effects:
    found = _found(at, fact.withdrawal_seq)
    if found is None or found.state is not WithdrawalState.VOIDING:
        return NOTHING
    return Effects(subjects=(replace(found, state=WithdrawalState.PAYABLE, reason=fact.reason),))


def _terms_agreed(at: At, fact: WithdrawalTermsAgreed) -> Effects:
    book = at.books.subject(TermsBook, TERMS_KEY.key) or TermsBook()
    version = Terms(
        seq=at.seq,
        effective_on=fact.effective_on,
        acquirer_code=fact.acquirer_code,
        acquirer_name=fact.acquirer_name,
        acquirer_name_en=fact.acquirer_name_en,
        payout_allowance_fen=fact.payout_allowance_fen,
        restores_credit=fact.restores_credit,
        card_day_cap_fen=fact.card_day_cap_fen,
        least_fen=fact.least_fen,
        fee_fen=fact.fee_fen,
        fee_payer=fact.fee_payer,
        first_free_scope=fact.first_free_scope,
    )
    return Effects(subjects=(TermsBook((*book.versions, version)),))


def _bank_answered(at: At, fact: BankAnswered) -> Effects:
    """Let the bank's word move the claim, as far as HQ had seen the withdrawal when it wrote this record."""
    seen = at.record.seen_seq
    found = _found(at, fact.withdrawal_seq) if fact.withdrawal_seq <= seen else None
    if found is None:
        return NOTHING
    restores = terms_at(at.books, at.record, at.seq).restores_credit
    target = Claim.REFUTED if not fact.debited else Claim.CREDIT if restores else Claim.OWNER
    fee_fen = fact.fee_fen if fact.debited else 0
    placed, failed = 0 < found.placed_seq <= seen, 0 < found.failed_seq <= seen
    if not placed and not failed:
        word = BankWord(at.seq, fact.debited, fee_fen, acted=False, claim=target)
        return Effects(subjects=(replace(found, words=(*found.words, word)),))
    before = found.acted_word
    current = before.claim if before else found.placing if placed else Claim.DEBITED_NOT_PAID
    postings: tuple[Posting, ...] = ()
    back, broken = found.back, None if fact.debited or failed else Suspense.PAYOUT_REFUTED
    if failed:
        back = found.back if placed else Claim.DEBITED_NOT_PAID
        if fact.debited:
            postings, back = _shift(back, Claim.DEBITED_NOT_PAID, found), Claim.DEBITED_NOT_PAID
            broken = Suspense.DEBITED_NOT_PAID
        else:
            target = back
    postings = _shift(target, current, found) + postings + _fee_change(before.fee_fen if before else 0, fee_fen)
    word = BankWord(at.seq, fact.debited, fee_fen, acted=True, claim=target)
    return Effects(postings, subjects=(replace(found, words=(*found.words, word), back=back),), broken=broken)


def _fee_change(before_fen: int, after_fen: int) -> tuple[Posting, ...]:
    return move(_OWNER, _SHOP, after_fen - before_fen) + move(_SHOP, _OWNER, before_fen - after_fen)


def _credit_restored(at: At, fact: CreditRestored) -> Effects:
    """Grant the principal back, once, where the bank's word that HQ acted on settled it with HQ."""
    seen = at.record.seen_seq
    found = _found(at, fact.withdrawal_seq) if fact.withdrawal_seq <= seen else None
    if found is None or not 0 < found.placed_seq <= seen:
        return NOTHING
    word = found.acted_word
    settled = word is not None and word.claim is Claim.CREDIT
    if not settled or found.restored_seq or fact.amount_fen != found.amount_fen:
        return Effects(broken=Suspense.NOT_RESTORABLE)
    granted = move(Ledger(Account.BANK_CLEARING), Ledger(Account.CREDIT_FREE), fact.amount_fen)
    return Effects(granted, subjects=(replace(found, restored_seq=at.seq),))


def _key_of_own(seq: int, _record: Record, _fact: WithdrawalIntended) -> tuple[SubjectKey, ...]:
    return (withdrawal_key(seq),)


def _keys(_seq: int, _record: Record, fact: Any) -> tuple[SubjectKey, ...]:  # noqa: ANN401  any fact that names one
    return withdrawal_key(fact.withdrawal_seq), TERMS_KEY


def _terms_key(_seq: int, _record: Record, _fact: WithdrawalTermsAgreed) -> tuple[SubjectKey, ...]:
    return (TERMS_KEY,)


RULES: dict[type, Callable[[At, Any], Effects]] = {
    WithdrawalIntended: _intended,
    WithdrawalApproved: _approved,
    PayoutInstructed: _instructed,
    WithdrawalPaid: _paid,
    WithdrawalFailed: _failed,
    WithdrawalNumbersTold: _numbers_told,
    WithdrawalPendingSlipIssued: _pending_slip,
    WithdrawalVoidRequested: _void_requested,
    WithdrawalVoidRefused: _void_refused,
    WithdrawalTermsAgreed: _terms_agreed,
    BankAnswered: _bank_answered,
    CreditRestored: _credit_restored,
}
KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {
    WithdrawalIntended: _key_of_own,
    WithdrawalTermsAgreed: _terms_key,
    **{fact: _keys for fact in RULES if fact not in {WithdrawalIntended, WithdrawalTermsAgreed}},
}
SUBJECTS = (Withdrawal, TermsBook)
