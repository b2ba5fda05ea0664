"""What corrections, cases and rulings are called, on paper and on the screen. Nothing here says whose fault it is."""

from __future__ import annotations

from station_journal.facts.disputes import (
    CorrectedBook,
    CorrectionAnswer,
    CorrectionReason,
    DisputeAbout,
    DisputeGround,
    FindingCause,
)
from station_pos.text import Catalogue

BOOKS = Catalogue(
    {
        CorrectedBook.CREDIT.name: ("信誉额度", "Credit"),
        CorrectedBook.COMMISSION.name: ("酬金", "Commission"),
        CorrectedBook.CURRENT.name: ("站点往来", "Current account"),
    }
)
REASONS = Catalogue(
    {
        CorrectionReason.AMOUNT_DIFFERS.name: ("金额与证据不符", "Amount differs from the evidence"),
        CorrectionReason.BOOKED_TWICE.name: ("记了两次", "Booked twice"),
        CorrectionReason.NOT_BOOKED.name: ("没有记", "Not booked"),
        CorrectionReason.WRONG_ACCOUNT.name: ("记到别处", "Booked elsewhere"),
        CorrectionReason.RATE_APPLIED_WRONGLY.name: ("费率用错", "Rate applied wrongly"),
        CorrectionReason.MONEY_FOUND.name: ("找到一笔款", "Money found"),
        CorrectionReason.OTHER.name: ("其他", "Other"),
    }
)
ANSWERS = Catalogue(
    {
        CorrectionAnswer.ACCEPTED.name: ("认可", "Accepted"),
        CorrectionAnswer.DISPUTED.name: ("不认可, 提争议", "Disputed"),
        CorrectionAnswer.ASKED.name: ("先问清楚", "Asked"),
    }
)
GROUNDS = Catalogue(
    {
        DisputeGround.NOT_GIVEN.name: ("不填理由", "No ground given"),
        DisputeGround.FIGURE_WRONG.name: ("数不对", "The figure is wrong"),
        DisputeGround.NOT_MINE.name: ("不是我站的", "Not this station's"),
        DisputeGround.PUT_RIGHT_BEFORE.name: ("以前已改过", "Put right before"),
        DisputeGround.EVIDENCE_MISSING.name: ("没有证据", "No evidence"),
        DisputeGround.EVIDENCE_WRONG.name: ("证据对不上", "The evidence does not fit"),
        DisputeGround.TOO_LATE_TO_TRACE.name: ("太久了, 找不到顾客", "Too late to trace the customer"),
        DisputeGround.SYSTEM_FAILED.name: ("当时系统或线路有问题", "The system or the line failed then"),
    }
)
ABOUT = Catalogue(
    {
        DisputeAbout.CORRECTION.name: ("总部的更正", "Correction by HQ"),
        DisputeAbout.CLOSE.name: ("日终差额", "Difference at a close"),
        DisputeAbout.COMMISSION.name: ("酬金清单", "Commission statement"),
        DisputeAbout.STATION_RECORD.name: ("本站记录", "Own record"),
        DisputeAbout.HQ_RECORD.name: ("总部记录", "HQ record"),
    }
)
CAUSES = Catalogue(
    {
        FindingCause.SYSTEM_FAULT.name: ("系统或设备问题", "Fault of a system or device"),
        FindingCause.HQ_ERROR.name: ("总部记错", "Booked wrongly at HQ"),
        FindingCause.THIRD_PARTY.name: ("收费单位, 银行或投递员", "Biller, bank or courier"),
        FindingCause.STATION_ENTRY.name: ("柜台录入", "Entry at the counter"),
        FindingCause.CASH_HANDLING.name: ("现金收付", "Handling of cash"),
        FindingCause.STATION_AGREES.name: ("站点同意", "The station agrees"),
        FindingCause.NOT_FOUND.name: ("查遍仍不明", "Not found out"),
    }
)
