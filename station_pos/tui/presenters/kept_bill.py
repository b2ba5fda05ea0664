"""A half-typed bill payment as it is kept: the least that opens it again, and the words it has on a list."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal.masking import mask_account
from station_pos.counter import Candidate
from station_pos.services.kept_jobs import BILL, KeptJob
from station_pos.text import either
from station_pos.tui.presenters.bill import Step

if TYPE_CHECKING:
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.bill import Draft

_TYPED_STEPS = {Step.ACCOUNT, Step.AMOUNT, Step.TENDER}
"""Steps whose typing is kept; an amount that has to be typed twice is typed twice."""


@dataclass(frozen=True, slots=True)
class KeptBill:
    """What a kept bill payment holds. ``amount`` is what the operator keyed, empty where the biller stated it.

    ``typed`` is what stood on the input line of ``step``.
    """

    product_code: int
    account_no: str
    payer_name: str
    amount: str
    step: Step
    typed: str

    def typed_at(self, step: Step) -> str:
        """Give what the input line of a step held, or the amount that was keyed before it."""
        if step is self.step:
            return self.typed
        return self.amount if step is Step.AMOUNT else ""


def is_worth_keeping(draft: Draft, typed: str) -> bool:
    """Tell whether anything was typed that would be lost."""
    return bool(draft.account_no or typed)


def kept_job(desk: Desk, numbers: tuple[int, int], draft: Draft, step: Step, typed: str) -> KeptJob:
    """Give the draft at a step as it is kept; ``numbers`` are those of the job and of its operation."""
    amount = f"{draft.amount_fen // 100}.{draft.amount_fen % 100:02d}" if draft.keyed and draft.amount_fen else ""
    typed = typed if step in _TYPED_STEPS else ""
    contents = [draft.product.code, draft.account_no, draft.payer_name, amount, int(step), typed]
    who = draft.payer_name or mask_account(draft.account_no or typed)
    return KeptJob(
        job_no=numbers[0],
        service=BILL,
        operation_no=numbers[1],
        operator_no=desk.operator_no,
        kept_at=desk.now(),
        business_date=desk.state().business_date,
        title=f"{either(draft.product.name, draft.product.name_en)} {who}",
        amount_fen=draft.total_fen if draft.amount_fen else 0,
        contents=json.dumps(contents, ensure_ascii=False),
    )


def read_kept(job: KeptJob) -> KeptBill | None:
    """Read what a kept bill payment holds; None where it is none that this version wrote."""
    try:
        product_code, account_no, payer_name, amount, step, typed = json.loads(job.contents)
        return KeptBill(int(product_code), str(account_no), str(payer_name), str(amount), Step(step), str(typed))
    except (ValueError, TypeError):
        return None


def candidate_of(desk: Desk, kept: KeptBill | None) -> Candidate | None:
    """Give what the payment screen opens for a kept job; None where its product is not sold any more."""
    product = next((one for one in desk.counter.products() if kept and one.code == kept.product_code), None)
    return Candidate(product, kept.account_no, kept.payer_name, 0, None, None) if product and kept else None
