"""ZVT (PA00P015 revision 13.x): card terminals of Germany, Austria and Switzerland, on serial lines and on TCP.

Frames and links carry APDUs, the codec makes and reads them, the driver holds the conversation.
"""

from __future__ import annotations
