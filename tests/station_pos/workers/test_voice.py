"""The phrase for the customer, spoken by a program of the settings: the newest alone, never in the way of a sale."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from station_pos.config import SETTINGS_NAME, SettingsRefusedError, command_words, read_settings
from station_pos.tui.widgets import frame
from station_pos.workers.voice import Voice
from tests.station_pos.tui.at_counter import serving
from tests.station_pos.tui.books_counter import BooksCounter


def until(condition):
    for _ in range(3_000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


@pytest.fixture
def heard(tmp_path):
    return tmp_path / "heard"


def spoken(heard):
    return heard.read_text("utf-8") if heard.exists() else ""


def test_a_phrase_reaches_the_program_whole(heard):
    voice = Voice(("tee", "-a", str(heard)))
    voice.say("电费 72.60 元, 收您 100.00, 找 27.40, 对吗?")
    until(lambda: spoken(heard) == "电费 72.60 元, 收您 100.00, 找 27.40, 对吗?")
    voice.close()


def test_a_newer_phrase_takes_the_place_of_one_that_is_being_spoken(heard):
    program = f"read said; echo $said >> '{heard}'; [ $said = slow ] && exec sleep 60"
    voice = Voice(("sh", "-c", program))
    voice.say("slow\n")
    until(lambda: spoken(heard) == "slow\n")
    voice.say("next\n")
    until(lambda: spoken(heard) == "slow\nnext\n")
    voice.close()


def test_a_program_that_is_missing_or_hangs_is_silent_and_the_next_phrase_is_tried(caplog):
    missing = Voice(("/nonexistent/voice",))
    missing.say("one")
    until(lambda: "did not speak" in caplog.text)
    caplog.clear()
    missing.say("two")
    until(lambda: "did not speak" in caplog.text)
    missing.close()
    caplog.clear()
    hangs = Voice(("sleep", "60"), longest_s=0.05)
    hangs.say("three")
    until(lambda: "did not speak" in caplog.text)
    hangs.close()
    assert "voice" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("then", [lambda voice: voice.say("next\n"), Voice.close], ids=["next", "close"])
def test_a_program_that_does_not_end_when_asked_to_holds_up_neither_the_next_phrase_nor_the_end(heard, then):
    program = f"trap '' TERM; read said; echo $said >> '{heard}'; [ $said = deaf ] && exec sleep 60"
    voice = Voice(("sh", "-c", program), longest_s=60.0)
    voice.say("deaf\n")
    until(lambda: spoken(heard) == "deaf\n")
    other = threading.Thread(target=then, args=(voice,), daemon=True)
    other.start()
    until(lambda: "next" in spoken(heard) or (then is Voice.close and not other.is_alive()))
    voice.close()


async def test_the_counter_speaks_what_stands_and_not_each_sum_on_the_way(monkeypatch):
    monkeypatch.setattr(frame, "SPEAK_AFTER_S", 0.05)
    said: list[str] = []
    async with serving(BooksCounter()) as till:
        till.app.desk.speak = said.append
        await till.scan("0081234567")
        await till.until(lambda: "*三 电费 72.60 元, 对吗?" in said)
        await till.keys(*"100")
        await till.until(lambda: said[-1] == "*三 电费 72.60 元, 收您 100.00, 找 27.40, 对吗?")
        await till.keys("f12")
        await till.tick()
        await asyncio.sleep(4 * frame.SPEAK_AFTER_S)
        assert len(said) == len(set(said)), "each once, however often the screen is drawn"


def test_its_setting_is_a_program_with_arguments(tmp_path):
    (tmp_path / SETTINGS_NAME).write_text("voice = \"espeak-ng -v 'cmn latn'\"\n", "utf-8")
    assert command_words(read_settings(tmp_path).voice) == ("espeak-ng", "-v", "cmn latn")
    (tmp_path / SETTINGS_NAME).write_text('voice = "espeak-ng \'cmn"\n', "utf-8")
    with pytest.raises(SettingsRefusedError, match="voice is a program"):
        read_settings(tmp_path)
