"""Why an enrolment ends without one, each with its sentence."""

from __future__ import annotations

from enum import StrEnum

from station_pos.text import Catalogue

_TEXT = Catalogue(
    {
        "code_form": ("登记码应为 {count} 个字符。", "The enrolment code has {count} characters."),
        "refused": ("总部没有批准本次登记：{why}", "HQ refused the enrolment: {why}"),
        "proof_wrong": (
            "对方不知道登记码，不是签发登记码的总部，登记没有完成。",
            "The server does not know the code, so it is not the HQ that gave it: not enrolled.",
        ),
        "certificate_wrong": (
            "总部给的证书与本机或签名不符，登记没有完成。",
            "A certificate from HQ is not for this machine or not signed by HQ: not enrolled.",
        ),
        "other_hq": (
            "总部的密钥与以前登记时不同，登记没有完成，请联系总部核实。",
            "HQ's key is not the one of the earlier enrolment: not enrolled; ask HQ in person.",
        ),
        "history_differs": (
            "总部保存到第 {prior} 条，本机到第 {own} 条，两边历史接不上，登记没有完成。",
            "HQ holds records up to {prior}, this machine up to {own}, and they do not join: not enrolled.",
        ),
        "not_hq": ("对方的回复不是总部系统的格式。", "The answer is not of HQ's form."),
    }
)


class EnrolmentFault(StrEnum):
    """Why an enrolment ended; the values are the ids of their sentences."""

    CODE_FORM = "code_form"
    REFUSED = "refused"
    PROOF_WRONG = "proof_wrong"
    CERTIFICATE_WRONG = "certificate_wrong"
    OTHER_HQ = "other_hq"
    HISTORY_DIFFERS = "history_differs"
    NOT_HQ = "not_hq"


class EnrolmentError(Exception):
    """The enrolment cannot go on; one sentence. The journal and an earlier enrolment are untouched."""

    def __init__(self, fault: EnrolmentFault, **figures: object) -> None:
        """Keep the reason beside the sentence made of it."""
        super().__init__(_TEXT(fault.value, **figures))
        self.fault = fault
