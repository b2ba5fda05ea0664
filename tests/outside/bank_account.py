"""A bank that keeps one account: it takes deposits, carries out files of payments and writes its statement.

It knows nothing of ours. A file of payments is read as the bank's host reads fixed-width records: bytes in GB18030,
amounts in fen. The statement is camt.053 (ISO 20022), with the balance before, every booking and the balance after.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from xml.sax.saxutils import escape

ENCODING = "gb18030"
HEAD_BYTES, LINE_BYTES = 48, 154


class PaymentFileRefusedError(ValueError):
    """The file is not carried out, as a whole."""


@dataclass(frozen=True)
class Transfer:
    """One line of a file of payments."""

    account_no: str
    name: str
    fen: int
    remark: str


@dataclass(frozen=True)
class PaymentFile:
    """A file of payments as it was read."""

    reference: str
    pay_on: str
    transfers: tuple[Transfer, ...]

    @property
    def fen(self) -> int:
        return sum(one.fen for one in self.transfers)


def _cell(record: bytes, start: int, width: int) -> str:
    return record[start : start + width].decode(ENCODING).rstrip()


def read_payments(content: bytes) -> PaymentFile:
    """Read a file; its count and sum must be those of its lines, and the lines are numbered from one."""
    head, *lines = content.removesuffix(b"\n").split(b"\n")
    if len(head) != HEAD_BYTES or head[:1] != b"F":
        raise PaymentFileRefusedError("the first record is no head")
    transfers = []
    for number, line in enumerate(lines, 1):
        if len(line) != LINE_BYTES or line[:1] != b"D" or int(line[1:9]) != number:
            raise PaymentFileRefusedError(f"record {number} is no line")
        fen = int(line[101:114])
        if fen <= 0:
            raise PaymentFileRefusedError(f"record {number} pays nothing")
        transfers.append(Transfer(_cell(line, 9, 32), _cell(line, 41, 60), fen, _cell(line, 114, 40)))
    found = PaymentFile(_cell(head, 1, 16), _cell(head, 17, 8), tuple(transfers))
    if int(head[25:33]) != len(transfers) or int(head[33:48]) != found.fen:
        raise PaymentFileRefusedError("count or sum of the head is not that of the lines")
    return found


@dataclass
class BankAccount:
    """The account: what is on it, and what was booked since the last statement."""

    number: str
    balance_fen: int = 0
    paid_to: dict[str, int] = field(default_factory=dict)
    """What each account received by files of payments."""
    _booked: list[tuple[int, str, str, str]] = field(default_factory=list)
    _told_fen: int = 0
    _entries: int = 0

    def deposit(self, fen: int, name: str, text: str) -> None:
        """Somebody pays in over the counter."""
        self._book(fen, "NOTPROVIDED", name, text)

    def carry_out(self, file: PaymentFile) -> None:
        """Pay what a file says: one booking for the file, as a batch is booked."""
        for one in file.transfers:
            self.paid_to[one.account_no] = self.paid_to.get(one.account_no, 0) + one.fen
        self._book(-file.fen, file.reference, "", f"batch {file.reference}")

    def _book(self, fen: int, end_to_end: str, name: str, text: str) -> None:
        self.balance_fen += fen
        self._booked.append((fen, end_to_end, name, text))

    def statement(self, day: date) -> tuple[str, bytes]:
        """Write what was booked since the last statement; gives the file's name and its bytes."""
        opening_fen, self._told_fen = self._told_fen, self.balance_fen
        booked, self._booked = self._booked, []
        parts = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>',
            f"<GrpHdr><MsgId>M{day:%Y%m%d}</MsgId></GrpHdr><Stmt><Id>S{day:%Y%m%d}</Id>",
            f"<Acct><Id><Othr><Id>{self.number}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>",
            *(
                f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(fen)}<Dt><Dt>{day}</Dt></Dt></Bal>"
                for code, fen in (("OPBD", opening_fen), ("CLBD", self.balance_fen))
            ),
        ]
        for fen, end_to_end, name, text in booked:
            self._entries += 1
            side = "Dbtr" if fen >= 0 else "Cdtr"
            parts += [
                f"<Ntry><NtryRef>{self._entries}</NtryRef>{_amount(fen)}<Sts><Cd>BOOK</Cd></Sts>",
                f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>",
                f"<AcctSvcrRef>B{self._entries:06d}</AcctSvcrRef><NtryDtls><TxDtls>",
                f"<Refs><EndToEndId>{escape(end_to_end)}</EndToEndId></Refs>{_amount(fen)}",
                f"<RltdPties><{side}><Pty><Nm>{escape(name)}</Nm></Pty></{side}></RltdPties>",
                f"<RmtInf><Ustrd>{escape(text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>",
            ]
        content = "\n".join([*parts, "</Stmt></BkToCstmrStmt></Document>", ""]).encode()
        return f"{self.number}_{day:%Y%m%d}.xml", content


def _amount(fen: int) -> str:
    yuan, rest = divmod(abs(fen), 100)
    return f'<Amt Ccy="CNY">{yuan}.{rest:02d}</Amt><CdtDbtInd>{"CRDT" if fen >= 0 else "DBIT"}</CdtDbtInd>'
