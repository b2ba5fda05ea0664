"""What the demonstration says while it runs, in both languages, and how it says it."""

from __future__ import annotations

import sys
import time

from station_journal.money import format_yuan
from station_pos.text import Catalogue

_STARTED = time.monotonic()


def say(sentence: str) -> None:
    """Tell the reader what happens, with the seconds since the start."""
    print(f"[{time.monotonic() - _STARTED:5.1f} s] {sentence}", file=sys.stderr, flush=True)


def yuan(amount_fen: int) -> str:
    """Write a sum in yuan."""
    return format_yuan(amount_fen)


TEXT = Catalogue(
    {
        "folder": ("全部文件在 {folder}", "Everything is kept in {folder}"),
        "starting": (
            "启动总部（内置数据库）、收费单位、坏线路、打印机……",
            "Starting HQ on its embedded database, the billers, a bad line and a printer ...",
        ),
        "people": ("总部开工号：录入与批准不是同一个人。", "HQ's staff get accounts: whoever enters never approves."),
        "enrolled": (
            "站点 {code} 已登记：密钥在本机生成，由第二人批准。",
            "Station {code} is enrolled: its key was made on its own machine, a second person approved it.",
        ),
        "credit": (
            "额度 {yuan} 元：张三录入，李四批准，已到站。",
            "Credit of {yuan} yuan: entered by one person, approved by another, now at the station.",
        ),
        "open": ("开门营业，营业日 {date}。", "The shop opens, business date {date}."),
        "cut_off_near": (
            "快到 23:00 日切，等到日切以后再开门。",
            "The cut-off at 23:00 is near: the shop opens after it.",
        ),
        "morning": (
            "上午：{count} 笔联网缴费，都当场确认、出收据。",
            "Morning: {count} bills, each confirmed and receipted.",
        ),
        "declined": (
            "收费单位拒绝一笔 {yuan} 元，现金当场退还。",
            "A biller declines {yuan} yuan; the cash goes straight back to the customer.",
        ),
        "lost_reply": (
            "收费单位记了账，但回复丢了：屏幕显示待定，出待定凭条，谁也不重做。",
            "A biller books a payment but its reply is lost: unknown, a pending slip, nobody does it again.",
        ),
        "settled": (
            "系统按本站流水再问，待定已变为成功，补出收据。",
            "The machine asked again by our number: the unknown one is confirmed and its receipt printed.",
        ),
        "link_down": ("线路断了。", "The line to HQ is cut."),
        "offline": (
            "断网先收 {count} 笔，在限额之内；充值不能断网收，已拒绝。",
            "{count} bills are taken offline within the allowance; a top-up may not be and is refused.",
        ),
        "link_up": ("线路恢复，补传完成。", "The line is back; everything was sent."),
        "offline_refused": (
            "断网先收的一笔后来被拒绝 {yuan} 元，顾客拿收据来退款。",
            "One offline sale of {yuan} yuan is refused afterwards; the customer gets the cash back.",
        ),
        "flapping": (
            "线路又慢又断：上传中途被切断 {count} 次，照样一笔不多一笔不少。",
            "The line is slow and is cut {count} times in mid-upload; nothing is lost or doubled.",
        ),
        "reversal": (
            "一笔 {yuan} 元整笔冲正，现金退还。",
            "A payment of {yuan} yuan is reversed whole, the cash returned.",
        ),
        "paper_out": (
            "打印机缺纸：收款照常，{count} 张凭条排队等纸。",
            "The printer runs out of paper: sales go on, {count} slips wait for paper.",
        ),
        "paper_in": (
            "换纸后自动补完，每张原件只出一次。",
            "With new paper they come out by themselves, each original once.",
        ),
        "killed": (
            "收款刚落账就断电（kill -9），重新开机：这笔还在，收据只有一张。",
            "Power fails right after a sale is on record (kill -9); after the restart it is there, with one receipt.",
        ),
        "doubtful": (
            "断电时正在打印的凭条要人看一眼：{answer}。",
            "The slip that was printing in the power cut needs a look: {answer}.",
        ),
        "came_out": ("已出纸", "it had come out"),
        "not_out": ("没出完，补打一张（有补打标记）", "it had not come out whole, so a marked copy is printed"),
        "no_credit": (
            "额度不够收 {yuan} 元：收钱之前就拒绝，什么也没发生。",
            "Credit is too low for {yuan} yuan: refused before any cash is taken, nothing happened.",
        ),
        "merged": (
            "同一手机号两次充 {yuan} 元，收费单位把第二次当作重复：留给对账去发现。",
            "One phone is topped up twice by {yuan} yuan and the biller merges both: reconciliation has to find it.",
        ),
        "copy": (
            "顾客要补打收据：印有“补打”标记。",
            "A customer wants a receipt again: it is printed marked as a copy.",
        ),
        "afternoon": ("下午：又收 {count} 笔。", "Afternoon: {count} more bills."),
        "day_end": (
            "日切：没有人在场，营业日 {date} 自动结束并上传。",
            "Cut-off: with nobody there, business date {date} ends by itself and is sent.",
        ),
        "files": (
            "四家收费单位送来对账文件，里面埋了 {count} 处差错。",
            "The four billers send settlement files with {count} planted breaks.",
        ),
        "file_refused": (
            "{biller} 的文件总分不符，整份拒收；再送来的正确文件收下。",
            "The file of {biller} disagrees with its own total and is refused whole; the good one is taken.",
        ),
        "reconciled": (
            "对账完成：{count} 处差错全部找出并归类。",
            "Reconciled: all {count} breaks are found and named.",
        ),
        "breaks_found": ("对账找出：{found}", "Reconciliation found: {found}"),
        "commission": (
            "{month} 月酬金：应发 {gross} 元，代扣税 {tax} 元，实发 {net} 元；清单、付款文件、对账单已出。",
            "Commission of {month}: gross {gross}, tax {tax}, net {net} yuan; list, pay file and statement made.",
        ),
        "audit": (
            "核对四本账：站点流水、总部总账、收费单位的账、纸。",
            "Audit of four books: journal, ledger, billers, paper.",
        ),
        "agree": ("四本账一致。", "The books agree."),
        "differ": ("账不一致：", "The books do not agree:"),
        "took": ("用时 {seconds} 秒。", "It took {seconds} s."),
        "receipts": ("打印出来的凭条（{count} 张）：", "What the printer printed ({count} slips):"),
        "hq_result": ("总部的结果：", "The result at HQ:"),
        "arranged": (
            "总部已办：取款条件、投递员和预报单、凭证码额度、商品目录、保险执业登记。",
            "HQ has arranged withdrawal terms, a courier with a manifest, sealed credit, goods and a registration.",
        ),
        "press_enter": ("按回车键打开柜台：", "Press Enter to open the counter: "),
        "cannot_run": ("演示不能继续：{why}", "The demonstration cannot go on: {why}"),
        "ended": ("演示被中止，全部进程已停止。", "The demonstration was ended; everything is stopped."),
    }
)

SERVICES = Catalogue(
    {
        "withdrawal": (
            "助农取款 {yuan} 元：先落账，再付钱，凭条两联。",
            "A withdrawal of {yuan} yuan: on record first, then paid, a slip in two copies.",
        ),
        "withdrawal_cut": (
            "等银行时断电，取款 {yuan} 元结果不明：机器自己再问刷卡机，问清才付。",
            "Power fails while the bank is asked about {yuan} yuan: the machine asks again, and only then it is paid.",
        ),
        "courier": (
            "投递员送来 {count} 件：少一件、多一件，双方签认。",
            "The courier leaves {count} items, one missing and one too many; both sides sign.",
        ),
        "hand_offs": (
            "交付 {count} 件，代收货款 {yuan} 元。",
            "{count} items are handed off, {yuan} yuan collected for a sender.",
        ),
        "code": (
            "凭证码充值 {yuan} 元：一码一次，再输无效。",
            "A code adds {yuan} yuan of credit, once; typed again it opens nothing.",
        ),
        "closed": (
            "日终：封一袋现金，盲点抽屉 {yuan} 元，与账一致，Z 报表两联。",
            "Close: a pouch is sealed, the drawer counted blind holds {yuan} yuan as the books say; Z report.",
        ),
        "differ": ("{what}不符：{one} 与 {other}。", "{what} disagree: {one} against {other}."),
        "what_bank": ("付出的取款与银行自己的账", "The withdrawals paid and the bank's own book"),
        "what_payouts": ("付出的取款与抽屉外的记录", "The withdrawals paid and the bystander's notes"),
        "what_on_hand": ("在架的件与投递员的账", "The items on the shelves and the courier's book"),
        "what_collected": ("交付的件与顾客取走的", "The items handed off and those the customers have"),
        "what_missing": ("缺件与投递员没卸下的", "The items missing and those still on the van"),
        "what_cod": ("代收货款与抽屉外的记录", "Cash on delivery and the bystander's notes"),
        "what_codes": ("用掉的凭证码与网点卖出的", "The codes used and those the branch sold"),
        "what_paper": ("各项业务的凭条张数与流水", "The services' papers and the journal"),
        "what_cod_paper": ("代收收据上的金额与流水", "The sums on the receipts of cash on delivery and the journal"),
    }
)

NOTE = Catalogue(
    {
        "sign_in": (
            "登录   {owner} 号（店主）PIN {owner_pin}，{clerk} 号（店员）PIN {clerk_pin}",
            "Sign in   no. {owner} (owner) PIN {owner_pin}, no. {clerk} (clerk) PIN {clerk_pin}",
        ),
        "bills": ("缴费   户号和欠费（元）：", "Bills     accounts and yuan due:"),
        "withdrawal": (
            "F3取款 过两秒自己插卡。{approved} 批准，{declined} 拒绝，{unknown} 断线、结果不明",
            "F3 card   put in by itself. {approved} approved, {declined} declined, {unknown} unknown",
        ),
        "parcels": (
            "F6收件 预报单 {manifest}（扫码 = 输单号再回车），投递员 {courier} 密码 {pin}",
            "F6 in     manifest {manifest} (a scan = number, Enter), courier {courier} PIN {pin}",
        ),
        "collect": ("代收 {yuan}", "collect {yuan}"),
        "extra": ("    {waybill}  多出的一件，不在预报单上", "    {waybill}  one too many, on no manifest"),
        "hand_off": (
            "F4取件 取件码（在标签上）、手机尾号四位或单号尾号五位",
            "F4 out    code on the label, 4 digits of the phone or 5 of the number",
        ),
        "code": ("F8额度 凭证码 {code}（{yuan} 元，断网也能用）", "F8 credit code {code} ({yuan} yuan, also offline)"),
        "more": (
            "其他   F1 帮助，// 全部功能，F5 待定，F7 流水，F9 证据，F10 日终",
            "More      F1 help, // everything, F5 unknown, F7 journal, F9 proof, F10 close",
        ),
        "paper": ("凭条   文字和图片在 {folder}", "Paper     text and pictures in {folder}"),
        "hands": (
            "旁人   扫码、缺纸、拔线：在另一个终端里运行 {folder} 里的程序",
            "Around it scan, no paper, no line: programs in {folder}",
        ),
        "leave": (
            "离开   F12 上锁，再按 Esc，输 0 和回车，一切随之停止",
            "Leave     F12 locks; then Esc, 0 and Enter; everything stops",
        ),
    }
)

AUDIT = Catalogue(
    {
        "differ": ("{what}不符：{one} 与 {other}。", "{what} disagree: {one} against {other}."),
        "fault": ("流水验证发现问题：{fault}。", "The verifier found a fault: {fault}."),
        "head": ("站点与总部的 {side} 流水链头", "The heads of journal {side} at the station and at HQ"),
        "balance": ("科目 {name} 按流水与按总账的余额", "The balances of {name} by the journals and by HQ's ledger"),
        "trial": ("试算平衡与零", "The trial balance and zero"),
        "payments": ("流水与总部的缴费笔数", "The numbers of payments by the journals and by HQ"),
        "payment": ("缴费 {number} 在流水与总部", "Payment {number} by the journals and by HQ"),
        "still_unknown": ("缴费 {number} 到日终仍是待定。", "Payment {number} is still unknown at the end."),
        "merged_booked": (
            "缴费 {number} 被收费单位合并，却又在它的账上。",
            "Payment {number} was merged by the biller and yet stands in its book.",
        ),
        "not_booked": (
            "缴费 {number} 在本站是 {status}，收费单位账上没有。",
            "Payment {number} is {status} here and not in the biller's book.",
        ),
        "booked_otherwise": (
            "缴费 {number} 在本站是 {ours}，在收费单位是 {theirs}。",
            "Payment {number} is {ours} here and {theirs} at the biller.",
        ),
        "booked_unknown": (
            "收费单位账上有 {number}，流水里没有。",
            "The biller booked {number}, which no journal holds.",
        ),
        "slips_cut": ("打印机切纸张数与留存张数", "The slips cut by the printer and the slips kept"),
        "receipts": ("纸上与流水的收据张数", "The receipts on paper and in the journal"),
        "pending": ("纸上与流水的待定凭条张数", "The pending slips on paper and in the journal"),
        "refunds": ("纸上与流水的退款凭条张数", "The refund slips on paper and in the journal"),
        "copies": ("纸上与流水的补打张数", "The copies on paper and in the journal"),
        "receipt_numbers": ("纸上的收据号与不断号的序列", "The receipt numbers on paper and a run without gap"),
        "slip_unknown": (
            "第 {slip} 张凭条上的 {number} 不在流水里。",
            "Slip {slip} names {number}, which no journal holds.",
        ),
        "slip_amount": (
            "第 {slip} 张凭条写 {says} 分，流水是 {expected} 分。",
            "Slip {slip} says {says} fen, the journal {expected}.",
        ),
        "slip_change": (
            "第 {slip} 张凭条的找零 {says} 分不对。",
            "Slip {slip} says {says} fen of change, which is wrong.",
        ),
        "drawer_notes": ("抽屉现金按流水与按顾客的记录", "The drawer by the journals and by the customers' notes"),
        "drawer_payments": ("抽屉现金按流水与逐笔相加", "The drawer by the journals and payment by payment"),
        "breaks": ("找出的差错与埋下的差错", "The breaks found and the breaks planted"),
        "commission_stated": ("告知站点的酬金与总部的酬金", "The commission stated to the station and run at HQ"),
        "commission_net": ("实发酬金与应发减税", "The commission paid and gross less tax"),
        "commission_rates": ("总部的酬金与按资费率复算", "The commission at HQ and by the tariff's rates"),
    }
)
