"""Transbank POS Integrado: card terminals of Chile, which repeat the counter's ticket with each answer.

Frames and link carry messages, the codec makes and reads them, the driver holds the conversation. Amounts are in the
smallest unit of the terminal's currency.
"""

from __future__ import annotations
