"""Files as counterparties write them, one writer for each layout, from a list of claims. Knows nothing of the reader.

Layouts: a bank's pipes (A), UnionPay's fixed records (B), WeChat Pay's day bill (C), Alipay's zipped detail (D), comma
text in fen (E), a CSV with an end mark (F), one with closing totals (G), and a bank statement in camt.053.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from xml.sax.saxutils import escape

DAY = date(2026, 11, 23)
PARTY = "SCDL"


@dataclass(frozen=True)
class Claim:
    """One booking of the counterparty; `at` is Beijing time, `charge_fen` what it withholds."""

    our_no: str
    their_no: str
    account: str
    at: datetime
    amount_fen: int
    refund: bool = False
    charge_fen: int = 0
    status: str = "SUCCESS"


@dataclass(frozen=True)
class Written:
    """A file on its way: its name, its bytes, what stands in the flag, and what its notice says."""

    name: str
    content: bytes
    flag: str | None = None
    notice: dict[str, int] = field(default_factory=dict)


def yuan(fen: int) -> str:
    """Write fen as yuan."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _net(claims: Sequence[Claim]) -> int:
    return sum(-c.amount_fen if c.refund else c.amount_fen for c in claims if c.status == "SUCCESS")


def bank_pipe(claims: Sequence[Claim]) -> Written:
    """A: no head, no closing line, padded with blanks on the left, CR LF, every second amount with .00."""
    lines = []
    for number, claim in enumerate(claims):
        amount = f"{claim.amount_fen:012d}" + (".00" if number % 2 else "")
        cells = [
            f"{claim.their_no:>20}",
            f"{DAY:%Y%m%d}",
            "0417",
            f"{'T01':>20}",
            f"{claim.account:>20}",
            "2026",
            amount,
        ]
        lines.append("|".join(cells) + "\r\n")
    notice = {"count": len(claims), "net": sum(c.amount_fen for c in claims)}
    return Written(f"REC01.{DAY:%Y%m%d}", "".join(lines).encode("gb18030"), None, notice)


_ZM = (3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32)
_ZM_REST = (13, 13, 8, 32, 13, 13, 12, 2, 1, 131)


def unionpay_zm(claims: Sequence[Claim]) -> Written:
    """B: forty fields of fixed byte widths parted by blanks, and 131 bytes kept for later."""
    widths = _ZM + _ZM_REST
    records = []
    for number, claim in enumerate(claims, 1):
        settled = claim.amount_fen - claim.charge_fen
        cells = [""] * len(widths)
        cells[0], cells[1], cells[2] = ("S30" if claim.refund else "S22"), "48360000", "48360001"
        cells[3], cells[4] = f"{number:06d}", f"{claim.at:%m%d%H%M%S}"
        cells[5], cells[6] = "622848******1234567"[:15] + "8841", f"{claim.amount_fen:012d}"
        cells[9], cells[11] = claim.their_no, claim.our_no
        cells[15] = f"{'C' if claim.refund else 'D'}{claim.charge_fen:012d}"
        cells[16] = f"{'D' if claim.refund else 'C'}{settled:012d}"
        cells[24], cells[33], cells[34] = claim.account, "29001234", "张三㐂水费"
        packed = [cell.encode("gb18030").ljust(width) for cell, width in zip(cells, widths, strict=True)]
        records.append(b" ".join(packed) + b"\n")
    notice = {"count": len(claims), "net": _net(claims)}
    return Written(f"INN{DAY:%y%m%d}88ZM_{PARTY}", b"".join(records), None, notice)


_WECHAT_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,"
    "代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
_WECHAT_SUM = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def wechat_day(claims: Sequence[Claim]) -> Written:
    """C: backticks before every cell, a summary of two lines; a day without sales is one English sentence."""
    name = f"{PARTY}All{DAY}_day.csv"
    if not claims:
        return Written(name, "No Bill Exist".encode("utf-8-sig"))
    lines = [_WECHAT_HEAD]
    for claim in claims:
        paid, back = (0, claim.amount_fen) if claim.refund else (claim.amount_fen, 0)
        charge = -claim.charge_fen if claim.refund else claim.charge_fen
        state = "REFUND" if claim.refund else "SUCCESS"
        cells = [
            f"{claim.at:%Y-%m-%d %H:%M:%S}",
            "wx01",
            "1900",
            "0",
            "",
            claim.their_no,
            claim.our_no,
            "o01",
            "NATIVE",
            state,
        ]
        cells += [
            "CCB",
            "CNY",
            yuan(paid),
            "0.00",
            "0",
            "0",
            yuan(back),
            "0.00",
            "",
            "",
            claim.account,
            "",
            yuan(charge),
        ]
        cells += ["0.60%", yuan(paid), yuan(back), ""]
        lines.append(",".join(f"`{cell}" for cell in cells))
    paid = sum(c.amount_fen for c in claims if not c.refund)
    back = sum(c.amount_fen for c in claims if c.refund)
    charges = sum(-c.charge_fen if c.refund else c.charge_fen for c in claims)
    sums = [str(len(claims)), yuan(paid), yuan(back), "0.00", yuan(charges), yuan(paid), yuan(back)]
    lines += [_WECHAT_SUM, ",".join(f"`{cell}" for cell in sums)]
    return Written(name, ("\r\n".join(lines) + "\r\n").encode("utf-8-sig"))


_ALIPAY_COLUMNS = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)


def alipay_text(claims: Sequence[Claim]) -> bytes:
    """D, unpacked: GBK with comment lines around it, cells padded with tabs."""
    dashes = "-" * 41
    start, end = f"{DAY:%Y年%m月%d日} 00:00:00", f"{DAY:%Y年%m月%d日} 24:00:00"
    head = [
        "#支付宝业务明细查询",
        "#账号：[20880000000000000156]",
        f"#起始日期：[{start}]   终止日期：[{end}]",
        f"#{dashes}业务明细列表{dashes[1:]}",
        _ALIPAY_COLUMNS,
    ]
    rows = []
    for claim in claims:
        signed = yuan(-claim.amount_fen if claim.refund else claim.amount_fen)
        when = f"{claim.at:%Y-%m-%d %H:%M:%S}"
        cells = [
            claim.their_no,
            claim.our_no,
            "退款" if claim.refund else "交易",
            "电费, 一户",
            when,
            when,
            "",
            "",
            "",
            "",
        ]
        cells += [
            "li***@163.com",
            signed,
            signed,
            *["0.00"] * 5,
            "",
            "0.00",
            "0.00",
            "",
            "-0.01",
            "0.00",
            claim.account,
        ]
        rows.append(",".join(f'"{cell}"' if "," in cell else f"{cell}\t" for cell in cells))
    pays, backs = [c for c in claims if not c.refund], [c for c in claims if c.refund]
    tail = [
        f"#{dashes}业务明细列表结束{dashes[5:]}",
        f"#交易合计：{len(pays)}笔，商家实收共{yuan(sum(c.amount_fen for c in pays))}元，商家优惠共0.00元",
        f"#退款合计：{len(backs)}笔，商家实收退款共{yuan(-sum(c.amount_fen for c in backs))}元，商家优惠退款共0.00元",
        "#导出时间：[2026年11月24日 10:02:11]",
    ]
    return ("\r\n".join([*head, *rows, *tail]) + "\r\n").encode("gb18030")


class _GbkName(zipfile.ZipInfo):
    """A member whose name is written in GBK without saying so, as Windows in China does."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the base class's name
        return self.filename.encode("gb18030"), self.flag_bits


def zipped(**members: bytes) -> bytes:
    """Pack members, their names in GBK as archives made in China have them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(_GbkName(name, (2026, 11, 24, 10, 2, 12)), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def alipay_day(claims: Sequence[Claim]) -> Written:
    """D: the detail in an archive, with a summary beside it."""
    members = {"20880156_20261123_业务明细.csv": alipay_text(claims), "20880156_20261123_业务明细(汇总).csv": b"#\r\n"}
    return Written(f"{PARTY}_{DAY:%Y%m%d}.csv.zip", zipped(**members))


def comma_fen(claims: Sequence[Claim]) -> Written:
    """E: 28 cells by position, fen, no head; count, net sum and fees in the flag."""
    states = {"SUCCESS": "00", "FAILED": "01", "REVERSED": "02"}
    lines = []
    for number, claim in enumerate(claims, 1):
        charge = -claim.charge_fen if claim.refund else claim.charge_fen
        settled = (-claim.amount_fen if claim.refund else claim.amount_fen) - charge
        cells = [
            f"{claim.at:%Y%m%d}",
            f"{claim.at:%H%M%S}",
            "898510",
            "29001234",
            "B01",
            f"{number:06d}",
            claim.their_no,
        ]
        cells += [
            claim.our_no,
            "02" if claim.refund else "01",
            "8841",
            str(claim.amount_fen),
            "0",
            str(charge),
            str(settled),
        ]
        cells += [states[claim.status], claim.account, "", "", *[""] * 10]
        lines.append(",".join(cells) + "\n")
    flag = f"{len(claims)},{_net(claims)},0\n"
    return Written(f"{PARTY}_{DAY:%Y%m%d}_1.csv", "".join(lines).encode("gb18030"), flag)


def end_mark(claims: Sequence[Claim]) -> Written:
    """F: UTF-8 CSV that ends with <END>; count and sums come on a notice."""
    states = {"SUCCESS": "成功", "FAILED": "失败", "REVERSED": "已冲正"}
    lines = ["流水号,商户订单号,户号,交易时间,类型,金额,手续费,状态"]
    for claim in claims:
        kind, when = "退费" if claim.refund else "缴费", f"{claim.at:%Y-%m-%d %H:%M:%S}"
        cells = [
            claim.their_no,
            claim.our_no,
            claim.account,
            when,
            kind,
            yuan(claim.amount_fen),
            yuan(claim.charge_fen),
        ]
        lines.append(",".join([*cells, states[claim.status]]))
    notice = {"count": len(claims), "net": _net(claims), "charge": sum(c.charge_fen for c in claims)}
    content = "\r\n".join([*lines, "<END>"]) + "\r\n"
    return Written(f"{PARTY}-{DAY:%Y%m%d}.csv", content.encode(), None, notice)


def footer_totals(claims: Sequence[Claim]) -> Written:
    """G: two closing lines, the number of rows and the sum that checks them."""
    lines = [f"HDR,{PARTY},{DAY:%Y%m%d}"]
    for claim in claims:
        amount = yuan(-claim.amount_fen if claim.refund else claim.amount_fen)
        lines.append(",".join(["DTL", claim.their_no, claim.our_no, claim.account, f"{claim.at:%Y%m%d%H%M%S}", amount]))
    lines += [f"RECORDS,{len(claims)}", f"AMOUNT,{yuan(_net(claims))}"]
    return Written(f"{PARTY}.{DAY:%Y%m%d}.dat", ("\n".join(lines) + "\n").encode())


LAYOUTS: dict[str, Callable[[Sequence[Claim]], Written]] = {
    "bank-pipe": bank_pipe,
    "unionpay-zm": unionpay_zm,
    "wechat-day": wechat_day,
    "alipay-day": alipay_day,
    "comma-fen": comma_fen,
    "end-mark": end_mark,
    "footer-totals": footer_totals,
}
"""The writers by the name of the layout."""


@dataclass(frozen=True)
class Booking:
    """An entry on the account: fen with its sign, and the details of a batch, whose sum it is.

    ``returned``: a payment of the account's holder comes back, with code and text of why; ``name`` was its payee.
    """

    amount_fen: int
    details: tuple[tuple[int, str], ...] = ()
    reversal: bool = False
    booked: bool = True
    name: str = "李四"
    returned: tuple[str, str] | None = None


def _money(tag: str, fen: int, indent: str) -> list[str]:
    direction = "CRDT" if fen >= 0 else "DBIT"
    return [f'{indent}<{tag} Ccy="CNY">{yuan(abs(fen))}</{tag}>', f"{indent}<CdtDbtInd>{direction}</CdtDbtInd>"]


def camt_053(
    bookings: Sequence[Booking], opening_fen: int = 100_000, account: str = "6222000001", wrong_fen: int = 0
) -> bytes:
    """Write a statement in camt.053.001.08: balances, a summary, entries, batch bookings with their details."""
    booked = [one for one in bookings if one.booked]
    closing_fen = opening_fen + sum(one.amount_fen for one in booked) + wrong_fen
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">',
    ]
    lines += [" <BkToCstmrStmt>", "  <GrpHdr><MsgId>M1</MsgId></GrpHdr>", "  <Stmt>", "   <Id>STMT-0327</Id>"]
    lines += [f"   <Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>"]
    for code, fen in (("OPBD", opening_fen), ("CLBD", closing_fen)):
        lines += [f"   <Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>", *_money("Amt", fen, "    ")]
        lines += [f"    <Dt><Dt>{DAY}</Dt></Dt></Bal>"]
    lines += [f"   <TxsSummry><TtlNtries><NbOfNtries>{len(booked)}</NbOfNtries></TtlNtries></TxsSummry>"]
    for number, one in enumerate(bookings, 1):
        lines += [f"   <Ntry><NtryRef>{number}</NtryRef>", *_money("Amt", one.amount_fen, "    ")]
        lines += ["    <RvslInd>true</RvslInd>"] if one.reversal else []
        lines += [f"    <Sts><Cd>{'BOOK' if one.booked else 'PDNG'}</Cd></Sts>"]
        lines += [f"    <BookgDt><Dt>{DAY}</Dt></BookgDt><ValDt><Dt>{DAY}</Dt></ValDt>"]
        lines += [f"    <AcctSvcrRef>B{number:05d}</AcctSvcrRef><NtryDtls>"]
        if one.details:
            lines += [f"     <Btch><PmtInfId>SETTLE-{number}</PmtInfId><NbOfTxs>{len(one.details)}</NbOfTxs></Btch>"]
        for fen, reference in one.details or ((one.amount_fen, f"E2E-{number}"),):
            side = "Dbtr" if fen >= 0 and not one.returned else "Cdtr"
            lines += [f"     <TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>", *_money("Amt", fen, "      ")]
            lines += [f"      <RltdPties><{side}><Pty><Nm>{escape(one.name)}</Nm></Pty></{side}></RltdPties>"]
            lines += [f"      <RmtInf><Ustrd>{PARTY} {DAY}</Ustrd></RmtInf>"]
            if one.returned:
                code, why = one.returned
                lines += [f"      <RtrInf><Rsn><Cd>{code}</Cd></Rsn><AddtlInf>{why}</AddtlInf></RtrInf>"]
            lines += ["     </TxDtls>"]
        lines += ["    </NtryDtls></Ntry>"]
    lines += ["  </Stmt>", " </BkToCstmrStmt>", "</Document>", ""]
    return "\n".join(lines).encode()
