"""What a ZVT link hands on and what it takes for a repetition, byte for byte."""

from __future__ import annotations

from station_pos.devices.zvt import apdu
from station_pos.devices.zvt.frames import ACK, frame_of
from station_pos.devices.zvt.link import SerialApduLink, ZvtTimes

ACKNOWLEDGED = bytes([ACK])
ASKED = apdu.status_enquiry("000000")


class Line:
    """A terminal of a script: each thing that is said to it makes its next answer arrive, all at once."""

    name = "line"

    def __init__(self, *answers):
        self.now_s = 0.0
        self.answers = list(answers)
        self.arrived = b""
        self.heard = []

    def write(self, data):
        self.heard.append(data)
        if data != ACKNOWLEDGED and self.answers:
            self.arrived += self.answers.pop(0)

    def read(self, _size, timeout_s):
        data, self.arrived = self.arrived, b""
        self.now_s += 0 if data else timeout_s
        return data


def link_to(line):
    return SerialApduLink(line, ZvtTimes(), lambda: line.now_s)


def test_the_same_acceptance_of_two_requests_in_a_row_is_two_although_it_comes_with_its_acknowledgement():
    """On a slow machine both are read at once; the second was taken for the first told again, and nobody answered."""
    accepted = frame_of(apdu.ACCEPTED)
    line = Line(ACKNOWLEDGED, ACKNOWLEDGED + accepted)
    link = link_to(line)
    link.send(ASKED)
    line.arrived = accepted
    assert link.receive(1.0) == apdu.ACCEPTED
    link.send(ASKED)
    assert link.receive(1.0) == apdu.ACCEPTED
    assert line.heard == [frame_of(ASKED), ACKNOWLEDGED] * 2


def test_a_message_told_again_before_our_answer_is_acknowledged_is_handed_on_once():
    told = frame_of(bytes.fromhex("060F00"))
    line = Line(told + ACKNOWLEDGED)
    line.arrived = told
    link = link_to(line)
    assert link.receive(1.0) == bytes.fromhex("060F00")
    link.send(apdu.ACCEPTED)
    assert link.receive(0.0) is None
