"""How lists and pages say what an alarm is about, in both languages."""

from __future__ import annotations

from hq_server.wording import Sentence

ALARMS = {
    "DAY_DIGEST_DIFFERS": Sentence("日终摘要不符", "day digest differs"),
    "RULE_BROKEN": Sentence("违反规则", "rule broken"),
    "STATION_FORKED": Sentence("流水分叉", "station forked"),
    "LATE_CONFIRMATION": Sentence("迟到的成功", "late confirmation"),
    "PAYOUT_REFUTED": Sentence("银行否认已付取款", "paid withdrawal denied by the bank"),
    "LIMIT_EVASION": Sentence("疑似规避取款限额", "pattern of getting around the withdrawal limit"),
    "CASE_OVERDUE": Sentence("总部答复逾期", "HQ's answer is late"),
    "BOOKS_DIFFER": Sentence("总部账与流水不一致", "HQ's books are not what the journals say"),
    "SHELVES_FULL": Sentence("货架已满", "shelves are full"),
    "COURIER_MISSED": Sentence("投递员没来取件", "a courier did not come"),
    "OBJECT_TWICE": Sentence("同一物件记在两处", "one object is recorded in two places"),
    "CLOSE_MISSING": Sentence("几天没有日终", "days without a close"),
    "UNMATCHED_CREDIT": Sentence("有一笔退款来源不明, 可能是本站的", "money given back that may be the station's"),
    "KEY_TWICE": Sentence("两个站点用同一把钥匙", "two stations use one key"),
}
