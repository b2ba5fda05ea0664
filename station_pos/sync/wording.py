"""Sentences of the link to HQ: one for each thing that can go wrong, in both languages."""

from __future__ import annotations

from station_pos.text import Catalogue

TEXT = Catalogue(
    {
        "restored": (
            "本机数据比总部保存的旧（像是恢复过的备份），已停止办理业务，正在取回缺少的记录。",
            "The database is older than what HQ holds, like a restored backup: selling is stopped, the rest comes.",
        ),
        "diverged": (
            "总部保存的记录与本机同号记录不同，已停止办理业务，请联系总部重新登记。",
            "HQ holds other records under this station's numbers: selling is stopped, ask HQ to enrol again.",
        ),
        "epoch_closed": (
            "总部已停用本机（已换机或重新登记），本机不能再办理业务。",
            "HQ has closed this machine's epoch, as after a replacement: this machine may not sell any more.",
        ),
        "witness_unreadable": (
            "见证文件 {name} 无法读取，不能确认本机数据是否被恢复过。",
            "The witness file {name} cannot be read, so nobody knows whether the database was restored.",
        ),
        "witness_unwritable": (
            "见证文件 {name} 无法写入：{why}。",
            "The witness file {name} cannot be written: {why}.",
        ),
        "reply_older": (
            "总部的回复比以前签收的旧（这次到第 {seq} 条，以前到第 {known} 条），没有采用。",
            "HQ's reply is older than what HQ signed before (record {seq}, known {known}): it was not taken.",
        ),
        "hq_restored": (
            "总部由备份恢复, 正在把总部缺少的记录送回去, 照常办理业务。",
            "HQ was restored from a backup and is sent back what it lacks; selling goes on.",
        ),
        "reply_unsigned": (
            "总部回复里的签收章不对，没有采用。",
            "The acknowledgement in HQ's reply is not signed by HQ: it was not taken.",
        ),
        "reply_contradicts": (
            "总部的回复自相矛盾，没有采用。",
            "HQ's reply contradicts itself or this station's journal: it was not taken.",
        ),
        "reply_refused": (
            "收到的回复不是总部签发的，或已损坏，没有采用。",
            "The reply is damaged or not signed by HQ: it was not taken.",
        ),
        "frame_refused": (
            "总部发来的一段记录没有通过核对，没有采用：{why}",
            "A run of records from HQ did not verify and was not taken: {why}",
        ),
        "document_refused": (
            "总部发来的资费表或联系人单有误，没有采用：{why}",
            "A tariff or list of contacts from HQ is not valid and was not taken: {why}",
        ),
        "unreachable": ("连不上总部。", "HQ cannot be reached."),
        "timed_out": ("总部长时间没有回应。", "HQ did not answer in time."),
        "cut": (
            "与总部的连接中断，已发送的部分会自动接着传。",
            "The line to HQ was cut; sending goes on by itself.",
        ),
        "untrusted": (
            "无法确认对方是总部（证书不对），没有连接。",
            "The server's certificate is not HQ's: not connected.",
        ),
        "hq_fault": (
            "总部系统出错（{status}），稍后自动再试。",
            "HQ had a fault ({status}); it is tried again.",
        ),
        "hq_refused": ("总部拒绝了请求（{status}）。", "HQ refused the request ({status})."),
        "too_large": ("总部的回复太大，没有接收。", "HQ's reply is too large and was not taken."),
        "not_hq": ("对方的回复不是总部系统的格式，请检查总部地址。", "The answer is not HQ's: check HQ's address."),
        "address_wrong": (
            "总部地址 {url} 不可用：应以 https:// 开头。",
            "HQ's address {url} cannot be used: it must begin with https://.",
        ),
        "station_fault": ("本机暂时不能处理总部的回复：{why}", "This station cannot take HQ's reply at present: {why}"),
    }
)
