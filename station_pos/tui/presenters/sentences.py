"""The sentences that more than one screen says, and one plain sentence for each reason of a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_pos.commands.outcome import Refusal
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from station_pos.commands.outcome import Refused

TEXT = Catalogue(
    {
        "working": ("处理中, 请等一下", "Working, please wait"),
        "scan_unreadable": (
            "扫到的内容读不懂, 什么都没做。请再扫一次, 或改用键盘输",
            "The scan makes no sense; nothing was done. Scan again or type it",
        ),
        "scan_locked": ("还没有登录, 扫到的没有收。先登录, 再扫一次", "Nobody is signed in; sign in and scan again"),
        "scan_waits": (
            "已扫到下一张 {code}, 这一笔完了自动打开",
            "Next code {code} is noted; it opens when this one is done",
        ),
        "parked": (
            "放下了, 什么都没记。主页上按它的行号接着办",
            "Put aside, nothing recorded. Its line on the home screen opens it",
        ),
        "nothing_to_park": (
            "现在没有可以放下的; 收款前才能放下",
            "Nothing to put aside: only before the cash is taken",
        ),
        "item_gone": ("这一件已经不在了, 或现在打不开", "That item is gone, or cannot be opened now"),
        "key_early": (
            "这个键按得比画面早, 没有算数。看清了再按一次",
            "Pressed before this was shown; it did not count. Look, then press again",
        ),
        "key_held": ("键按住了没松, 只算按了一次", "The key was held down; it counts once"),
        "big_text": ("大字 *0 ", "big text *0 "),
        "key_unused": ("这个键在这里不用", "This key does nothing here"),
        "amount_wrong": (
            "金额不对: 要大于 0, 最多两位小数, 例如 72.60",
            "Not an amount: above 0, at most two decimals, such as 72.60",
        ),
        "fault": ("没有做成, 没有记账: {reason}", "Not done, nothing recorded: {reason}"),
        "no_such_line": ("屏上没有第 {line} 行", "There is no line {line} on the screen"),
        "idle": (" 对顾客说: (空闲)", " Say: (no customer)"),
        "say": (" 对顾客说: {phrase}", " Say: {phrase}"),
        "operator": (" 操作员 {name}   {keys}", " Operator {name}   {keys}"),
        "nobody": (" {keys}", " {keys}"),
        "too_small": (
            "窗口只有 {columns}x{rows}, 请放大到至少 80x24",
            "The window is {columns}x{rows}; make it at least 80x24",
        ),
        "timeline": ("本单经过  (每一步都已写盘, 断电也在)", "This job so far  (each step is on disk already)"),
        "draft": ("本单经过  (收款之前什么都不记)", "This job so far  (nothing is recorded before the cash)"),
        "page": ("第 {page}/{pages} 页", "page {page}/{pages}"),
        "pin_wrong": (
            "工号或密码不对。连错五次要等一分钟",
            "Wrong number or PIN. After five wrong tries wait a minute",
        ),
    }
)

_REFUSALS = Catalogue(
    {
        Refusal.CREDIT_TOO_LOW: (
            "额度不够, 没有记账, 没有扣款。请到网点充额度 (F8 看额度)",
            "Not enough credit; nothing was taken. Buy credit at the branch (F8 shows it)",
        ),
        Refusal.BILL_ALREADY_PAID: (
            "这张账单本站已经收过, 没有再收。按 F7 可查可补打",
            "This bill is already paid here; not taken again. F7 finds and reprints it",
        ),
        Refusal.OPERATION_ALREADY_DONE: (
            "这一笔刚才已经记过, 没有记第二次。按 F7 看结果",
            "This job is already recorded; not recorded twice. F7 shows it",
        ),
        Refusal.PRODUCT_NOT_SOLD: ("这项业务现在不办, 没有收款", "This service is not sold now; nothing was taken"),
        Refusal.ACCOUNT_FORM_WRONG: (
            "户号的位数或写法不对, 请照账单再输一次",
            "The account number has the wrong form; type it again from the bill",
        ),
        Refusal.AMOUNT_OUT_OF_RANGE: (
            "金额超出这项业务允许的范围, 没有收款",
            "The amount is outside what this service allows; nothing was taken",
        ),
        Refusal.TENDER_TOO_LOW: ("实收比应收少, 没有收款", "The cash is less than the bill; nothing was taken"),
        Refusal.OFFLINE_NOT_ALLOWED: (
            "断网时这项业务不能收, 没有收款。网通了再办",
            "This service cannot be sold without the link; nothing was taken",
        ),
        Refusal.OFFLINE_ALLOWANCE_USED: (
            "断网可收的笔数或金额用完了, 没有收款。网通了再办",
            "The offline allowance is used up; nothing was taken",
        ),
        Refusal.SAME_PAYMENT_UNKNOWN: (
            "这户有一笔结果还没查清, 先不要重做。按 F5 看",
            "A payment of this account is still unknown; do not repeat it. See F5",
        ),
        Refusal.LOADS_WAIT: (
            "这阵给没来过的号码充得太多, 先停一停。来电叫您充的是骗子 (F1 9)",
            "Too much loaded for unknown numbers: wait. Whoever phones is a fraud (F1 9)",
        ),
        Refusal.CHAIN_NOT_HEARD: (
            "总部的记录要等总部答复后才能打印。按 R 再问",
            "A record of HQ's is printed once HQ was heard. R asks again",
        ),
        Refusal.NO_SUCH_PAYMENT: ("找不到这一笔。按 F7 在流水里找", "There is no such payment. F7 lists them all"),
        Refusal.CASH_NOT_DUE: ("这一笔不用退现金, 没有记账", "No cash is due back here; nothing was recorded"),
        Refusal.NOT_RESENDABLE: ("这一笔不能再送, 没有记账", "This payment cannot be sent again; nothing was recorded"),
        Refusal.REVERSAL_NOT_ALLOWED: (
            "这项业务不能撤销, 没有记账。请顾客带凭条找收费单位退费",
            "This service has no undo; nothing was recorded. The biller refunds by the slip",
        ),
        Refusal.REVERSAL_NOT_PAID: (
            "这一笔没有缴成, 不用撤。要退的现金在 F5",
            "It was never paid, so nothing is to undo. F5 shows cash to give back",
        ),
        Refusal.REVERSAL_NOT_ANSWERED: (
            "结果还没查清, 现在不能撤。等 F5 里有了答复再撤",
            "Its result is not known yet; wait for the answer in F5, then undo it",
        ),
        Refusal.REVERSAL_NOT_SENT: (
            "断网先收的这一笔还没传上去, 现在不能撤。网通入账后再撤",
            "Taken offline and not sent yet: undo it once the link is back and it is booked",
        ),
        Refusal.REVERSAL_TOO_LATE: (
            "已过撤销时间, 没有撤。请顾客带凭条到网点办退费",
            "Too late to undo here. With the slip the branch opens a refund case",
        ),
        Refusal.ALREADY_REVERSED: (
            "这一笔已经撤过, 不会再撤。按 F5 看现金退了没有",
            "It is undone already, and only once. F5 shows whether the cash is back",
        ),
        Refusal.INVOICE_ISSUED: (
            "网点已开发票, 不能撤。先到网点冲红发票, 再在网点退费",
            "Invoice issued: red-letter invoice at the branch first, then a refund there",
        ),
        Refusal.NOTHING_TO_COPY: ("这一笔还没有凭条可补打", "There is no receipt of this payment to copy yet"),
        Refusal.OPERATOR_UNKNOWN: ("没有这个操作员", "There is no such operator"),
        Refusal.OWNER_ONLY: ("这一步只有站主能做", "Only the owner may do this"),
        Refusal.TARIFF_NOT_READY: (
            "资费表还没到齐, 暂时不能收费。联网后自动好",
            "The tariff is not complete yet; it comes by itself with the link",
        ),
        Refusal.DAY_ALREADY_ENDED: ("这个营业日已经结束", "That business day has ended already"),
        Refusal.CLOCK_TO_CONFIRM: (
            "机器日期比总部快了一天以上, 先核对日期",
            "The clock is more than a day ahead of HQ; check the date first",
        ),
        Refusal.READ_ONLY: (
            "本站正在恢复账本, 只能看不能收。什么都没丢",
            "The station is recovering its journal: look, but do not sell. Nothing is lost",
        ),
        Refusal.NOT_COMPUTABLE: (
            "账本里有一条读不懂, 金额算不出来, 先不收款。请联系总部",
            "A record cannot be read, so no figure is certain: no sales. Call HQ",
        ),
        Refusal.PARCEL_UNKNOWN: (
            "本站没有这件。再核对运单号, 或看收件的预报单",
            "This item is not at the station; check the waybill number",
        ),
        Refusal.PARCEL_ELSEWHERE: (
            "这件现在不在架上 (已交出、已退走或有争议), 没有记账",
            "Not on the shelf (handed off, returned or disputed); nothing was recorded",
        ),
        Refusal.PARCEL_ALREADY_RECEIVED: (
            "这件已经入过库, 没有记第二次",
            "This item was taken in already; not recorded twice",
        ),
        Refusal.WAYBILL_FORM_WRONG: (
            "运单号写法不对或校验位不符, 没有记账。再扫一次",
            "No waybill number, or a wrong check digit; nothing was recorded. Scan again",
        ),
        Refusal.PHONE_FORM_WRONG: ("电话输尾号 4 位, 或全号", "A phone is its last four digits, or the whole number"),
        Refusal.CODE_NOT_FREE: ("这个取件码有件在用或刚用过, 换一个", "This pickup code is in use or was lately"),
        Refusal.CODE_LOCKED: (
            "取件码连错 5 次已锁。看证件核实后换新标签 (按 - 再按 5) 再取",
            "The code is locked after 5 wrong tries; check the document and relabel (- 5)",
        ),
        Refusal.BATCH_CLOSED: ("这一批已经签收, 请开新的一批", "This batch is signed already; begin a new one"),
        Refusal.COURIER_MUST_SIGN: (
            "与预报不符或退件, 要投递员当面输密码签认",
            "What differs or goes back takes the courier's own PIN",
        ),
        Refusal.SCAN_MISMATCH: ("扫到的不是这一件, 没有交出", "The scan is not of this item; nothing was handed off"),
        Refusal.SCANNED_TWICE: ("同一件扫了两次, 没有记账", "One item was scanned twice; nothing was recorded"),
        Refusal.IDENTITY_NEEDED: (
            "要看有效证件并输证件号, 没有办",
            "A valid document and its number are needed; not done",
        ),
        Refusal.IDENTITY_MISMATCH: (
            "证件与寄件人不符, 不能收寄, 什么都没记",
            "Document and sender differ: not accepted, nothing recorded",
        ),
        Refusal.AGENT_INCOMPLETE: (
            "代取要记关系和手机尾号 4 位",
            "An agent needs a relation and four digits of the phone",
        ),
        Refusal.NOT_INSPECTED: ("没有开箱验视, 不能收寄", "Not accepted without inspecting the content"),
        Refusal.NOT_LOST_YET: ("还没到认定丢失的天数", "Its days are not up; it is not lost yet"),
        Refusal.TEXT_TOO_LONG: ("输入太长, 没有记账", "The text is too long; nothing was recorded"),
        Refusal.COUNT_WRONG: (
            "张数或金额不对, 没有记账。请再看一遍",
            "A number of notes or an amount is wrong; nothing was recorded. Look again",
        ),
        Refusal.COUNT_STALE: (
            "这次数的已用过, 或别处又数过, 没有再记。请重新数",
            "This count is used, or somebody counted again; nothing recorded. Count anew",
        ),
        Refusal.FIGURES_DIFFER: (
            "故障 H15: 抽屉与逐笔推算不符, 没有日终。运行 station-pos rebuild 并报总部",
            "Fault H15: entries do not explain the drawer; not closed. Rebuild and tell HQ",
        ),
        Refusal.FLOAT_BELOW_BOOKS: (
            "比账上少, 不能当备用金。请按日终数钱看原因",
            "Less than the books say, so it is no float. Count for a close and see why",
        ),
        Refusal.DRAWER_TOO_LOW: (
            "抽屉里没有这么多现金, 没有记账",
            "The drawer does not hold that much; nothing was recorded",
        ),
        Refusal.POUCH_LABEL_WRONG: (
            "封袋号只能是字母和数字, 没有记账",
            "A pouch number has letters and figures only; nothing was recorded",
        ),
        Refusal.POUCH_KNOWN: (
            "这个封袋号已用过, 没有再记",
            "This pouch number is used already; not recorded again",
        ),
        Refusal.POUCH_UNKNOWN: (
            "总部没有这个封袋的清单, 先不要拆封。联网后再扫",
            "HQ has announced no such pouch: leave it sealed and scan again after a sync",
        ),
        Refusal.POUCH_COLLECTED: (
            "网点已收到这个封袋, 不能取消",
            "The branch has this pouch already; it cannot be cancelled",
        ),
        Refusal.POUCH_ACCEPTED: ("这个封袋已收过, 没有再记", "This pouch is already accepted; not recorded again"),
        Refusal.CODE_FORM_WRONG: (
            "凭证码输错了: 共 20 位数字, 请对着再输一次。没有算一次试错",
            "Mistyped: a code has 20 digits; check it and type it again. No try is counted",
        ),
        Refusal.CODE_TRIES_USED: (
            "今天的凭证码错了太多次, 明天再试; 急用请打支局电话",
            "Too many wrong codes today; try again tomorrow or call the branch",
        ),
        Refusal.GRANT_SPENT: ("这个凭证码已经充过值, 没有再充", "This code is used already; nothing was added"),
        Refusal.GRANT_REVOKED: (
            "这个凭证码已被总部作废, 没有充值。请打支局电话",
            "HQ has revoked this code; nothing was added. Call the branch",
        ),
        Refusal.GRANT_EXPIRED: (
            "这个凭证码过期了, 没有充值。款还在, 请打支局电话换码",
            "This code is out of date; nothing was added. The branch gives a new one",
        ),
        Refusal.WITHDRAWAL_UNSETTLED: (
            "刷卡机还有一笔结果没查清, 查清前不能再取款。按 F5 看",
            "A withdrawal is still unknown; no other until it is settled. See F5",
        ),
        Refusal.WITHDRAWAL_AMOUNT: (
            "取款金额太小或有零头, 没有发到银行",
            "The amount is too small or not a round one; nothing was sent to the bank",
        ),
        Refusal.CARD_DAY_CAP: (
            "超过每卡每天的取款限额, 没有扣款",
            "Above what a card may withdraw in a day; nothing was debited",
        ),
        Refusal.PAYOUT_ALLOWANCE_USED: (
            "银行还没确认的取款到了上限, 没有扣款",
            "Payouts that the bank has not confirmed reach their limit; nothing was debited",
        ),
        Refusal.NO_SUCH_WITHDRAWAL: ("找不到这一笔取款", "There is no such withdrawal"),
        Refusal.PAYOUT_NOT_DUE: (
            "这一笔现在不能付钱, 没有记账。先看它的结果",
            "Not to be paid out now; nothing was recorded. Look at its result",
        ),
        Refusal.VOID_NOT_ALLOWED: (
            "这一笔不能在刷卡机上撤销了。顾客凭凭条来取, 或请银行退回",
            "The terminal can no longer undo this. Pay on the slip, or the bank returns it",
        ),
        Refusal.AGENT_NOT_NOTED: (
            "代取人的证件号没记对, 没有发到银行",
            "The collector's document number is wrong; nothing was sent",
        ),
        Refusal.GOODS_LIST_CHANGED: (
            "商品目录刚换过, 没有下单。请按新目录再选一次",
            "The list of goods has changed; nothing was ordered. Choose again",
        ),
        Refusal.GOODS_LINES_WRONG: (
            "数量不对, 没有记账。多出来的货请退给送货人",
            "The quantities are wrong; nothing was recorded. Send surplus goods back",
        ),
        Refusal.PHONE_TAIL_WRONG: (
            "总部规定凭取件码还要核手机尾号, 没有交出。请从取件码重新查",
            "The code needs the phone's last digits too; nothing left. Look it up again",
        ),
        Refusal.COD_RETURN_TOO_LATE: (
            "代收货款不是今天收的, 已记给寄件人, 不能当场退。请顾客找寄件人, 总部已看到这件",
            "Not collected today: the sender has it, the customer asks there; HQ is told",
        ),
        Refusal.ORDER_UNDER_WAY: (
            "总部已答复, 这张订单不能再取消, 没有记账。到货时少收退给送货人",
            "HQ has answered, so it cannot be cancelled. Send the goods back when they come",
        ),
        Refusal.ORDER_CLOSED: (
            "这张订单已到齐、已退回或已取消, 没有记账",
            "This order is complete, refused or cancelled; nothing recorded",
        ),
        Refusal.NOT_REGISTERED: (
            "本站没有有效的保险执业登记, 不能收线索。请联系代理保险中心",
            "No insurance registration is on file, so no leads; ask the insurance centre",
        ),
        Refusal.CONSENT_MISSING: ("顾客没有同意回电, 什么都没记", "No consent to a call: nothing was recorded"),
        Refusal.PHONE_WRONG: ("电话号码不对, 没有记。请再输一次", "That is no phone number; nothing was recorded"),
        Refusal.CORRECTION_UNKNOWN: ("没有这笔更正, 什么都没记", "There is no such correction; nothing was recorded"),
        Refusal.CORRECTION_ANSWERED: ("这笔更正已答复过, 没有再记", "It was answered before; nothing was recorded"),
        Refusal.DISPUTED_ALREADY: ("这条记录已在争议中, 没有再记", "It is in dispute already; nothing was recorded"),
        Refusal.CASE_UNKNOWN: ("没有这条记录, 什么都没记", "There is no such record; nothing was recorded"),
        Refusal.CASE_CLOSED: ("这件争议现在不能这样做, 没有记", "Not possible with this case now; nothing recorded"),
        Refusal.NOTHING_TO_DO: ("已经是这样, 不用再做", "It is so already; nothing to do"),
    }
)

_WITH_FIGURES = Catalogue(
    {
        Refusal.CREDIT_TOO_LOW: (
            "额度还差 {short} 元, 没有记账, 没有扣款。请到网点充额度 (F8 看额度)",
            "Credit is {short} short; nothing was taken. Buy credit at the branch (F8 shows it)",
        ),
        Refusal.LOADS_WAIT: (
            "没来过的号码连这笔充 {sum}, 停到 {until}。来电叫您充的是骗子 (F1 9)",
            "{sum} for unknown numbers: not before {until}. A caller is a fraud (F1 9)",
        ),
        Refusal.WITHDRAWAL_AMOUNT: (
            "取款至少 {least}, 须为 {least} 的整数倍, 没有发到银行",
            "At least {least}, in multiples of {least}; nothing was sent to the bank",
        ),
        Refusal.CARD_DAY_CAP: (
            "每卡每天最多取 {cap}, 这张卡今天还可取 {left}。没有扣款",
            "A card may have {cap} a day, this one {left} more. Nothing debited",
        ),
        Refusal.PAYOUT_ALLOWANCE_USED: (
            "银行还没确认的取款到了上限, 现在最多再付 {room}。没有扣款",
            "Unconfirmed payouts reach their limit; {room} left. Nothing was debited",
        ),
    }
)
"""The same with its figures, where the register gave them."""

_ACCEPTED = Catalogue(
    {
        "already": (
            "这个封袋已收过, 第 {seq} 条, 没有再记",
            "This pouch is already accepted, entry {seq}; not recorded again",
        )
    }
)


def refused(outcome: Refused) -> str:
    """Give the one sentence for a refusal, with its figures where the register gave any."""
    detail = dict(outcome.detail)
    if outcome.reason is Refusal.POUCH_ACCEPTED and "entry_seq" in detail:
        return _ACCEPTED("already", seq=detail["entry_seq"])
    figures = {
        name.removesuffix("_fen"): format_yuan(fen)
        for name, fen in outcome.detail
        if name.endswith("_fen") and isinstance(fen, int)
    }
    if figures and outcome.reason in _WITH_FIGURES:
        texts = {name: text for name, text in outcome.detail if isinstance(text, str)}
        return _WITH_FIGURES(outcome.reason, **figures, **texts)
    return _REFUSALS(outcome.reason)
