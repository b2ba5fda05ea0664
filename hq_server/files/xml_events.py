"""XML as a stream of ended elements, for files of strangers: no document type, no entities, bounded depth and text.

The standard library's expat stops at the first ``<!DOCTYPE``, so no entity can ever be declared, let alone fetched or
multiplied. Memory does not grow with the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from xml.parsers import expat

from hq_server.files.refusals import FileRefused, RefusalCode

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH_MAX = 32
TEXT_CHARS_MAX = 4_096
ATTRIBUTES_MAX = 32
_CHUNK = 64 * 1024


class Element(NamedTuple):
    """An element that begins (`text` is None) or has ended; `path` are local names from the root, itself last.

    `text` is what stands directly in an element that has ended, without blanks around it.
    """

    path: tuple[str, ...]
    attributes: dict[str, str]
    text: str | None
    line_no: int
    namespace: str


class _Collector:
    """Takes expat's calls and keeps what was found until it is fetched."""

    def __init__(self) -> None:
        self.found: list[Element] = []
        self.parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        for name in ("StartDoctypeDeclHandler", "EntityDeclHandler", "ExternalEntityRefHandler"):
            setattr(self.parser, name, self._refuse_declaration)
        self._path: list[str] = []
        self._open: list[tuple[dict[str, str], list[str]]] = []
        self._chars = 0

    def _refuse_declaration(self, *_: object) -> int:
        raise FileRefused(RefusalCode.XML_DECLARES, self.parser.CurrentLineNumber)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        self._path.append(local)
        if len(self._path) > DEPTH_MAX or len(attributes) > ATTRIBUTES_MAX:
            raise FileRefused(RefusalCode.XML_TOO_DEEP, self.parser.CurrentLineNumber)
        self._open.append((attributes, []))
        self._chars = 0
        line_no = self.parser.CurrentLineNumber
        self.found.append(Element(tuple(self._path), attributes, None, line_no, namespace))

    def _text(self, text: str) -> None:
        self._chars += len(text)
        if self._chars > TEXT_CHARS_MAX:
            raise FileRefused(RefusalCode.XML_TOO_DEEP, self.parser.CurrentLineNumber)
        if self._open:
            self._open[-1][1].append(text)

    def _end(self, _name: str) -> None:
        attributes, parts = self._open.pop()
        text = "".join(parts).strip()
        line_no = self.parser.CurrentLineNumber
        self.found.append(Element(tuple(self._path), attributes, text, line_no, ""))
        self._path.pop()
        self._chars = 0


def elements(stream: BinaryIO) -> Iterator[Element]:
    """Yield the elements of a document as they begin and end.

    Raises:
        FileRefused: it is not well-formed UTF-8 XML, is cut short, declares anything, or goes past a bound.
    """
    collector = _Collector()
    while True:
        chunk = stream.read(_CHUNK)
        try:
            collector.parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            raise FileRefused(RefusalCode.XML_BROKEN, error.lineno, found=expat.ErrorString(error.code)) from error
        yield from collector.found
        collector.found.clear()
        if not chunk:
            return
