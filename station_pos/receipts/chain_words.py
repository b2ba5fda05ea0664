"""The chain behind a payment, withdrawal or bought credit as the station tells it: own links, HQ's, what is missing.

What the station knows itself stands first and never depends on HQ; a posting that only one side names says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from station_journal.account_words import posting_words
from station_journal.bought_credit import BoughtCredit
from station_journal.chain import CREDIT_ORDER, SALE_ORDER, STAGE_WORDS, ChainLink, ChainStage
from station_journal.own_postings import station_seq
from station_journal.payment import Payment, PaymentStatus
from station_journal.reference_no import our_no
from station_journal.rules.withdrawal import WithdrawalState
from station_pos.text import Catalogue, either

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from station_journal.chain import ChainAnswer
    from station_journal.own_postings import Followed, OwnPosting
    from station_journal.rules.withdrawal import Withdrawal

TEXT = Catalogue(
    {
        ChainStage.RECEIPT.name: ("还没有开凭证", "no receipt yet"),
        ChainStage.HELD.name: ("还没有传到总部", "not sent to HQ yet"),
        ChainStage.ANSWER.name: ("对方还没有答复", "no answer yet"),
        ChainStage.FILE_LINE.name: ("对方的对账文件里还没有", "not in their file yet"),
        ChainStage.WINDOW.name: ("还没有进清算批次", "in no settlement yet"),
        ChainStage.ORDER.name: ("还没有付款", "not paid on yet"),
        ChainStage.BANK_LINE.name: ("银行流水里还没有", "not on the bank's statement yet"),
        ChainStage.BREAK.name: ("没有差错", "no difference"),
        ChainStage.PURCHASE.name: ("总部还没有说是哪一笔购买", "HQ has not said yet which purchase it was"),
        ChainStage.BALANCE.name: ("站点的记录还没有用到这笔额度", "no record of the station has met it yet"),
        "not_heard": ("没问到总部, 不知道", "HQ not heard, not known"),
        "own_only": ("{said} (总部所述里没有)", "{said} (not in what HQ stated)"),
        "hq_only": ("{said} (只在总部所述里)", "{said} (only in what HQ stated)"),
    }
)
_STATUS = {
    PaymentStatus.HELD: ("结果未知", "outcome not known"),
    PaymentStatus.CONFIRMED: ("成功", "confirmed"),
    PaymentStatus.DECLINED: ("失败", "declined"),
    PaymentStatus.REVERSED: ("已冲正", "reversed"),
    PaymentStatus.SUSPENDED: ("挂账", "in suspense"),
}
_WITHDRAWAL_STATE = {
    WithdrawalState.INTENDED: ("等刷卡机答复", "waits for the terminal"),
    WithdrawalState.APPROVED: ("银行已批准", "approved by the bank"),
    WithdrawalState.PAYABLE: ("应付现金", "cash to be paid out"),
    WithdrawalState.VOIDING: ("正在撤销", "being undone"),
    WithdrawalState.PAID: ("现金已付", "cash paid out"),
    WithdrawalState.FAILED: ("没有成功", "did not come about"),
}
_HQS = (ChainStage.FILE_LINE, ChainStage.WINDOW, ChainStage.ORDER, ChainStage.BANK_LINE, ChainStage.BREAK)


class Course(NamedTuple):
    """Which stages a chain has, in order.

    Those in ``own`` the station alone tells. Of ``missed`` it is said when they are not there yet; of ``hqs`` among
    them only HQ knows anything, so without its word they are not known.
    """

    order: tuple[ChainStage, ...]
    own: frozenset[ChainStage]
    hqs: frozenset[ChainStage]
    missed: frozenset[ChainStage]


_SALE = Course(
    SALE_ORDER,
    frozenset({ChainStage.RECEIPT, ChainStage.RECORD, ChainStage.ANSWER}),
    frozenset(_HQS),
    frozenset({ChainStage.RECEIPT, ChainStage.HELD, ChainStage.ANSWER, *_HQS}),
)
_WITHDRAWAL = _SALE._replace(order=tuple(stage for stage in SALE_ORDER if stage is not ChainStage.ORDER))
_CREDIT = Course(
    CREDIT_ORDER,
    frozenset(),
    frozenset({ChainStage.BANK_LINE, ChainStage.BALANCE, ChainStage.BREAK}),
    frozenset({ChainStage.PURCHASE, ChainStage.BANK_LINE, ChainStage.BALANCE, ChainStage.BREAK}),
)
_CREDIT_OPENED = _CREDIT._replace(missed=_CREDIT.missed | {ChainStage.HELD})


class OwnFacts(NamedTuple):
    """What the station's own books say around a subject; ``held`` is None where it is not asked whether HQ holds it.

    For bought credit ``answered_on`` is the day on which HQ granted or sold it.
    """

    station_code: str
    digest: bytes
    receipt_on: date | None
    answered_on: date | None
    held: bool | None
    postings: tuple[OwnPosting, ...] = ()


class Step(NamedTuple):
    """One step as it is shown; ``there`` is False for what is not there yet, or not known."""

    stage: ChainStage
    on: date | None
    reference: str
    amount_fen: int | None
    said: str
    there: bool = True

    @property
    def name(self) -> str:
        """What the place is called."""
        return either(*STAGE_WORDS[self.stage])


def own_links(subject: Followed, own: OwnFacts) -> tuple[ChainLink, ...]:
    """Give the links that the station's own journals hold."""
    if isinstance(subject, BoughtCredit):
        return (*_of_credit(subject, own), *_postings_and_held(subject, own))
    before, after = _of_payment(subject, own) if isinstance(subject, Payment) else _of_withdrawal(subject, own)
    return (*before, *_postings_and_held(subject, own), *after)


def subject_fen(subject: Followed) -> int:
    """Give what the customer paid or was to be paid, or the credit that was bought."""
    return subject.total_fen if isinstance(subject, Payment) else subject.amount_fen


def course_of(subject: Followed) -> Course:
    """Give the stages that a subject's chain has: the bank pays a withdrawal without an order of HQ."""
    if isinstance(subject, BoughtCredit):
        return _CREDIT_OPENED if subject.opened_seq else _CREDIT
    return _SALE if isinstance(subject, Payment) else _WITHDRAWAL


_Links = tuple[ChainLink, ...]


def _of_payment(payment: Payment, own: OwnFacts) -> tuple[_Links, _Links]:
    code, day, fen = own.station_code, payment.business_date, payment.total_fen
    zh, en = _STATUS[payment.status]
    number = our_no(code, payment.seq, own.digest)
    record = ChainLink(ChainStage.RECORD, day, number, fen, f"{payment.account_no} {zh}", f"{payment.account_no} {en}")
    before: _Links = (record,)
    after: _Links = ()
    if payment.receipt_seq:
        said = f"凭证号 {payment.receipt_no}", f"receipt {payment.receipt_no}"
        receipt = ChainLink(ChainStage.RECEIPT, own.receipt_on, f"{code} S{payment.receipt_seq}", fen, *said)
        before = (receipt, record)
    if payment.answered_seq:
        said = f"{payment.biller_code} {zh}", f"{payment.biller_code} {en}"
        place = payment.biller_no or f"H{payment.answered_seq}"
        after = (ChainLink(ChainStage.ANSWER, own.answered_on, place, None, *said),)
    return before, after


def _of_withdrawal(withdrawal: Withdrawal, own: OwnFacts) -> tuple[_Links, _Links]:
    code, day, fen = own.station_code, withdrawal.business_date, withdrawal.amount_fen
    zh, en = _WITHDRAWAL_STATE[withdrawal.state]
    card = f"*{withdrawal.card_last4}" if withdrawal.card_last4 else ""
    number = our_no(code, withdrawal.seq, own.digest)
    record = ChainLink(ChainStage.RECORD, day, number, fen, f"{card} {zh}".strip(), f"{card} {en}".strip())
    before: _Links = (record,)
    after: _Links = ()
    if withdrawal.approved_seq:
        numbers = f"{withdrawal.terminal_no} {withdrawal.trace_no}"
        said = f"刷卡机和流水号 {numbers}", f"terminal and trace {numbers}"
        slip = ChainLink(ChainStage.RECEIPT, own.receipt_on, f"{code} S{withdrawal.approved_seq}", fen, *said)
        before = (slip, record)
    word = withdrawal.last_word
    if word is not None:
        said = f"银行称{'已' if word.debited else '未'}扣款", f"the bank says: {'' if word.debited else 'not '}debited"
        after = (ChainLink(ChainStage.ANSWER, own.answered_on, f"H{word.seq}", None, *said),)
    return before, after


def _of_credit(credit: BoughtCredit, own: OwnFacts) -> Iterator[ChainLink]:
    code, fen, grant = own.station_code, credit.amount_fen, credit.grant
    if credit.purchase_no:
        said = f"第 {credit.purchase_no} 号购买", f"purchase {credit.purchase_no}"
        yield ChainLink(ChainStage.PURCHASE, None, f"{code} P{credit.purchase_no}", fen, *said)
    if grant is None:
        said = "总部写入额度, 联网下发", "granted by HQ over the line"
        yield ChainLink(ChainStage.GRANT, own.answered_on, f"{code} H{credit.granted_seq}", fen, *said)
        return
    number, until = grant.grant_no, grant.valid_until
    said = f"密封额度 {number} 号, 有效至 {until}", f"sealed grant {number}, good until {until}"
    yield ChainLink(ChainStage.GRANT, None, f"{code} H{grant.sealed_seq}", fen, *said)
    told = (
        (grant.sold_seq, own.answered_on, ("已售出", "sold")),
        (grant.revoked_seq, None, ("密封额度收回", "the sealed grant was withdrawn")),
        (grant.returned_seq, None, ("改为联网到账", "granted over the line instead")),
    )
    for seq, on, words in told:
        if seq:
            yield ChainLink(ChainStage.GRANT, on, f"{code} H{seq}", fen, *words)
    if grant.released_seq:
        said = "凭证码充值", "opened with its code"
        number_on_paper = our_no(code, grant.released_seq, own.digest)
        yield ChainLink(ChainStage.RECORD, own.receipt_on, number_on_paper, fen, *said)


def _postings_and_held(subject: Followed, own: OwnFacts) -> Iterator[ChainLink]:
    for _, _, posting in own.postings:
        words = posting_words(posting)
        yield ChainLink(ChainStage.POSTING, subject.business_date, "", posting.amount_fen, *words)
    if own.held:
        said = "总部已签收这条记录", "HQ has countersigned this record"
        yield ChainLink(ChainStage.HELD, None, f"{own.station_code} S{station_seq(subject)}", None, *said)


def steps(
    own: tuple[ChainLink, ...], heard: ChainAnswer | None, course: Course, *, tells_held: bool = True
) -> tuple[Step, ...]:
    """Join what the station knows with what HQ stated, in the order of the chain, with a line for what is missing.

    ``tells_held``: the station's own links say whether HQ holds the record.
    """
    theirs = heard.links if heard is not None else ()
    found: list[Step] = []
    for stage in course.order:
        mine = [link for link in own if link.stage is stage]
        hqs = [link for link in theirs if link.stage is stage]
        if stage is ChainStage.POSTING:
            found += _postings(mine, hqs, heard=heard is not None)
        elif stage is ChainStage.HELD and not (mine or hqs or tells_held):
            continue
        elif stage in course.own or not hqs:
            found += [_step(link) for link in mine] or _missing(stage, course, heard=heard is not None)
        else:
            found += [_step(link) for link in hqs]
    return tuple(found)


def _step(link: ChainLink, said: str = "") -> Step:
    return Step(link.stage, link.on, link.reference, link.amount_fen, said or either(link.said, link.said_en))


def _missing(stage: ChainStage, course: Course, *, heard: bool) -> list[Step]:
    if stage not in course.missed:
        return []
    unknown = stage in course.hqs and not heard
    return [Step(stage, None, "", None, TEXT("not_heard" if unknown else stage.name), there=False)]


def _postings(mine: list[ChainLink], hqs: list[ChainLink], *, heard: bool) -> list[Step]:
    """Put the postings of both sides side by side; they are the same function of the same records.

    What HQ stated may be older than what the station knows, so a posting is said to be missing in its statement, and
    not in its books. One that HQ has twice stands there twice.
    """
    left = list(hqs)
    found = []
    for link in mine:
        same = next((one for one in left if (one.said, one.amount_fen) == (link.said, link.amount_fen)), None)
        if same is not None:
            left.remove(same)
            found.append(_step(same))
        else:
            words = either(link.said, link.said_en)
            found.append(_step(link, TEXT("own_only", said=words) if heard else words))
    return found + [_step(link, TEXT("hq_only", said=either(link.said, link.said_en))) for link in left]
