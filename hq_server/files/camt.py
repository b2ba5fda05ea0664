"""A bank's statement of an account of ours: ISO 20022 camt.053 (any version 001.xx), read as a stream.

Opening balance and booked entries must make the closing balance, to the fen; a batch booking is expanded into its
details, which must make the batch. The direction is `CdtDbtInd` of the entry as it was booked: `RvslInd` only says that
it takes an earlier one back, unless the profile says that this bank means the opposite direction by it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from hq_server.files.refusals import FileRefused, RefusalCode
from hq_server.files.rows import BankEntry, FileFacts, Totals
from hq_server.files.xml_events import elements
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hq_server.files.profile import AccountRule, FileProfile
    from hq_server.files.xml_events import Element

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
_ROOT = ("Document", "BkToCstmrStmt", "Stmt")
_ENTRY = "Ntry"
_DETAIL = ("Ntry", "NtryDtls", "TxDtls")
_AMOUNT = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,2})0{0,3})?")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})?)?")
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_COUNT = re.compile("[0-9]{1,9}")


class StatementReader:
    """Reads one statement in constant memory: account and balances at once, the entries by iteration, once.

    Everything raises `FileRefused`. `totals` is whole when the iteration has ended; `count` counts rows.
    """

    def __init__(self, stream: BinaryIO, profile: FileProfile, expected: FileFacts) -> None:
        """Read up to the first entry and hold account and date against what is expected.

        Raises:
            FileRefused: it is no statement, of another account or date, or without its balances.
            ValueError: the profile is of another form.
        """
        if profile.account is None:
            raise ValueError("this layout is no bank statement")
        self._rule: AccountRule = profile.account
        self._rows_max = profile.rows_max
        self._expected = expected
        self._elements = elements(stream)
        self.line_no = 0
        self.totals = Totals()
        self._sums: dict[str, int] = {"NbOfNtries": 0, "CdtNb": 0, "DbtNb": 0, "Cdt": 0, "Dbt": 0}
        self._stated: dict[str, int] = {}
        self._statement: dict[str, str] = {}
        self._balance: dict[str, str] = {}
        self._closed_on: date | None = None
        self._has_entry = self._read_head()
        self.party, self.seq = expected.party, expected.seq
        self.business_date = self._check_head()

    def _read_head(self) -> bool:
        """Read to the first entry, True, or to the statement's end, False."""
        root_seen = False
        for element in self._elements:
            self.line_no = element.line_no
            if not root_seen:
                root_seen = True
                if element.path != _ROOT[:1] or not element.namespace.startswith(NAMESPACE):
                    self._refuse(RefusalCode.NOT_A_STATEMENT, expected=f"{NAMESPACE}*")
            inner = self._inner(element)
            if inner is None:
                continue
            if element.text is None and inner == (_ENTRY,):
                return True
            if element.text is not None:
                if inner == ():
                    return False
                self._take_head(inner, element)
        return self._refuse(RefusalCode.NOT_A_STATEMENT, expected="/".join(_ROOT))

    def _inner(self, element: Element) -> tuple[str, ...] | None:
        """Give the path within the statement, None outside of it."""
        return element.path[3:] if element.path[:3] == _ROOT else None

    def _take_head(self, inner: tuple[str, ...], element: Element) -> None:
        text = element.text or ""
        key = "/".join(inner)
        if inner == ("Bal",):
            self._take_balance()
        elif inner[0] == "Bal":
            self._balance[key] = text
            if key == "Bal/Amt":
                self._check_currency(element)
        elif inner[0] == "TxsSummry":
            self._take_summary(inner, text)
        else:
            self._statement.setdefault(key, text)

    def _take_balance(self) -> None:
        bal, self._balance = self._balance, {}
        code = bal.get("Bal/Tp/CdOrPrtry/Cd", "")
        if code not in _OPENING + _CLOSING:
            return
        fen = self._signed(bal.get("Bal/Amt", ""), bal.get("Bal/CdtDbtInd", ""))
        if code in _CLOSING:
            self.totals.closing = fen
            self._closed_on = self._date_of(bal.get("Bal/Dt/Dt") or bal.get("Bal/Dt/DtTm", ""))
        elif self.totals.opening is None:
            self.totals.opening = fen

    def _take_summary(self, inner: tuple[str, ...], text: str) -> None:
        names: dict[tuple[str, ...], str] = {
            ("TtlNtries", "NbOfNtries"): "NbOfNtries",
            ("TtlCdtNtries", "NbOfNtries"): "CdtNb",
            ("TtlDbtNtries", "NbOfNtries"): "DbtNb",
            ("TtlCdtNtries", "Sum"): "Cdt",
            ("TtlDbtNtries", "Sum"): "Dbt",
        }
        name = names.get(inner[1:])
        if name is None:
            return
        if name in {"Cdt", "Dbt"}:
            self._stated[name] = self._fen(text)
        elif _COUNT.fullmatch(text):
            self._stated[name] = int(text)
        else:
            self._refuse(RefusalCode.BAD_FIELD, field="NbOfNtries", found=text)

    def _check_head(self) -> date:
        if self.totals.opening is None or self.totals.closing is None or self._closed_on is None:
            self._refuse(RefusalCode.NOT_A_STATEMENT, expected="OPBD / CLBD")
        number = self._statement.get("Acct/Id/IBAN") or self._statement.get("Acct/Id/Othr/Id", "")
        wanted = self._rule.number or self._expected.party
        if not wanted:
            raise FileRefused(RefusalCode.PARTY_MISSING)
        if number != wanted:
            self._refuse(RefusalCode.WRONG_BILLER, found=number, expected=wanted)
        currency = self._statement.get("Acct/Ccy", self._rule.currency)
        if currency != self._rule.currency:
            self._refuse(RefusalCode.WRONG_CURRENCY, found=currency, expected=self._rule.currency)
        wanted_date = self._expected.date
        if wanted_date is not None and self._closed_on != wanted_date:
            self._refuse(RefusalCode.WRONG_DATE, found=str(self._closed_on), expected=str(wanted_date))
        return self._closed_on

    def __iter__(self) -> Iterator[BankEntry]:
        """Yield the movements in order, then hold them against the balances."""
        leaves: dict[str, str] = {}
        entry = _Entry()
        has_entry, self._has_entry = self._has_entry, False
        for element in self._elements:
            self.line_no = element.line_no
            inner = self._inner(element)
            if inner is None or not has_entry:
                self._refuse_second(element)
                continue
            if element.text is None:
                continue
            if inner == ():
                has_entry = False
            elif inner == (_ENTRY,):
                yield from self._end_entry(entry, leaves)
                entry, leaves = _Entry(), {}
            elif inner == _DETAIL:
                yield from self._end_detail(entry, leaves)
                leaves = {key: text for key, text in leaves.items() if not key.startswith("Ntry/NtryDtls/TxDtls/")}
            elif inner[0] == _ENTRY:
                self._take_leaf(leaves, inner, element)
        self._check_close()

    def _refuse_second(self, element: Element) -> None:
        if element.text is None and element.path == _ROOT:
            self._refuse(RefusalCode.SEVERAL_STATEMENTS)

    def _take_leaf(self, leaves: dict[str, str], inner: tuple[str, ...], element: Element) -> None:
        key, text = "/".join(inner), element.text or ""
        if key == "Ntry/Amt":
            self._check_currency(element)
        is_ours = element.attributes.get("Ccy", self._rule.currency) == self._rule.currency
        if key.endswith(("/TxDtls/Amt", "/TxDtls/AmtDtls/TxAmt/Amt")) and not is_ours:
            return  # what it was in another currency says nothing about our account
        leaves[key] = (
            f"{leaves[key]} {text}" if key.endswith(("/Ustrd", "/RtrInf/AddtlInf")) and key in leaves else text
        )

    def _end_detail(self, entry: _Entry, leaves: dict[str, str]) -> Iterator[BankEntry]:
        """End one detail of an entry; one without an amount waits to be the entry's only one."""
        if not self._is_booked(leaves):
            return
        entry.details += 1
        detail = "Ntry/NtryDtls/TxDtls/"
        amount = leaves.get(f"{detail}Amt") or leaves.get(f"{detail}AmtDtls/TxAmt/Amt")
        if amount is None:
            entry.without_amount = entry.without_amount or dict(leaves)
            entry.amountless += 1
            return
        direction = leaves.get(f"{detail}CdtDbtInd") or leaves.get("Ntry/CdtDbtInd", "")
        fen = self._turned(self._signed(amount, direction), leaves)
        entry.sum_fen += fen
        yield self._row(leaves, fen)

    def _end_entry(self, entry: _Entry, leaves: dict[str, str]) -> Iterator[BankEntry]:
        if not self._is_booked(leaves):
            return
        fen = self._turned(self._signed(leaves.get("Ntry/Amt", ""), leaves.get("Ntry/CdtDbtInd", "")), leaves)
        batch = leaves.get("Ntry/NtryDtls/Btch/NbOfTxs", "")
        if entry.details == entry.amountless:
            only = entry.without_amount if entry.details == 1 else None
            yield self._row(only or leaves, fen)
        elif entry.amountless or entry.sum_fen != fen:
            number = str(self._sums["NbOfNtries"] + 1)
            words = {"found": format_yuan(entry.sum_fen), "expected": format_yuan(fen)}
            self._refuse(RefusalCode.BATCH_MISMATCH, field=number, **words)
        if entry.details and batch and batch != str(entry.details):
            number = str(self._sums["NbOfNtries"] + 1)
            self._refuse(RefusalCode.BATCH_MISMATCH, field=number, found=str(entry.details), expected=batch)
        side = "Cdt" if fen > 0 else "Dbt"
        self._sums["NbOfNtries"] += 1
        self._sums[f"{side}Nb"] += 1
        self._sums[side] += abs(fen)

    def _is_booked(self, leaves: dict[str, str]) -> bool:
        """Tell whether the entry moved money; pending and informational ones did not."""
        status = leaves.get("Ntry/Sts/Cd") or leaves.get("Ntry/Sts", "")
        if status not in {"BOOK", "PDNG", "INFO", "FUTR"}:
            self._refuse(RefusalCode.BAD_FIELD, field="Ntry/Sts", found=status)
        return status == "BOOK"

    def _turned(self, fen: int, leaves: dict[str, str]) -> int:
        return -fen if self._rule.reversal_flips and leaves.get("Ntry/RvslInd") == "true" else fen

    def _row(self, leaves: dict[str, str], fen: int) -> BankEntry:
        self.totals.count += 1
        self.totals.total += abs(fen)
        if self.totals.count > self._rows_max:
            self._refuse(RefusalCode.TOO_MANY_ROWS, expected=str(self._rows_max))
        self.totals.pay += max(fen, 0)
        self.totals.rev += max(-fen, 0)
        detail = "Ntry/NtryDtls/TxDtls/"
        # What comes back keeps the parties of the payment that it was.
        is_return = any(key.startswith(f"{detail}RtrInf/") for key in leaves)
        other = "Dbtr" if (fen > 0) != is_return else "Cdtr"
        parties = f"{detail}RltdPties/{other}"

        def first(*keys: str) -> str:
            return next((leaves[key] for key in keys if leaves.get(key)), "")

        words = (f"{detail}RmtInf/Ustrd", f"{detail}AddtlTxInf", f"{detail}RtrInf/AddtlInf", "Ntry/AddtlNtryInf")
        valued = first("Ntry/ValDt/Dt", "Ntry/ValDt/DtTm")
        return BankEntry(
            row_no=self.totals.count,
            entry_no=self._sums["NbOfNtries"] + 1,
            statement_no=self._statement.get("Id", ""),
            booked_on=self._date_of(first("Ntry/BookgDt/Dt", "Ntry/BookgDt/DtTm")),
            valued_on=self._date_of(valued) if valued else None,
            amount_fen=fen,
            is_reversal=leaves.get("Ntry/RvslInd") == "true",
            bank_no=first(f"{detail}Refs/AcctSvcrRef", f"{detail}Refs/TxId", "Ntry/AcctSvcrRef", "Ntry/NtryRef"),
            end_to_end_id=first(f"{detail}Refs/EndToEndId").replace("NOTPROVIDED", ""),
            batch_no=first("Ntry/NtryDtls/Btch/PmtInfId", "Ntry/NtryDtls/Btch/MsgId", f"{detail}Refs/PmtInfId"),
            their_name=first(f"{parties}/Nm", f"{parties}/Pty/Nm"),
            their_account=first(f"{parties}Acct/Id/IBAN", f"{parties}Acct/Id/Othr/Id"),
            text=" ".join(dict.fromkeys(leaves[key] for key in words if leaves.get(key)))[:500],
            return_code=first(f"{detail}RtrInf/Rsn/Cd", f"{detail}RtrInf/Rsn/Prtry")[:35],
        )

    def _check_close(self) -> None:
        for name, stated in self._stated.items():
            found = self._sums[name]
            if stated != found:
                what = f"TxsSummry {name}"
                raise FileRefused(RefusalCode.FILE_TOTAL_MISMATCH, field=what, found=str(found), expected=str(stated))
        opening, closing = self.totals.opening or 0, self.totals.closing or 0
        made = opening + self.totals.net
        if made != closing:
            raise FileRefused(RefusalCode.BALANCE_MISMATCH, found=format_yuan(closing), expected=format_yuan(made))

    def _check_currency(self, element: Element) -> None:
        found = element.attributes.get("Ccy", "")
        if found != self._rule.currency:
            self._refuse(RefusalCode.WRONG_CURRENCY, found=found, expected=self._rule.currency)

    def _fen(self, text: str) -> int:
        match = _AMOUNT.fullmatch(text)
        if match is None:
            self._refuse(RefusalCode.BAD_AMOUNT, field="Amt", found=text, expected="yuan")
        return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))

    def _signed(self, text: str, direction: str) -> int:
        if direction not in {"CRDT", "DBIT"}:
            self._refuse(RefusalCode.BAD_FIELD, field="CdtDbtInd", found=direction)
        fen = self._fen(text)
        return fen if direction == "CRDT" else -fen

    def _date_of(self, text: str) -> date:
        match = _DATE.fullmatch(text)
        try:
            return date.fromisoformat(match[1] if match else text)
        except ValueError:
            self._refuse(RefusalCode.BAD_FIELD, field="Dt", found=text)

    def _refuse(self, code: RefusalCode, *, field: str = "", found: str = "", expected: str = "") -> NoReturn:
        raise FileRefused(code, self.line_no, field=field, found=found, expected=expected) from None


class _Entry:
    """What is known of the entry being read."""

    __slots__ = ("amountless", "details", "sum_fen", "without_amount")

    def __init__(self) -> None:
        self.details = 0
        self.amountless = 0
        self.sum_fen = 0
        self.without_amount: dict[str, str] | None = None
