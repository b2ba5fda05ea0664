"""A profile from its document, which is TOML: every key known, every value checked, one sentence for what is wrong."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, NoReturn

from hq_server.files.numbers import NumberForm
from hq_server.files.profile import (
    AccountRule,
    Column,
    DetailRule,
    FileProfile,
    FlagRule,
    LineRule,
    Purpose,
    Totals,
    ZipRule,
)
from hq_server.files.rows import LineKind, LineStatus
from hq_server.files.templates import COUNTS, Template, TemplateError, template
from hq_server.files.times import TimeForm, TimeFormError, time_form
from hq_server.wording import RefusedError, Sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DOCUMENT_CHARS_MAX = 32_000
_ENCODINGS = ("utf-8", "utf-8-sig", "gb18030")
_TEXTS = ("our_no", "their_no", "account_no", "batch_no", "original_no", "terminal_no", "trace_no", "text")
_TIMES = ("at", "date", "time")
_AMOUNTS = ("amount", "refund", "fee", "charge", "net")
_COLUMNS = frozenset({*_TEXTS, *_TIMES, *_AMOUNTS, "seq", "kind", "status", "card"})


def _no(zh: str, en: str) -> NoReturn:
    raise RefusedError("file_profile", f"解析方案不能用: {zh}", f"the profile cannot be used: {en}")


class _Section:
    """A table of the document; what was not asked for by the end is refused."""

    def __init__(self, name: str, values: object) -> None:
        if not isinstance(values, dict):
            _no(f"{name} 应为一节", f"{name} must be a table")
        self.name = name
        self._left: dict[str, Any] = dict(values)

    def _path(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def take(self, key: str, kind: type, otherwise: Any = None) -> Any:  # noqa: ANN401 - a value of the document
        value = self._left.pop(key, otherwise)
        if (
            key
            and value is not otherwise
            and (not isinstance(value, kind) or (kind is int and isinstance(value, bool)))
        ):
            _no(f"{self._path(key)} 的值类型不对", f"{self._path(key)} has a value of the wrong type")
        return value

    def text(self, key: str, otherwise: str = "", chars_max: int = 200) -> str:
        value: str = self.take(key, str, otherwise)
        if len(value) > chars_max:
            _no(f"{self._path(key)} 过长", f"{self._path(key)} is too long")
        return value

    def one_of(self, key: str, allowed: tuple[str, ...], otherwise: str) -> str:
        value = self.text(key, otherwise)
        if value not in allowed:
            choices = ", ".join(allowed)
            _no(f"{self._path(key)} 只能是 {choices}", f"{self._path(key)} must be one of {choices}")
        return value

    def size(self, key: str, otherwise: int, most: int) -> int:
        value: int = self.take(key, int, otherwise)
        if not 1 <= value <= most:
            _no(f"{self._path(key)} 应在 1 到 {most}", f"{self._path(key)} must be from 1 to {most}")
        return value

    def flag(self, key: str) -> bool:
        return bool(self.take(key, bool, False))  # noqa: FBT003 - the default of a yes-or-no key

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.take(key, list, [])
        if not all(isinstance(one, str) and len(one) <= 200 for one in values):  # noqa: PLR2004 - as `text`
            _no(f"{self._path(key)} 应为文字列表", f"{self._path(key)} must be a list of texts")
        return tuple(values)

    def words(self, key: str) -> dict[str, str]:
        values = self.take(key, dict, {})
        if not all(isinstance(one, str) for one in values.values()):
            _no(f"{self._path(key)} 应为文字对照", f"{self._path(key)} must map texts to texts")
        return dict(values)

    def section(self, key: str) -> _Section:
        return _Section(self._path(key), self._left.pop(key, {}))

    def sections(self, key: str) -> list[_Section]:
        values = self.take(key, list, [])
        return [_Section(f"{self._path(key)}[{n}]", one) for n, one in enumerate(values, 1)]

    def has(self, key: str) -> bool:
        return key in self._left

    def end(self) -> None:
        """Refuse keys that nobody asked for: a misspelt rule must not be a rule that is not there."""
        if self._left:
            key = self._path(next(iter(self._left)))
            _no(f"不认识 {key}", f"{key} is not known")


def read_profile(document: str, name: str, version: int = 0) -> FileProfile:
    """Read a profile.

    Raises:
        RefusedError: it is no TOML, a key is not known, or a rule is missing or contradicts another; one sentence.
    """
    if len(document) > DOCUMENT_CHARS_MAX:
        _no(f"超过 {DOCUMENT_CHARS_MAX} 字", f"it is longer than {DOCUMENT_CHARS_MAX} characters")
    try:
        whole = _Section("", tomllib.loads(document.replace("\r\n", "\n")))
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets within brackets
        why = str(error)[:200]
        _no(f"不是 TOML: {why}", f"it is no TOML: {why}")
    profile = _profile(whole, name, version)
    whole.end()
    _check(profile)
    return profile


def _profile(whole: _Section, name: str, version: int) -> FileProfile:
    form = whole.one_of("form", ("delimited", "fixed", "camt.053"), "delimited")
    dates, amount = whole.section("dates"), whole.section("amount")
    date_text = dates.text("date", "YYYYMMDD")
    times = {key: _time(dates, key, date_text) for key in _TIMES if key == "date" or dates.has(key)}
    dates.end()
    amount_form = _number(amount, NumberForm())
    numbers = {"amount": amount_form, "refund": amount_form}
    for key in ("fee", "charge", "net"):
        numbers[key] = _number(whole.section(key), amount_form) if whole.has(key) else amount_form
    title = whole.texts("title")
    if len(title) != 2 or not all(title):  # noqa: PLR2004 - Chinese and English
        _no("title 要有中文和英文两项", "title must be a pair, Chinese and English")

    def pattern(text: str, where: str) -> Template:
        return _template(text, date_text, where)

    return FileProfile(
        name=name,
        version=version,
        title=Sentence(*title),
        purpose=Purpose[whole.one_of("purpose", ("biller", "acquirer", "account"), "biller").upper()],
        form=form,  # type: ignore[arg-type]
        party=whole.text("party", chars_max=32),
        file_names=tuple(pattern(text, "file_names") for text in whole.texts("file_names")),
        totals=Totals(whole.one_of("totals", tuple(Totals), Totals.FILE)),
        encodings=_encodings(whole),
        newline=whole.one_of("newline", ("lf", "crlf", "any"), "any"),  # type: ignore[arg-type]
        delimiter=whole.text("delimiter", "|", 4),
        quote=whole.text("quote", "", 1),
        trim=whole.text("trim", "", 8),
        cell_prefix=whole.text("cell_prefix", "", 4),
        separator=whole.text("separator", "", 4),
        layout_version=whole.text("layout_version", "", 16),
        empty_is_no_sales=whole.one_of("empty", ("refuse", "no sales"), "refuse") == "no sales",
        empty_text=whole.text("empty_text"),
        text_chars_max=whole.size("text_chars_max", 64, 200),
        line_bytes_max=whole.size("line_bytes_max", 2048, 65_536),
        rows_max=whole.size("rows_max", 10_000_000, 100_000_000),
        heads=tuple(_line(one, pattern) for one in whole.sections("head")),
        detail=_detail(whole.section("detail"), form, times, numbers, whole) if whole.has("detail") else None,
        tails=tuple(_line(one, pattern) for one in whole.sections("tail")),
        total_form=_total_form(whole, amount_form),
        flag=_flag(whole.section("flag"), pattern) if whole.has("flag") else None,
        zip=_zip(whole.section("zip"), pattern) if whole.has("zip") else None,
        account=_account(whole.section("account")) if whole.has("account") else None,
    )


def _template(text: str, date_text: str, where: str) -> Template:
    try:
        return template(text, date_text)
    except TemplateError as error:
        _no(f"{where} 里的 {error} 不能用", f"{error} cannot stand in {where}")


def _time(dates: _Section, key: str, date_text: str) -> TimeForm:
    text = date_text if key == "date" else dates.text(key)
    try:
        return time_form(text)
    except TimeFormError:
        _no(f"dates.{key} 的格式 {text} 不能用", f"{text} is no form for dates.{key}")


def _number(section: _Section, otherwise: NumberForm) -> NumberForm:
    letters = section.words("letters")
    if not all(len(letter) == 1 and sign in {"+", "-"} for letter, sign in letters.items()):
        _no(f"{section.name}.letters 是字母对 + 或 -", f"{section.name}.letters maps a letter to + or -")
    sign = section.one_of("sign", ("none", "minus", "letter"), "none")
    if (sign == "letter") is not bool(letters):
        _no(f"{section.name} 的 sign 与 letters 不一致", f"sign and letters of {section.name} do not agree")
    form = NumberForm(
        unit=section.one_of("unit", ("fen", "yuan"), otherwise.unit),  # type: ignore[arg-type]
        sign=sign,  # type: ignore[arg-type]
        letters={letter: 1 if way == "+" else -1 for letter, way in letters.items()},
        zeros=section.flag("zeros"),
        point_zero=section.flag("point_zero"),
        thousands=section.flag("thousands"),
    )
    section.end()
    return form


def _total_form(whole: _Section, amount: NumberForm) -> NumberForm:
    """Totals may always carry a minus: a day may have more refunds than payments."""
    if not whole.has("total"):
        return NumberForm(amount.unit, "minus", zeros=amount.zeros, point_zero=amount.point_zero)
    form = _number(whole.section("total"), amount)
    return NumberForm(form.unit, "minus", {}, form.zeros, form.point_zero, form.thousands)


def _encodings(whole: _Section) -> tuple[str, ...]:
    encodings = whole.texts("encodings") or ("utf-8",)
    if not set(encodings) <= set(_ENCODINGS) or len(set(encodings)) != len(encodings):
        choices = ", ".join(_ENCODINGS)
        _no(f"encodings 只能取 {choices}", f"encodings may be {choices}")
    return encodings


def _line(section: _Section, pattern: Callable[[str, str], Template]) -> LineRule:
    cells, text = section.texts("cells"), section.text("text")
    if bool(cells) is bool(text):
        _no(f"{section.name} 要有 cells 或 text 之一", f"{section.name} must have either cells or text")
    section.end()
    made = pattern(text, section.name) if text else None
    return LineRule(tuple(pattern(cell, section.name) for cell in cells), made)


def _detail(
    section: _Section, form: str, times: dict[str, TimeForm], numbers: dict[str, NumberForm], whole: _Section
) -> DetailRule:
    columns = tuple(_column(text, form == "fixed") for text in section.texts("columns"))
    names = [column.name for column in columns if column.is_read]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        _no(f"列 {twice} 出现两次", f"column {twice} stands twice")
    kinds = _map(whole.words("kinds"), LineKind, "kinds")
    statuses = _map(whole.words("statuses"), LineStatus, "statuses")
    for name, rule in (("kind", kinds), ("status", statuses)):
        if (name in names) is not bool(rule):
            _no(f"列 {name} 与它的对照表要同时有", f"column {name} and the table of its words go together")
    unique, optional = section.texts("unique"), section.texts("optional")
    if not set(unique) | set(optional) <= set(names):
        _no("unique 和 optional 要用已有的列", "unique and optional must name columns that there are")
    days = section.take("days", int)
    section.end()
    used = {name: form for name, form in times.items() if name in names}
    missing = [name for name in _TIMES if name in names and name not in times]
    if missing:
        _no(f"dates 缺少 {missing[0]}", f"dates does not say how {missing[0]} is written")
    return DetailRule(
        columns, kinds, statuses, used, numbers, _kind_by(names, numbers), days, unique, frozenset(optional)
    )


def _kind_by(names: list[str], numbers: dict[str, NumberForm]) -> Any:  # noqa: ANN401 - one of a few texts
    signed = [name for name in ("amount", "net") if name in names and numbers[name].says_direction]
    sources = [name for name in ("kind", "refund") if name in names] or signed[:1]
    return sources[0] if sources else ""


def _column(text: str, is_fixed: bool) -> Column:  # noqa: FBT001 - of one form or the other
    name, width = text, 0
    if is_fixed:
        name, _, digits = text.rpartition(":")
        width = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 5 else 0  # noqa: PLR2004
        if not width:
            _no(f"列 {text} 没有写字节宽度", f"column {text} does not say how many bytes it has")
    if name.startswith("="):
        return Column("", width, name[1:])
    if name.startswith("-"):
        return Column("", width)
    if name not in _COLUMNS:
        _no(f"不认识列 {name}", f"column {name} is not known")
    return Column(name, width)


def _map(words: dict[str, str], kind: Any, where: str) -> Mapping[str, Any]:  # noqa: ANN401 - one of two enums
    try:
        return {word: kind(value) for word, value in words.items()}
    except ValueError as error:
        choices = ", ".join(kind)
        raise RefusedError(
            "file_profile",
            f"解析方案不能用: {where} 的值只能是 {choices}",
            f"the profile cannot be used: the values of {where} may be {choices}",
        ) from error


def _flag(section: _Section, pattern: Callable[[str, str], Template]) -> FlagRule:
    suffix, text = section.text("suffix", ".ok", 16), section.text("text")
    section.end()
    if not suffix.startswith(".") or "/" in suffix:
        _no("flag.suffix 应以点开头", "flag.suffix must begin with a point")
    return FlagRule(suffix, pattern(text, "flag.text") if text else None)


def _zip(section: _Section, pattern: Callable[[str, str], Template]) -> ZipRule:
    member, ignored = section.text("member"), section.texts("ignored")
    section.end()
    return ZipRule(pattern(member, "zip.member"), tuple(pattern(text, "zip.ignored") for text in ignored))


def _account(section: _Section) -> AccountRule:
    number, currency = section.text("number", "", 34), section.text("currency", "CNY", 3)
    flips = section.one_of("reversal", ("as stated", "opposite"), "as stated") == "opposite"
    section.end()
    return AccountRule(number, currency, flips)


def _check(profile: FileProfile) -> None:
    """Refuse rules that contradict each other or leave a file without control."""
    if not profile.file_names:
        _no("缺少 file_names", "file_names is missing")
    if profile.form == "camt.053":
        if profile.account is None or profile.purpose is not Purpose.ACCOUNT or profile.detail or profile.heads:
            _no(
                "camt.053 要有 account 一节, 用途为 account, 没有行规则",
                "camt.053 goes with an account and no line rules",
            )
        return
    if profile.purpose is Purpose.ACCOUNT:
        _no("银行账户对账单用 camt.053", "statements of a bank account are camt.053")
    detail = profile.detail
    if detail is None or "amount" not in {column.name for column in detail.columns}:
        _no("明细里没有 amount 列", "the rows have no column amount")
    parting = profile.delimiter, profile.quote
    if not profile.delimiter or not all(sign.isprintable() or sign == "\t" for sign in parting):
        _no("delimiter 或 quote 不能用", "delimiter or quote cannot be used")
    if profile.quote and (len(profile.delimiter) != 1 or profile.quote == profile.delimiter):
        _no("有 quote 时 delimiter 只能是另一个字符", "with a quote, the delimiter is one other character")
    if any(not line.begins for line in profile.tails[:1]):
        _no("结尾行要以固定文字开头", "the first closing line must begin with a fixed text")
    _check_controls(profile)


def _check_controls(profile: FileProfile) -> None:
    stated: set[str] = set()
    if profile.totals is Totals.FILE:
        stated = set(profile.states)
    elif profile.totals is Totals.FLAG:
        stated = set(profile.flag.text.names) if profile.flag and profile.flag.text else set()
    else:
        return
    if "sha256" in stated:
        return
    detail = profile.detail
    varies = detail is not None and (detail.kind_by or detail.statuses)
    held = set(stated) | ({"count"} if stated & set(COUNTS) else set())
    held |= {"net"} if {"pay", "rev"} <= stated or (not varies and "total" in stated) else set()
    missing = ", ".join(sorted(profile.controls - held))
    if missing:
        _no(
            f"totals 写 {profile.totals.value}, 那里却没有 {missing}",
            f"totals are said to be {profile.totals.value}, which does not state {missing}",
        )
