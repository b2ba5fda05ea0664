"""Carries bytes to HQ and back over HTTP: finite times for a 20 kbit/s line, bounded sizes, one sentence a failure.

It knows nothing of what the bytes mean. Retrying is the caller's: every call may be made again safely.
"""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx

from station_journal.chain import ANSWER_BYTES_MAX
from station_journal.exchange import EXCHANGE_BYTES_MAX, MEDIA_TYPE
from station_pos.sync.link_fault import LinkError, LinkFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONNECT_TIMEOUT_S = 20.0
SILENCE_TIMEOUT_S = 40.0
"""Longest wait for the next bytes, beside what HQ was asked to wait for news."""
_SLOWEST_BYTES_S = 500
"""A reply that comes slower than this (4 kbit/s) on the whole is given up."""
_JSON_BYTES_MAX = 256 * 1024
_JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class BillInquiryReply:
    """What HQ answered to a bill inquiry; ``bills`` are (number, period, fen).

    ``problem`` is empty or one of unreachable, unknown_account, biller_silent, refused.
    """

    payer_name: str = ""
    address: str = ""
    bills: tuple[tuple[str, str, int], ...] = ()
    problem: str = ""


class HqClient:
    """HTTP calls to one HQ; safe to use from several threads."""

    def __init__(
        self,
        url: str,
        *,
        ca_file: Path | None = None,
        silence_timeout_s: float = SILENCE_TIMEOUT_S,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
    ) -> None:
        """Aim at ``url``; plain HTTP is taken for this machine only. ``ca_file`` trusts a private authority alone.

        Raises:
            LinkError: the address cannot be used.
        """
        self._silence_timeout_s = silence_timeout_s
        self._connect_timeout_s = connect_timeout_s
        encrypted = _check_address(url)
        trusted = ssl.create_default_context(cafile=ca_file) if encrypted and ca_file else encrypted
        self._client = httpx.Client(
            base_url=url,
            verify=trusted,
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": "station-pos", "Accept-Encoding": "identity"},
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=120),
        )

    def exchange(self, request: bytes, wait_s: int = 0) -> bytes:
        """Send a hello with its frames, give the reply's bytes; HQ may hold the answer ``wait_s`` for news.

        Raises:
            LinkError: the line failed, or HQ did not answer with an exchange.
        """
        return self._post("/exchange", request, MEDIA_TYPE, wait_s=wait_s, bytes_max=EXCHANGE_BYTES_MAX)

    def inquire(self, request: bytes, wait_s: int = 15) -> BillInquiryReply:
        """Ask for a bill; what went wrong is a value, as the counter goes on either way."""
        try:
            data = self._post(
                "/inquiry", request, MEDIA_TYPE, wait_s=wait_s, bytes_max=_JSON_BYTES_MAX, answer_type=_JSON_TYPE
            )
            return _inquiry_reply(_json_object(data))
        except LinkError as error:
            return BillInquiryReply(problem=_inquiry_problem(error))

    def ask_chain(self, request: bytes) -> bytes:
        """Ask for the chain behind a record; gives the bytes that came, which are still to be checked.

        Raises:
            LinkError: the line failed, HQ refused, or it did not answer in its form.
        """
        return self._post("/chain", request, MEDIA_TYPE, bytes_max=ANSWER_BYTES_MAX)

    def bring_contacts(self, request: bytes) -> tuple[int, ...]:
        """Bring contacts of leads; gives the numbers of the leads whose contact HQ holds now.

        Raises:
            LinkError: the line failed, HQ refused, or it did not answer with numbers.
        """
        data = self._post("/lead-contacts", request, MEDIA_TYPE, bytes_max=_JSON_BYTES_MAX, answer_type=_JSON_TYPE)
        held = _json_object(data).get("held")
        if not isinstance(held, list) or not all(type(number) is int for number in held):
            raise LinkError(LinkFault.NOT_HQ)
        return tuple(held)

    def post_json(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Post a JSON object and give the one that comes back.

        Raises:
            LinkError: the line failed, HQ refused (``body`` holds its reason), or the answer is no JSON object.
        """
        return _json_object(self._post(path, json.dumps(body).encode(), _JSON_TYPE, bytes_max=_JSON_BYTES_MAX))

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()

    def _post(
        self, path: str, content: bytes, media_type: str, *, bytes_max: int, wait_s: int = 0, answer_type: str = ""
    ) -> bytes:
        """Post, once more where a kept connection turns out to be closed already: every call may be made again."""
        answer_type = answer_type or media_type
        silence_s = self._silence_timeout_s + wait_s
        timeout = httpx.Timeout(silence_s, connect=self._connect_timeout_s)
        headers = {"Content-Type": media_type, "Accept": answer_type}
        try:
            try:
                response, data = self._send(path, content, headers, timeout, bytes_max)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                response, data = self._send(path, content, headers, timeout, bytes_max)
        except httpx.TimeoutException as error:
            unreachable = isinstance(error, httpx.ConnectTimeout)
            raise LinkError(LinkFault.UNREACHABLE if unreachable else LinkFault.TIMED_OUT) from error
        except httpx.ConnectError as error:
            raise LinkError(LinkFault.UNTRUSTED if _is_untrusted(error) else LinkFault.UNREACHABLE) from error
        except httpx.TransportError as error:
            raise LinkError(LinkFault.CUT) from error
        _check_answer(response, data, answer_type)
        return data

    def _send(
        self, path: str, content: bytes, headers: dict[str, str], timeout: httpx.Timeout, bytes_max: int
    ) -> tuple[httpx.Response, bytes]:
        with self._client.stream("POST", path, content=content, headers=headers, timeout=timeout) as response:
            return response, _read_bounded(response, bytes_max, timeout.read or 0.0, monotonic)


def _check_address(url: str) -> bool:
    """Refuse an address that would send names and accounts in the clear; tell whether it is encrypted."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise LinkError(LinkFault.ADDRESS_WRONG, url=url) from error
    if parsed.scheme == "https" and parsed.host:
        return True
    if parsed.scheme == "http" and _is_this_machine(parsed.host):
        return False
    raise LinkError(LinkFault.ADDRESS_WRONG, url=url)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_untrusted(error: BaseException | None) -> bool:
    """Find a refused certificate among the causes of an error."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _read_bounded(response: httpx.Response, bytes_max: int, silence_s: float, clock: Callable[[], float]) -> bytes:
    """Read a body without trusting its size: neither endless nor endlessly slow."""
    started = clock()
    data = bytearray()
    for piece in response.iter_raw():
        data += piece
        if len(data) > bytes_max:
            raise LinkError(LinkFault.TOO_LARGE)
        if clock() - started > silence_s + len(data) / _SLOWEST_BYTES_S:
            raise LinkError(LinkFault.TIMED_OUT)
    return bytes(data)


def _check_answer(response: httpx.Response, data: bytes, answer_type: str) -> None:
    status = response.status_code
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise LinkError(LinkFault.HQ_FAULT, status=status, body=data)
    if status >= httpx.codes.BAD_REQUEST:
        raise LinkError(LinkFault.HQ_REFUSED, status=status, body=data)
    given_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if status != httpx.codes.OK or given_type != answer_type:
        raise LinkError(LinkFault.NOT_HQ, status=status)


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LinkError(LinkFault.NOT_HQ) from error
    if not isinstance(answer, dict):
        raise LinkError(LinkFault.NOT_HQ)
    return answer


def _inquiry_reply(answer: dict[str, Any]) -> BillInquiryReply:
    try:
        bills = tuple((str(row["bill_no"]), str(row["period"]), row["amount_fen"]) for row in answer["bills"])
        reply = BillInquiryReply(str(answer["payer_name"]), str(answer["address"]), bills)
    except (KeyError, TypeError) as error:
        raise LinkError(LinkFault.NOT_HQ) from error
    if not all(type(amount_fen) is int and amount_fen > 0 for _, _, amount_fen in bills):
        raise LinkError(LinkFault.NOT_HQ)
    return reply


def _inquiry_problem(error: LinkError) -> str:
    try:
        problem = str(_json_object(error.body)["error"])
    except (LinkError, KeyError):
        problem = ""
    if problem in {"unknown_account", "biller_silent", "refused"}:
        return problem
    return "refused" if error.fault is LinkFault.HQ_REFUSED else "unreachable"
