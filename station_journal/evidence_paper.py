"""Evidence for a correction or a finding: one document, named by the SHA-256 of its bytes, that the station receives.

It comes by the road of reference data, as a tariff does. What is no text the station keeps and exports but cannot show.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import cbor2

EVIDENCE_FORMAT = "evidence-1"
EVIDENCE_BYTES_MAX = 256 * 1024
TITLE_MAX = 80
TEXT_TYPE = "text/plain"


class EvidenceRefusedError(ValueError):
    """Bytes or texts are no evidence; refused whole. The message is one sentence."""


class EvidencePaper(NamedTuple):
    """A title, what the content is (such as ``text/plain``), and the content."""

    title: str
    media_type: str
    content: bytes

    @property
    def text(self) -> str | None:
        """Give the content where it is text; None where it is not."""
        return self.content.decode() if self.media_type == TEXT_TYPE else None


def write_evidence(paper: EvidencePaper) -> bytes:
    """Write a document (deterministic CBOR, RFC 8949 section 4.2.1).

    Raises:
        EvidenceRefusedError: no title, no content, too long, or text that is none.
    """
    _check(paper)
    data = cbor2.dumps([EVIDENCE_FORMAT, *paper])
    if len(data) > EVIDENCE_BYTES_MAX:
        raise EvidenceRefusedError(f"evidence of {len(data)} bytes is above {EVIDENCE_BYTES_MAX}")
    return data


def evidence_hash(data: bytes) -> bytes:
    """Name a document's bytes."""
    return hashlib.sha256(data).digest()


def is_evidence(data: bytes) -> bool:
    """Tell whether bytes say that they are evidence."""
    return data[1 : len(EVIDENCE_FORMAT) + 2] == cbor2.dumps(EVIDENCE_FORMAT)


def read_evidence(data: bytes) -> EvidencePaper:
    """Read a document.

    Raises:
        EvidenceRefusedError: the bytes are none, or not in the one permitted form.
    """
    if len(data) > EVIDENCE_BYTES_MAX:
        raise EvidenceRefusedError(f"evidence of {len(data)} bytes is above {EVIDENCE_BYTES_MAX}")
    try:
        form, title, media_type, content = cbor2.loads(data)
        paper = EvidencePaper(title, media_type, content)
        again = write_evidence(paper)
    except (ValueError, TypeError, RecursionError, OverflowError, cbor2.CBORDecodeError) as error:
        raise EvidenceRefusedError(f"the bytes are no evidence: {error}") from error
    if form != EVIDENCE_FORMAT or again != data:
        raise EvidenceRefusedError("the bytes are no evidence in the one permitted form")
    return paper


def _check(paper: EvidencePaper) -> None:
    if (type(paper.title), type(paper.media_type), type(paper.content)) != (str, str, bytes):
        raise EvidenceRefusedError("a title, a type and the content are not what they should be")
    for name in (paper.title, paper.media_type):
        if not 0 < len(name) <= TITLE_MAX or not name.isprintable():
            raise EvidenceRefusedError("a title or a type is empty, too long or not printable")
    if not paper.content:
        raise EvidenceRefusedError("evidence has content")
    if paper.media_type == TEXT_TYPE:
        try:
            paper.content.decode()
        except UnicodeDecodeError as error:
            raise EvidenceRefusedError("a text is not in UTF-8") from error
