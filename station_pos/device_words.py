"""What `station-pos device-test` says, in both languages: what was tried, what came back, what to do about it."""

from __future__ import annotations

from station_pos.devices.ports import Condition, LineFault
from station_pos.text import Catalogue

TEXT = Catalogue(
    {
        "printer": ("打印机", "Receipt printer"),
        "drawer": ("钱箱", "Cash drawer"),
        "label_printer": ("标签打印机", "Label printer"),
        "scanner": ("扫码枪", "Scanner"),
        "id_reader": ("身份证阅读器", "ID card reader"),
        "card_terminal": ("刷卡机", "Card terminal"),
        "good": ("好", "good"),
        "bad": ("有问题", "not working"),
        "not_tried": ("没有试", "not tried"),
        "heading": ("{device}  {line}", "{device}  {line}"),
        "tried": ("  试了: {sentence}", "  Tried:   {sentence}"),
        "answer": ("  回来: {sentence}", "  Came back: {sentence}"),
        "result": ("  结果: {sentence}", "  Result:  {sentence}"),
        "todo": ("  要做: {sentence}", "  To do:   {sentence}"),
        "nothing": (
            "设定 {path} 里没有串口设备: 扫码枪当键盘用, 没有打印机。",
            "There is no device in {path}: a scanner types like a keyboard, and nothing is printed.",
        ),
        "tried_printer": ("打开线路, 问打印机的状态", "opened the line and asked for the printer's status"),
        "tried_print": ("打印一张试验纸, 等打印机说打完", "printed a test page and waited for the printer's word"),
        "printed_done": ("打印机确认打完了", "the printer confirmed that the page is printed"),
        "printed_done_unconfirmed": (
            "都发出去了, 打印机状态正常, 但这个型号不能确认哪一张",
            "all was sent and the printer is well; this model cannot confirm a page",
        ),
        "look_at_page": (
            "看一眼纸: 中文要清楚, 没有乱码",
            "Look at the page: the Chinese must be clear; if it is not, set printer_gbk_only",
        ),
        "no_answer": ("没有回应", "no answer"),
        "status": ("{connection}, {cover}, {paper}", "{connection}, {cover}, {paper}"),
        "online": ("联机", "online"),
        "offline": ("脱机", "offline"),
        "cover_open": ("盖子开着", "cover open"),
        "cover_shut": ("盖子合好", "cover shut"),
        "paper_ok": ("有纸", "paper in"),
        "paper_near_end": ("纸快用完", "paper running low"),
        "paper_out": ("没纸", "out of paper"),
        "paper_unknown": ("纸的情况不明", "paper unknown"),
        "page": ("这是试验纸, 不是收据。中文: 额度 取款 缴费 包裹。", "This is a test page and no receipt."),
        "page_money": ("￥1,234.56  人民币壹仟贰佰叁拾肆元伍角陆分", "CNY 1,234.56"),
        "drawer_line": ("接在打印机上, 第 {pin} 脚", "on the printer, pin {pin}"),
        "drawer_untried": ("没有开: 免得现金外露", "nothing: the drawer stays shut unless asked for"),
        "drawer_todo": ("要试就加 --open-drawer", "Add --open-drawer to try it"),
        "tried_drawer": ("请打印机发一次开箱脉冲", "had the printer send the pulse once"),
        "drawer_sent": (
            "脉冲发出去了; 钱箱开没开只有您看得到",
            "the pulse was sent; only you can see whether it opened",
        ),
        "drawer_look": (
            "没开: drawer_pin 换成另一个 (2 或 5), 看钱箱的线和锁",
            "If it stayed shut, set drawer_pin to the other one (2 or 5); look at its cable and lock",
        ),
        "tried_scanner": ("打开线路", "opened the line"),
        "line_open": ("线路通了", "the line opens"),
        "scanner_untried": (
            "要连扫码一起试就加 --wait-s 20, 然后扫一个码",
            "Add --wait-s 20 and scan a code to try it whole",
        ),
        "tried_scan": ("等了 {seconds} 秒扫码", "waited {seconds} s for a code"),
        "code": ("读到 {code} (种类 {kind})", "read {code} (kind {kind})"),
        "no_code": ("什么都没来", "nothing came"),
        "no_code_todo": (
            "扫码枪要设成串口方式, 波特率 {baud}, 8N1, 后缀 CR; 说明书里有设置码。当键盘用就清空 scanner",
            "Set the scanner to serial mode, {baud} baud, 8N1, suffix CR, by the codes of its manual; or empty scanner",
        ),
        "garbled_code": ("来了字, 但读不懂", "characters came and make no sense"),
        "garbled_todo": (
            "多半是波特率不对: 现在是 {baud}, 试 9600 (设定 scanner_baud)",
            "The speed is probably wrong: it is {baud} now; try 9600 (setting scanner_baud)",
        ),
        "shared_todo": (
            "。{others} 也开着这条线, 会抢数据: 关掉它",
            ". {others} has the line open too and takes bytes from it: end it",
        ),
        "tried_id": ("打开线路, 问阅读器的状态", "opened the line and asked for the reader's status"),
        "id_well": ("阅读器正常", "the reader is well"),
        "id_untried": (
            "要连读证一起试就加 --wait-s 20, 然后放一张证",
            "Add --wait-s 20 and put a card down to try it whole",
        ),
        "tried_card": ("等了 {seconds} 秒读证", "waited {seconds} s for a card"),
        "card": (
            "读到 {name} {number} (只显示这些, 什么都不存)",
            "read {name} {number} (no more is shown, nothing is kept)",
        ),
        "card_todo": (
            "证件平放在感应区, 别动, 再试一次",
            "Lay the card flat on the field, keep it still, and try again",
        ),
        "silent_todo": (
            "线路通了, 设备没有正确回应: 看电源, 核对波特率 (设定 {setting}, 现在 {baud})",
            "The line opens, the device does not answer rightly: check power and speed (setting {setting}, now {baud})",
        ),
        "tried_terminal": ("打开线路, 问刷卡机的状态", "opened the line and asked for the terminal's status"),
        "tried_driver": ("找刷卡机的驱动", "looked for the terminal's driver"),
        "terminal_itself": (
            "线路和驱动都对; 照刷卡机屏上的提示做",
            "Its line and driver are right; do what the terminal's own screen asks for",
        ),
        "terminal_todo": (
            "看刷卡机的屏和电缆; 核对 card_terminal_driver 和 card_terminal_baud",
            "Look at the terminal's screen and cable; check card_terminal_driver and card_terminal_baud",
        ),
        "none_here": ("一条也没有", "none"),
    }
)
"""Devices by their names in the settings; results, sentences and the words of a test page."""

FAULT_TODO = Catalogue(
    {
        LineFault.BUSY: (
            "关掉那个程序再试; 若是柜台程序自己, 看柜台屏上这个设备的状态就行",
            "End that program and try again; if it is the counter itself, its screen tells how the device is",
        ),
        LineFault.MISSING: (
            "插好电缆, 开电源; 换过插口就改设定 {setting}。这台机器上的串口: {lines}",
            "Plug it in and switch it on; if it moved, change the setting {setting}. Lines of this machine: {lines}",
        ),
        LineFault.FORBIDDEN: (
            "把这个用户加进 dialout 组 (sudo usermod -aG dialout 用户名), 再登录一次",
            "Add this user to the dialout group (sudo usermod -aG dialout NAME) and log in again",
        ),
        LineFault.UNUSABLE: (
            "改设定 {setting}。这台机器上的串口: {lines}",
            "Change the setting {setting}. Lines of this machine: {lines}",
        ),
        LineFault.LOST: (
            "拔下电缆再插上; 老是这样就换一根电缆",
            "Unplug the cable and plug it in again; if it comes back, try another cable",
        ),
        LineFault.STALLED: (
            "关电源再开; 看有没有缺纸或亮红灯",
            "Switch it off and on; look for paper and for a red lamp",
        ),
    }
)
"""What to do about a line that fails."""

CONDITION_TODO = Catalogue(
    {
        Condition.READY: ("", ""),
        Condition.PAPER_NEAR_END: ("备一卷纸", "Have a new roll at hand"),
        Condition.PAPER_OUT: ("装纸", "Put in a new roll"),
        Condition.COVER_OPEN: ("合上盖子", "Close the cover"),
        Condition.ERROR: ("关机再开; 看切刀有没有卡纸", "Switch it off and on; look for paper at the knife"),
        Condition.OFFLINE: ("按打印机的联机键", "Press the printer's online key"),
        Condition.NO_ANSWER: (
            "线路通了, 打印机没有回应: 看电源, 核对波特率 (设定 {setting}_baud, 现在 {baud})",
            "The line opens, the printer does not answer: check its power and speed ({setting}_baud, now {baud})",
        ),
        Condition.NOT_CONFIRMED: (
            "看纸出来没有; 出来了就把 {setting}_marker 改成 gs_r 或 none (波特率 {baud})",
            "Look for the page; if it came, set {setting}_marker to gs_r or none ({baud} baud)",
        ),
    }
)
"""What to do about a printer that is not ready."""
