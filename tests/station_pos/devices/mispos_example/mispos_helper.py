"""The process that holds the vendor's library, so that one that hangs can be ended without ending the counter.

One JSON object a line on standard input, {"id": 1, "request": "..."}; one a line on standard output, {"id": 1,
"reply": "<hex>"} or {"id": 1, "error": "..."}. `bankall` stands where the real helper calls the library.
"""

from __future__ import annotations

import json
import sys

import serial

REPLY_BYTES = 148


def bankall(line: serial.Serial, request: bytes) -> bytes:
    """Hand the library its request and wait, however long it takes; the driver's watchdog limits that."""
    line.reset_input_buffer()
    line.write(request)
    reply: bytes = line.read(REPLY_BYTES)
    return reply


def main() -> None:
    line = serial.Serial(sys.argv[1], timeout=None, exclusive=True)
    print(json.dumps({"ready": True}), flush=True)
    for asked in sys.stdin:
        command = json.loads(asked)
        try:
            answer = {"reply": bankall(line, command["request"].encode("ascii")).hex()}
        except (OSError, ValueError) as error:
            answer = {"error": type(error).__name__}
        print(json.dumps({"id": command["id"], **answer}), flush=True)


if __name__ == "__main__":
    main()
