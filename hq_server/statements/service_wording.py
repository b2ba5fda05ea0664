"""What the states of withdrawals, grants, orders, pouches and leads are called, in both languages."""

from __future__ import annotations

from hq_server.wording import Sentence
from station_journal.rules.distribution import OrderState
from station_journal.rules.grants import GrantState
from station_journal.rules.withdrawal import WithdrawalState

WITHDRAWALS = {
    WithdrawalState.INTENDED: Sentence("已发起", "intended"),
    WithdrawalState.APPROVED: Sentence("银行已批准", "approved"),
    WithdrawalState.PAYABLE: Sentence("待付现金", "cash to be paid"),
    WithdrawalState.VOIDING: Sentence("撤销中", "being undone"),
    WithdrawalState.PAID: Sentence("已付", "paid"),
    WithdrawalState.FAILED: Sentence("未成", "failed"),
}
GRANTS = {
    GrantState.OPEN: Sentence("未售", "not sold"),
    GrantState.SOLD: Sentence("已售", "sold"),
    GrantState.REVOKED: Sentence("已收回", "revoked"),
    GrantState.RELEASED: Sentence("已启用", "opened"),
    GrantState.RETURNED: Sentence("已退回", "returned"),
}
ORDERS = {
    OrderState.ORDERED: Sentence("已要货", "ordered"),
    OrderState.ACCEPTED: Sentence("已接受", "accepted"),
    OrderState.REFUSED: Sentence("已拒绝", "refused"),
    OrderState.ON_THE_WAY: Sentence("在途", "on the way"),
    OrderState.PARTLY_HERE: Sentence("部分到货", "partly here"),
    OrderState.COMPLETE: Sentence("已到齐", "complete"),
    OrderState.CANCELLED: Sentence("已取消", "taken back"),
}
LEADS = {
    1: Sentence("待回访", "open"),
    2: Sentence("无资格登记, 不计", "not counted: no registration"),
    3: Sentence("已回访", "called"),
    4: Sentence("联系不上", "not reached"),
    5: Sentence("不需要", "declined"),
    6: Sentence("已投保", "contract"),
}
PURPOSES = {
    "RECEIVED": Sentence("收到", "received"),
    "SENT": Sentence("发出", "sent"),
    "LIFE": Sentence("寿险", "life"),
    "ACCIDENT": Sentence("意外险", "accident"),
    "MOTOR": Sentence("车险", "motor"),
    "PROPERTY": Sentence("财产险", "property"),
}
