"""The station's line to HQ behind its key: nothing is signed, sent or sold before the pass phrase has opened it.

Everything that costs start time (the HTTP client, compression, key derivation) is imported when the key is opened,
which is after the first frame.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from station_journal.side import Side
from station_pos.counter import InquiryAnswer, LinkState, OpenBill
from station_pos.store import journal
from station_pos.workers.link_state import LinkBoard

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from station_pos.register import Register
    from station_pos.sync.transport import HqClient
    from station_pos.workers.syncer import Syncer, Timings

KEYS_NAME = "keys"
WITNESS_NAME = "witness.json"
_log = logging.getLogger(__name__)


class HqLink:
    """Opens the key, checks the witness, and runs the sync worker from then on."""

    def __init__(
        self,
        folder: Path,
        hq_url: str,
        register: Register,
        clock: Callable[[], datetime],
        draw: Callable[[], float],
        timings: Timings | None = None,
    ) -> None:
        """Nothing is opened yet; ``draw`` gives chance in [0, 1) for the back-off, ``clock`` UTC."""
        self._folder = folder
        self._hq_url = hq_url
        self._register = register
        self._clock = clock
        self._draw = draw
        self._timings = timings
        self._board = LinkBoard(clock)
        self._lock = threading.Lock()
        self._key: Ed25519PrivateKey | None = None
        self._client: HqClient | None = None
        self._syncer: Syncer | None = None
        register.subscribe(self._appended)

    def open(self, pass_phrase: str) -> bool:
        """Open the key and start to sync; False for a wrong pass phrase.

        Raises:
            KeystoreError: the key file is absent or damaged.
            LinkError: HQ's address in the settings cannot be used.
        """
        with self._lock:
            if self._key is not None:
                return self._right(pass_phrase)
            syncer = self.prepare(pass_phrase)
            if syncer is None:
                return False
            syncer.start()
            return True

    def sealing_key(self) -> Ed25519PrivateKey | None:
        """Give the station's open key, None while it is shut."""
        return self._key

    def prepare(self, pass_phrase: str) -> Syncer | None:
        """Open the key and make the sync worker without starting it; None for a wrong pass phrase.

        Raises:
            KeystoreError: the key file is absent or damaged.
            LinkError: HQ's address in the settings cannot be used.
        """
        from station_pos.sync.transport import HqClient
        from station_pos.workers.contact_bringer import ContactBringer
        from station_pos.workers.exchanger import Exchanger
        from station_pos.workers.register_journals import RegisterJournals
        from station_pos.workers.syncer import Syncer

        key = self._opened(pass_phrase)
        if key is None:
            return None
        client = HqClient(self._hq_url)
        journals = RegisterJournals(self._register, self._clock)
        exchanger = Exchanger(journals, key, client, self._folder / WITNESS_NAME)
        exchanger.check_witness()
        self._key, self._client = key, client
        bringer = ContactBringer(journals, key, client, journals.authority().station_code)
        self._syncer = Syncer(exchanger, journals, self._board, self._draw, self._timings, bringer.bring)
        return self._syncer

    def _opened(self, pass_phrase: str) -> Ed25519PrivateKey | None:
        from station_pos.keystore import KeyFault, Keystore, KeystoreError

        with self._register.database.reading() as connection:
            found = journal.certificate(connection, Side.STATION)
        epoch = found[0].epoch if found else 0
        try:
            return Keystore(self._folder / KEYS_NAME).open(epoch, pass_phrase)
        except KeystoreError as error:
            if error.fault is KeyFault.WRONG_PASS_PHRASE:
                return None
            raise

    def _right(self, pass_phrase: str) -> bool:
        return self._opened(pass_phrase) is not None

    def is_open(self) -> bool:
        """Tell whether the key is open."""
        return self._key is not None

    def state(self) -> tuple[LinkState, datetime | None]:
        """Give whether HQ can be reached, and since when that is so."""
        status = self._board.status()
        return status.state, status.since

    def sentence(self) -> str:
        """Give one sentence where all is not well with the line, else empty."""
        return self._board.status().sentence

    def inquire(self, product_code: int, account_no: str) -> InquiryAnswer:
        """Ask for a bill; what went wrong is in the answer."""
        from station_journal.exchange import write_inquiry

        if self._key is None or self._client is None:
            return InquiryAnswer(account_no, "", "", (), "unreachable")
        asked_at = int(self._clock().timestamp())
        request = write_inquiry(self._key, self._register.station_code, product_code, account_no, asked_at)
        reply = self._client.inquire(request)
        bills = tuple(OpenBill(*bill) for bill in reply.bills)
        return InquiryAnswer(account_no, reply.payer_name, reply.address, bills, reply.problem)

    def ask_chain(self, seq: int, side: Side = Side.STATION) -> bytes:
        """Ask HQ for the chain behind a record of the station, or of HQ's for it; the answer is still to be checked.

        Raises:
            LinkError: the key is shut, the line failed, or HQ refused.
        """
        from station_journal.chain import write_question
        from station_pos.sync.link_fault import LinkError, LinkFault

        if self._key is None or self._client is None:
            raise LinkError(LinkFault.UNREACHABLE)
        asked_at = int(self._clock().timestamp())
        return self._client.ask_chain(write_question(self._key, self._register.station_code, seq, asked_at, side))

    def wake(self) -> None:
        """Exchange with HQ now."""
        if self._syncer is not None:
            self._syncer.wake()

    def _appended(self) -> None:
        if self._syncer is not None:
            self._syncer.appended()

    def stop(self) -> None:
        """End the sync worker and close the line."""
        if self._syncer is not None:
            self._syncer.stop()
        if self._client is not None:
            self._client.close()
