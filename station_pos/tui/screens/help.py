"""帮助: what the keys do, and what the screen it was asked from is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from station_pos.tui.desk import Desk

TEXT = Catalogue(
    {
        "title": (" 帮助", " Help"),
        "keys": ("Esc 回到刚才", "Esc goes back"),
        "key_1": (
            "   Enter  只对屏上看得见的说 是        Esc  放弃或返回, 永远安全",
            "   Enter  yes to what is on the screen   Esc  leaves, always safe",
        ),
        "key_2": (
            "   +  正好 / 往下翻                   -  改金额 / 往上翻",
            "   +  exact / next page                  -  amount / page before",
        ),
        "key_3": (
            "   /n  等于功能键 n (/5 就是 F5; F1 按 /1 Enter)",
            "   /n  is function key n (/5 is F5; F1 is /1 Enter)",
        ),
        "key_4": ("   *n  选屏上第 n 行", "   *n  takes line n of the screen"),
        "key_5": (
            "   扫码在哪个画面都行; 正在办的不会丢, 下一张排着",
            "   Scan on any screen; the job at hand stays, the next code waits",
        ),
        "bell_1": (
            "   铃: 一声 = 成了  两短 = 不是这件  三短 = 没成  两长一短 = 未知",
            "   Bells: 1 done  2 short wrong item  3 short not done  2 long 1 short unknown",
        ),
        "home_1": (
            "   主页: 扫账单, 或输户号。看清户主再按 Enter",
            "   Home: scan the bill or type the account; check the payer, then Enter",
        ),
        "home_2": (
            "   不记得户号: 按业务的拼音首字母 (df 电费, sf 水费), 再输户号",
            "   No account at hand: type initials of the service, then the number",
        ),
        "home_3": (
            "   一位顾客几张单子: 先输张数再按 + (5+), 逐张扫, 最后空行按 + 一起收钱",
            "   Several slips: their number and + (5+), scan each, + at the end: one total",
        ),
        "tally_1": (
            "   合计: 办过的逐笔在上面, 输顾客给的钱看找零, Enter 结清; 张数不对会说",
            "   Total: type the cash given for the change; Enter settles, slips are counted",
        ),
        "payment_1": (
            "   缴费: 念出户主和金额; 收了现金再输实收, 正好按 +",
            "   Payment: read out payer and amount; key the cash you received, + if exact",
        ),
        "payment_2": (
            "   还没按 Enter 或 + 之前, Esc 放弃不留任何账",
            "   Until Enter or + nothing is recorded; Esc drops it",
        ),
        "result_1": (
            "   没缴成: 把现金退给顾客再按 Enter。待定: 什么都不用做",
            "   Not paid: give the cash back, then Enter. Pending: do nothing",
        ),
        "result_2": (
            "   离开这个画面不会取消这一笔, F5 和 F7 都能再打开",
            "   Leaving this screen cancels nothing; F5 and F7 open it again",
        ),
        "withdrawal_1": (
            "   取款: 先看手续费、限额和抽屉, 输金额按 Enter, 顾客刷卡按密码",
            "   Withdrawal: look at fee, limit and drawer, type the amount, Enter; card, PIN",
        ),
        "withdrawal_2": (
            "   + 查余额, 不收费; - 有人代取时先记证件; 信用卡不能取",
            "   + balance, free of charge; - notes a collector's document; no credit cards",
        ),
        "payout_1": (
            "   只有 可以付 的画面才付钱, 付清按 Enter。不要付、未知: 一分也不付",
            "   Pay only on the picture that says so, then Enter. On any other pay nothing",
        ),
        "payout_2": (
            "   未知: 不要重做, 待定凭条给顾客; 离开画面不会取消",
            "   Unknown: do not repeat it, the slip is the customer's; leaving is safe",
        ),
        "pending_1": (
            "   待定: 没有结果的缴费, 系统自己再问; 要退现金的在这里退",
            "   Pending: results still unknown, and cash to give back",
        ),
        "history_1": (
            "   流水: Enter 打开一笔, 可补打, 可在限时内撤销",
            "   History: Enter opens a payment to copy or, in time, to reverse",
        ),
        "credit_1": (
            "   额度: 输网点给的 20 位码, Enter 查, 再 Enter 充; 断网也能充; + 看酬金",
            "   Credit: type the branch's 20 digits, Enter looks, Enter adds; + commission",
        ),
        "evidence_1": (
            "   证据: 本站和总部的每一条记录, 谁做的写得清清楚楚",
            "   Evidence: every record of both journals and who made it",
        ),
        "day_close_1": (
            "   日终: 先数钱再看差额。差额可认可, 也可不认可照常日终, 裁定前不扣款",
            "   Close: count, then see. Disagree and close all the same: nothing is charged",
        ),
        "day_close_2": (
            "   *1 现金进出  *2 封袋  *3 X 报表  *4 备用金  *5 历次日终和补打",
            "   *1 cash in/out  *2 pouches  *3 X report  *4 float  *5 closes and copies",
        ),
        "cash_move_1": (
            "   现金进出: 自己的钱放进取出都记一笔, 日终就不会差",
            "   Cash in and out: record your own cash, and the close will agree",
        ),
        "float_1": (
            "   备用金: 开门前数一遍; 比账上少的不是备用金, 是差额",
            "   Float: count before opening; less is a difference",
        ),
        "pouches_1": (
            "   封袋: 号码扫一下, 系统认得是收还是封; 同一袋只收一次",
            "   Pouches: scan the number; the system knows the way. Accepted once only",
        ),
        "closes_1": (
            "   历次日终: 凭条一个字都不会变; 补打的有补打字样",
            "   Closes: the paper never changes; a second print is marked as a copy",
        ),
        "pickup_1": (
            "   取件: 码或尾号查到, 逐件扫过才出库; 扫错响两短, 看屏放回原架",
            "   Pickup: find by code or tail; only scanned items leave. 2 short: put it back",
        ),
        "pickup_2": (
            "   代收货款先收后给, 一分不差; 交出去不能撤销, 退货请顾客寄回",
            "   Cash on delivery before it leaves, to the fen; no undo: goods are sent back",
        ),
        "receiving_1": (
            "   收件: 扫一件入一架, 标签自动打; 扫完按 + 看少了多了哪件, 再签收",
            "   Receiving: each scan shelves and prints a label; + shows what differs",
        ),
        "receiving_2": (
            "   断电不要紧: 扫过的都在, 再按 F6 接着扫; 有差别要投递员输自己的密码",
            "   After a cut F6 goes on. Where something differs the courier types his PIN",
        ),
        "parcel_run_1": (
            "   交投递员: 逐件扫给他, 两人各按密码, 交接单一人一联",
            "   To the courier: scan each, both type PINs, one slip each",
        ),
        "parcel_worklist_1": (
            "   打开一件才看得到全号; 办完按数字记一笔, 系统不会自己认定丢失",
            "   The whole phone shows only while an item is open; no timer declares a loss",
        ),
        "acceptance_1": (
            "   收寄: 看证件, 开箱看过, 再收资费; 不给看就不收, 什么都不记",
            "   Acceptance: document, look inside, then postage; else do not accept",
        ),
        "goods_1": (
            "   分销: + 订货, Enter 打开订单签收; 接受后三个工作日内到货, 货款在站外结",
            "   Goods: + orders, Enter opens an order to sign; due in 3 working days",
        ),
        "disputes_1": (
            "   更正: + 认可 (站主 PIN), - 不认可提争议, *1 先问; 没认可没裁定就不算欠款",
            "   Correction: + accept (PIN), - dispute, *1 ask; until then nothing is owed",
        ),
        "disputes_2": (
            "   争议: 总部 5 个工作日内答复; 裁定要写明查到什么, 两个人签",
            "   Dispute: an answer in 5 working days; a ruling has a finding and two names",
        ),
        "faults_1": (
            "   已知问题: 总部知道的, 您这里也看得到; 写着几个站点有、先怎么办",
            "   Known faults: what HQ knows you see too, and what to do meanwhile",
        ),
        "lead_1": (
            "   保险线索: 有执业登记才能收; 顾客同意按 +; 只存号码, 由持证人回电",
            "   Leads: with a registration on file only; + when the customer agrees",
        ),
        "drawer_1": (
            "   开钱箱 (/0): 收现金、退现金时钱箱自己开; 这里是不办业务也要开的时候",
            "   Drawer (/0): it opens by itself with a cash job; here is for all other times",
        ),
        "doubtful_1": (
            "   看纸: 只有您看得到纸出来没有; 补打的纸上会标明",
            "   Paper: only you can see it; a second print is marked as a copy",
        ),
        "in_flight_1": (
            "   断电之后: 每一件写着办成没有、退不退钱; Enter 打开看, Esc 看完了",
            "   After a cut: what happened to each job and the cash to move; Enter opens",
        ),
        "in_flight_2": (
            "   没办 的什么都没记; 不知道 的不要重做, 系统自己再问",
            "   Not done: nothing is recorded. Unknown: do not repeat, it asks by itself",
        ),
        "clock_1": (
            "   日期: 日期错了账会记到别的日子; 对就按 1, 错就先改机器日期",
            "   Date: a wrong one books on a wrong day. 1 if right, else set the clock",
        ),
        "tariff_notice_1": (
            "   新资费: 哪些业务怎么变; 看完按 Enter, 总部就知道您看过了",
            "   New tariff: what changes; Enter tells HQ that you have read it",
        ),
        "drill_record_1": (
            "   练习记录: 每个操作员练过哪几项, 什么时候; 总部看不到",
            "   Practice record: who has passed which drill, and when; HQ does not see it",
        ),
        "practice_1": (
            "   练习: 选一项, 照最上面一行做; 做对了自己记成 练过",
            "   Practice: choose a drill and do what the second row says; it marks itself",
        ),
        "look_1": (
            "   *0 大字   // 全部功能   F11 放下这位顾客 (/11 Enter)",
            "   *0 big text   // everything   F11 puts this customer aside (/11 Enter)",
        ),
        "scam": (
            "有人打电话叫您做交易或报凭证码: 那是骗子。挂掉, 再打总部原来的号码问",
            "Whoever phones for a transaction or a code is a fraud: hang up, call HQ",
        ),
        "lost_1": (
            "   断网、断电、死机都不丢账: 每一笔先写盘, 再印纸",
            "   No link, no power, a crash: nothing is lost; each job is on disk first",
        ),
        "lost_2": (
            "   总部不会打电话叫您在机器上做交易。有人这样说, 挂掉 (按 9 看)",
            "   HQ never phones to make you do a transaction. Hang up (9 tells more)",
        ),
    }
)


class HelpScreen(FrameScreen, inherit_bindings=False):
    """Explains keys and the screen beneath."""

    TOPIC: ClassVar[str] = "help"

    def __init__(self, desk: Desk, topic: str) -> None:
        """Explain the screen with this topic."""
        super().__init__(desk)
        self._topic = topic

    def view(self) -> View:
        """Show the help text."""
        topic = [Line(TEXT(key), Tone.STRONG) for key in TEXT if key.startswith(f"{self._topic}_")]
        rest = [Line(TEXT(key)) for key in (*(f"key_{number}" for number in range(1, 6)), "look_1")]
        return View(
            above=(Line(TEXT("title"), Tone.STRONG), rule(), *topic, BLANK, *rest, BLANK, Line(TEXT("bell_1"))),
            prompt=" > ",
            below=(rule(), Line(TEXT("lost_1")), Line(TEXT("lost_2"))),
            keys=TEXT("keys"),
        )

    def typed(self, character: str) -> None:
        """Say what to do about a caller who asks for a transaction."""
        if character == "9":
            self.defer(lambda: self.note(TEXT("scam")))
        else:
            super().typed(character)

    def entered(self, text: str) -> None:
        """Go back."""
        del text
        self.escaped()
