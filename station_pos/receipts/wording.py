"""What papers say, in both languages; terms of the collection receipt 收据 as usual in the field."""

from __future__ import annotations

from station_pos.text import Catalogue

TEXT = Catalogue(
    {
        "receipt": ("代收费收据", "COLLECTION RECEIPT"),
        "pending": ("待定凭条", "RESULT PENDING"),
        "refund": ("退款凭条", "REFUND SLIP"),
        "reversal": ("冲正凭条", "REVERSAL SLIP"),
        "practice": ("【练习】", "[PRACTICE]"),
        "copy": ("【补打】第 {number} 次", "[COPY] No. {number}"),
        "void": ("【已冲正 作废】", "[REVERSED - VOID]"),
        "receipt_no": ("收据号", "Receipt no."),
        "institution": ("机构", "Institution"),
        "biller": ("收费单位", "Biller"),
        "service": ("业务", "Service"),
        "account": ("户号", "Account"),
        "payer": ("户名", "Payer"),
        "period": ("账期", "Period"),
        "amount": ("金额 {yuan}", "CNY {yuan}"),
        "fee": ("手续费 (资费)", "Tariff fee"),
        "total": ("合计", "Total"),
        "method": ("付款方式", "Paid by"),
        "cash": ("现金", "Cash"),
        "tendered": ("实收现金", "Cash received"),
        "change": ("找零", "Change"),
        "returned": ("退还现金", "Cash returned"),
        "business_date": ("营业日", "Business date"),
        "time": ("时间", "Time"),
        "our_no": ("本站流水", "Our no."),
        "biller_no": ("收费单位流水", "Biller no."),
        "offline": ("断网先收", "Taken offline"),
        "operator": ("操作员", "Operator"),
        "reason": ("原因", "Reason"),
        "undo": ("可撤销到", "Undo until"),
        "no_undo": (
            "缴错了请凭条找收费单位, 本站不能撤销。",
            "The station cannot undo it; the biller refunds by this slip.",
        ),
        "invoice": ("凭此收据到邮政网点补打发票。", "Bring this receipt to a post office branch for the invoice."),
        "complaint": ("投诉 {line}", "Complaints {line}"),
        "regulator": ("监管 12305", "Regulator 12305"),
        "head": ("链头 {head}", "Chain head {head}"),
        "pending_sentence": (
            "钱已收, 收费单位还没有答复。请不要重复缴费。系统会自己再问; 结果出来后凭此条取收据或退款。",
            "The money was taken; the biller has not answered yet. Do not pay again. Bring this slip back.",
        ),
        "refund_sentence": (
            "收费单位没有接受这笔缴费, 现金已退还顾客。",
            "The biller did not accept this payment; the cash was handed back.",
        ),
        "reversal_sentence": (
            "这笔缴费已冲正, 原收据作废并收回, 现金已退还顾客。",
            "This payment was reversed, its receipt is void and was taken back; the cash was handed back.",
        ),
        "label": ("货架标签 {code}", "Shelf label {code}"),
        "label_received": ("到件 {day}", "received {day}"),
        "signature": ("顾客签字 ____________", "Customer's signature ________"),
    }
)
