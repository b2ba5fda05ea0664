"""Code 128 as a printer draws it: symbol values out of `GS k 73` data, and bar widths out of values (ISO/IEC 15417)."""

# ruff: noqa: PLR2004 (the values stand as in the standard)
from __future__ import annotations

WIDTH_TABLE = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222"
    " 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321"
    " 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121"
    " 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224"
    " 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111"
    " 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113"
    " 114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112"
)
WIDTHS = tuple(WIDTH_TABLE.split(" "))
"""Widths of bar, space, bar, ... in modules, by symbol value; 106 is the stop symbol."""

START = {"A": 103, "B": 104, "C": 105}
SWITCH = {"A": 101, "B": 100, "C": 99}
STOP = 106


class NotPrintableError(ValueError):
    """The data cannot be drawn as Code 128; the message says why."""


def symbol_values(data: bytes) -> tuple[tuple[int, ...], str]:
    """Return (symbol values from the start symbol on, text a scanner reads) of `GS k 73` data.

    `{A`, `{B` and `{C` choose the code set, `{{` is a brace, and in set C each byte is a pair of digits (0 to 99).
    Raises `NotPrintableError`.
    """
    if len(data) < 3 or data[:1] != b"{" or chr(data[1]) not in START:
        msg = "data must begin with {A, {B or {C and hold something"
        raise NotPrintableError(msg)
    code_set = chr(data[1])
    values, text, i = [START[code_set]], "", 2
    while i < len(data):
        byte = data[i]
        if byte == 0x7B and i + 1 < len(data) and chr(data[i + 1]) in SWITCH:
            code_set = chr(data[i + 1])
            values.append(SWITCH[code_set])
            i += 2
            continue
        if byte == 0x7B and code_set != "C":
            if data[i + 1 : i + 2] != b"{":
                msg = "a brace must be doubled"
                raise NotPrintableError(msg)
            i += 1
        value, char = _value(byte, code_set)
        values.append(value)
        text += char
        i += 1
    return tuple(values), text


def _value(byte: int, code_set: str) -> tuple[int, str]:
    if code_set == "C" and byte <= 99:
        return byte, f"{byte:02d}"
    if code_set == "B" and 0x20 <= byte <= 0x7F:
        return byte - 32, chr(byte)
    if code_set == "A" and byte < 0x60:
        return (byte - 32 if byte >= 0x20 else byte + 64), chr(byte)
    msg = f"byte {byte:02X}h is not in code set {code_set}"
    raise NotPrintableError(msg)


def module_widths(values: tuple[int, ...]) -> list[int]:
    """Return the widths of bar, space, bar, ... of the whole symbol, checksum and stop included."""
    checksum = (values[0] + sum(i * value for i, value in enumerate(values[1:], start=1))) % 103
    return [int(width) for value in (*values, checksum, STOP) for width in WIDTHS[value]]
