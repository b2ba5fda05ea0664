"""House rules as plain checks over source text: each takes a parsed module and yields what is wrong, by line."""

from __future__ import annotations

import ast
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
PACKAGES = ("station_journal", "station_pos", "hq_server")
# Names that say nothing of what is inside and so gather everything.
BANNED_MODULE_NAMES = frozenset({"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc", "lib"})
# Spelt in two halves, so that this file does not break its own rule.
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file: its path relative to the root, its text and its syntax tree."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Parsed when the first rule asks: most rules leave tests alone."""
        return ast.parse(self.text, self.path)

    @property
    def is_test(self) -> bool:
        return self.path.startswith("tests/")

    @property
    def is_product(self) -> bool:
        return self.path.split("/", 1)[0] in PACKAGES


def modules_under(root: Path) -> list[Module]:
    """Every Python file of the project, in a fixed order."""
    folders = [*PACKAGES, "tests", "benchmarks"]
    files = sorted(file for folder in folders for file in (root / folder).rglob("*.py"))
    return [Module(file.relative_to(root).as_posix(), file.read_text("utf-8")) for file in files]


def _functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def long_module(module: Module) -> Iterator[str]:
    lines = len(module.text.splitlines())
    if lines > MAX_MODULE_LINES and not module.is_test:
        yield f"{module.path}: {lines} lines; split it where its docstring would need an 'and'"


def long_functions(module: Module) -> Iterator[str]:
    if module.is_test:
        return
    for function in _functions(module.tree):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > MAX_FUNCTION_LINES:
            yield f"{module.path}:{function.lineno} {function.name}: {lines} lines"


def empty_name(module: Module) -> Iterator[str]:
    for part in module.path.removesuffix(".py").split("/"):
        if part in BANNED_MODULE_NAMES:
            yield f"{module.path}: '{part}' does not say what is inside"


def unfinished_work(module: Module) -> Iterator[str]:
    for number, line in enumerate(module.text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield f"{module.path}:{number}: unfinished work belongs in the issue list"


def _names_a_float(annotation: ast.expr | None) -> bool:
    if annotation is None:
        return False
    spelt_out = annotation.value if isinstance(annotation, ast.Constant) else None
    if isinstance(spelt_out, str):
        return re.search(r"\bfloat\b", spelt_out) is not None
    return any(isinstance(node, ast.Name) and node.id == "float" for node in ast.walk(annotation))


def _makes_a_float(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Constant):
        return isinstance(value.value, float)
    if isinstance(value, ast.BinOp):
        return isinstance(value.op, ast.Div) or _makes_a_float(value.left) or _makes_a_float(value.right)
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "float"


def _is_money(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.endswith("_fen")


def money_as_float(module: Module) -> Iterator[str]:
    if "_fen" not in module.text:
        return
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.stmt | ast.arg | ast.keyword):
            continue
        wrong = False
        if isinstance(node, ast.AnnAssign):
            wrong = _is_money(node.target) and (_names_a_float(node.annotation) or _makes_a_float(node.value))
        elif isinstance(node, ast.Assign):
            wrong = any(map(_is_money, node.targets)) and _makes_a_float(node.value)
        elif isinstance(node, ast.AugAssign):
            wrong = _is_money(node.target) and (isinstance(node.op, ast.Div) or _makes_a_float(node.value))
        elif isinstance(node, ast.arg):
            wrong = node.arg.endswith("_fen") and _names_a_float(node.annotation)
        elif isinstance(node, ast.keyword):
            wrong = (node.arg or "").endswith("_fen") and _makes_a_float(node.value)
        elif isinstance(node, Function):
            wrong = node.name.endswith("_fen") and _names_a_float(node.returns)
        if wrong:
            yield f"{module.path}:{node.lineno}: money is integer fen, never float"


def _docstrings(tree: ast.Module) -> set[int]:
    """Ids of the constants that are docstrings: nobody sees them on a screen or on paper."""
    owners = [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | Function))]
    first = [owner.body[0] for owner in owners if owner.body]
    return {id(node.value) for node in first if isinstance(node, ast.Expr)}


def ambiguous_glyphs(module: Module) -> Iterator[str]:
    """Strings with a character that is one column on some terminals and two on others (UAX #11, class A)."""
    docstrings = _docstrings(module.tree)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            found = sorted({char for char in node.value if unicodedata.east_asian_width(char) == "A"})
            if found:
                named = ", ".join(f"{char} U+{ord(char):04X}" for char in found)
                yield f"{module.path}:{node.lineno}: width depends on the terminal: {named}"


def missing_docstrings(module: Module) -> Iterator[str]:
    """Public modules, classes and functions that do not say what they are for (methods are the linter's)."""
    if not ast.get_docstring(module.tree):
        yield f"{module.path}: no docstring"
    for node in module.tree.body:
        if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield f"{module.path}:{node.lineno} {node.name}: no docstring"
