"""What papers and screens say of cash, in both languages."""

from __future__ import annotations

from station_journal.money import format_yuan
from station_pos.text import Catalogue

TEXT = Catalogue(
    {
        "z_title": ("日终报表 Z {number} 号", "DAY CLOSE Z {number}"),
        "x_title": ("X 报表 (试打, 未日终)", "X REPORT (NOT A CLOSE)"),
        "range": ("包含记录", "Records"),
        "from_to": ("第 {first} 到 {last} 条", "{first} to {last}"),
        "business_date": ("营业日", "Business date"),
        "time": ("时间", "Time"),
        "operator": ("操作员", "Operator"),
        "opening": ("期初现金", "Opening cash"),
        "expected": ("应有", "Expected"),
        "counted": ("实有 (数的)", "Counted"),
        "difference": ("差额", "Difference"),
        "line": ("{name} {count} 笔", "{name} {count}"),
        "services": ("其中缴费", "Of which bills"),
        "pending": ("待定 (结果未知)", "Pending"),
        "pending_count": ("{count} 笔", "{count}"),
        "coins": ("角币", "Coins"),
        "note": ("{face} 元 x {pieces}", "{face} x {pieces}"),
        "agreed": ("意见: 站主认可", "Verdict: agreed by the shopkeeper"),
        "no_difference": ("意见: 相符", "Verdict: agrees"),
        "case": ("争议号", "Dispute no."),
        "disputed": (
            "意见: 不认可, 记争议。原因未查明, 裁定前不扣款, 总部 5 个工作日内答复。",
            "Verdict: disputed. Unexplained: nothing is charged before a finding; HQ answers in 5 working days.",
        ),
        "signature": ("签字 ____________", "Signature ________"),
        "handed_over": ("交款人签字 ____________", "Handed over ____________"),
        "taken_over": ("收款人签字 ____________", "Taken over  ____________"),
        "head": ("链头 {head}", "Chain head {head}"),
        "entry": ("本站第", "Record"),
        "pouch_title": ("封袋解款单", "POUCH TO THE BRANCH"),
        "cancel_title": ("封袋取消单", "POUCH CANCELLED"),
        "accept_title": ("调拨现金收妥单", "POUCH FROM THE BRANCH"),
        "move_title": ("现金进出凭条", "CASH IN OR OUT"),
        "for_pouch": ("第 {number} 联, 共 2 联", "Copy {number} of 2"),
        "label": ("封袋号", "Pouch"),
        "stated": ("清单金额", "As stated"),
        "back": ("现金已全部放回抽屉。", "The whole cash is back in the drawer."),
        "differs": (
            "与清单不符, 差额挂账, 原因未查明, 不由本站承担。",
            "Differs from the manifest: the difference rests in suspense, unexplained, charged to nobody.",
        ),
        "amount": ("金额 {yuan}", "CNY {yuan}"),
        "reason": ("原因", "Reason"),
    }
)

KINDS = Catalogue(
    {
        "3": ("缴费收现", "Bills"),
        "7": ("退还顾客", "Cash returned"),
        "17": ("取款付出", "Withdrawals paid"),
        "26": ("代收货款", "Cash on delivery"),
        "31": ("寄件资费", "Postage"),
        "36": ("退代收货款", "COD given back"),
        "38": ("备用金", "Float"),
        "39": ("现金进出", "Cash in and out"),
        "40": ("封袋解款", "Pouches sealed"),
        "41": ("封袋取消", "Pouches cancelled"),
        "42": ("收调拨现金", "Pouches accepted"),
        "other": ("其他", "Other"),
    }
)
"""Names of the kinds of record that move the drawer, by number."""

REASONS = Catalogue(
    {
        "1": ("站主放入自己的钱", "Owner put in own money"),
        "2": ("站主取出自己的钱", "Owner took out own money"),
        "3": ("从银行取来", "From the bank"),
        "4": ("存入银行", "To the bank"),
        "5": ("店里卖货的钱", "Takings of the shop"),
        "6": ("店里开支", "Expense of the shop"),
    }
)
"""Names of the reasons of ``CashReason``, by number."""


def kind_name(kind: int) -> str:
    """Name a kind of record that moved the drawer."""
    return KINDS(str(kind) if str(kind) in KINDS else "other")


def signed(amount_fen: int) -> str:
    """Write an amount with its sign; nothing has none."""
    return ("+" if amount_fen > 0 else "") + format_yuan(amount_fen)
