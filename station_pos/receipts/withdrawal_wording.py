"""What withdrawal slips say, in both languages; the fields are those of a sales slip 签购单."""

from __future__ import annotations

from station_pos.text import Catalogue

TEXT = Catalogue(
    {
        "title": ("助农取款凭条", "CASH WITHDRAWAL"),
        "title_failed": ("取款未成凭条", "WITHDRAWAL NOT DONE"),
        "title_pending": ("取款待定凭条", "WITHDRAWAL PENDING"),
        "copy_merchant": ("商户存根", "MERCHANT COPY"),
        "copy_customer": ("顾客存根", "CUSTOMER COPY"),
        "copy": ("【补打】第 {number} 次", "[COPY] No. {number}"),
        "merchant": ("商户名称", "Merchant"),
        "merchant_no": ("商户号", "Merchant no."),
        "terminal_no": ("终端号", "Terminal no."),
        "operator": ("操作员", "Operator"),
        "acquirer": ("收单机构", "Acquirer"),
        "issuer": ("发卡机构", "Issuer"),
        "card": ("卡号", "Card"),
        "kind": ("交易类型", "Type"),
        "kind_withdrawal": ("助农取款", "Cash withdrawal"),
        "batch": ("批次号", "Batch no."),
        "trace": ("凭证号", "Voucher no."),
        "receipt": ("终端单号", "Receipt no."),
        "reference": ("参考号", "Reference no."),
        "auth": ("授权码", "Auth code"),
        "time": ("日期时间", "Date and time"),
        "our_no": ("本站流水", "Our no."),
        "institution": ("机构", "Institution"),
        "amount": ("金额 {yuan}", "CNY {yuan}"),
        "fee": ("手续费", "Fee"),
        "fee_CUSTOMER": ("{yuan} 由顾客卡付, 不付现金", "{yuan} from the card, no cash"),
        "fee_BANK": ("{yuan} 由银行付", "{yuan} paid by the bank"),
        "fee_WAIVED": ("0.00 免", "0.00 waived"),
        "collector": ("代取人", "Collector"),
        "pay": ("请付现金 {yuan}", "PAY OUT {yuan}"),
        "confirm": ("本人确认以上交易, 现金已当面点清。", "I confirm this transaction and have counted the cash."),
        "signature": ("持卡人签字 ____________", "Cardholder's signature ______"),
        "signature_agent": ("代取人签字 ____________", "Collector's signature ______"),
        "not_debited": ("没有付现金。{reason}", "No cash was paid. {reason}"),
        "reversed": (
            "若卡上曾被扣款, 已由刷卡机冲正, 原路退回。",
            "Whatever was debited from the card goes back to it: the terminal reversed it.",
        ),
        "pending_1": (
            "结果还不知道。没有付现金, 请不要重做。",
            "Nobody knows the result yet. No cash was paid; do not repeat it.",
        ),
        "pending_2": (
            "系统会一直向刷卡机和银行查询。若卡被扣款: 凭此条来取现金, 或由银行原路退回; 若没有扣款, 此条作废。",
            "The machine keeps asking. If the card was debited, bring this slip for the cash, or the bank returns it.",
        ),
        "complaint": ("投诉 {line}", "Complaints {line}"),
        "head": ("链头 {head}", "Chain head {head}"),
    }
)
