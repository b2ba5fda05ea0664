"""Every layout that ships: what independent writers wrote is read to the fen, and no damage changes money unseen."""

from __future__ import annotations

import io
from collections import Counter
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hq_server.files.opening import in_its_encoding, reader_of
from hq_server.files.profile import FileProfile
from hq_server.files.profile_text import read_profile
from hq_server.files.profiles import choose_profile, shipped_documents
from hq_server.files.refusals import FileRefused
from hq_server.files.rows import FileFacts, FileRow, LineKind, LineStatus
from hq_server.files.times import CHINA
from tests.outside.layout_writers import DAY, LAYOUTS, PARTY, Claim, Written

PROFILES = {name: read_profile(text, name) for name, text in shipped_documents().items()}
GOLDEN = Path(__file__).parents[2] / "golden" / "files"
NOON = datetime.combine(DAY, time(12, 5, 9))
SAMPLE = (
    Claim("510781-12-0a1b2c3d", "T2026112300000000011", "5107001234", NOON, 7_260, charge_fen=36),
    Claim("510781-13-0a1b2c3d", "T2026112300000000012", "5107001235", NOON + timedelta(hours=2), 100, refund=True),
    Claim("510781-14-0a1b2c3d", "T2026112300000000013", "5107001236", NOON + timedelta(hours=3), 999_999_99),
)


def facts_of(written: Written, profile: FileProfile) -> FileFacts:
    """What name, flag and notice say."""
    named = profile.names_of(written.name)
    assert named is not None
    sums = dict(written.notice)
    if written.flag is not None:
        assert profile.flag is not None
        assert profile.flag.text is not None
        found = profile.flag.text.match(written.flag.strip())
        assert found is not None
        sums |= {name: int(value) for name, value in found.items()}
    return FileFacts(named.party or PARTY, named.date, named.seq, sums)


def read(content: bytes, profile: FileProfile, facts: FileFacts) -> tuple[FileRow, ...]:
    def attempt(encoding: str) -> tuple[FileRow, ...]:
        with reader_of(io.BytesIO(content), profile, facts, len(content), encoding) as reader:
            return tuple(row for row in reader if isinstance(row, FileRow))

    return in_its_encoding(profile, io.BytesIO(), attempt)


def money(rows: tuple[FileRow, ...]) -> Counter[tuple[object, ...]]:
    return Counter((row.kind, row.amount_fen, row.status, row.fee_fen, row.charge_fen, row.net_fen) for row in rows)


def sample_for(name: str) -> tuple[Claim, ...]:
    """Layout A knows no refunds."""
    return tuple(claim for claim in SAMPLE if not claim.refund) if name == "bank-pipe" else SAMPLE


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_golden_file_is_read_to_the_rows_that_its_writer_meant(name):
    written = LAYOUTS[name](sample_for(name))
    golden = (GOLDEN / name).read_bytes()
    if name != "alipay-day":  # the packer's own bytes may differ from one version to the next
        assert golden == written.content
    assert choose_profile(PROFILES.values(), written.name, "").name == name
    rows = read(golden, PROFILES[name], facts_of(written, PROFILES[name]))
    assert [row.amount_fen for row in rows] == [claim.amount_fen for claim in sample_for(name)]
    assert [row.their_no for row in rows] == [claim.their_no for claim in sample_for(name)]
    assert [row.kind is LineKind.REV for row in rows] == [claim.refund for claim in sample_for(name)]
    for row, claim in zip(rows, sample_for(name), strict=True):
        assert row.our_no in {claim.our_no, ""}
        assert claim.account in {row.account_no, row.text}
        assert row.at is None or row.at.astimezone(CHINA).replace(tzinfo=None) == claim.at
        assert row.card_last4 in {"8841", ""}
    charged = rows[0].charge_fen
    assert charged in {36, None}


@st.composite
def claims(draw: st.DrawFn, *, refunds: bool = True, states: bool = False) -> tuple[Claim, ...]:
    made = []
    for number in range(draw(st.integers(0, 6))):
        amount = draw(st.integers(1, 10**11))
        made.append(
            Claim(
                draw(st.sampled_from([f"510781-{number}-0a1b2c3d", "510781-7-ffffffff"])),
                f"T{draw(st.integers(0, 10**18)):019d}",
                f"{draw(st.integers(10**6, 10**10))}",
                NOON + timedelta(seconds=draw(st.integers(-40_000, 40_000))),
                amount,
                refund=refunds and draw(st.booleans()),
                charge_fen=draw(st.integers(0, min(amount - 1, 1_000))),
                status=draw(st.sampled_from(["SUCCESS", "FAILED", "REVERSED"])) if states else "SUCCESS",
            )
        )
    return tuple(made)


def test_a_refund_that_its_charge_uses_up_has_no_direction_and_is_refused_not_guessed():
    used_up = Claim("", "T0000000000000000001", "1000000", NOON, 1, refund=True, charge_fen=1)
    written = LAYOUTS["unionpay-zm"]((used_up,))
    with pytest.raises(FileRefused, match="net amount 0"):
        read(written.content, PROFILES["unionpay-zm"], facts_of(written, PROFILES["unionpay-zm"]))


@pytest.mark.parametrize("name", LAYOUTS)
@given(data=st.data())
@settings(max_examples=10)
def test_whatever_is_written_is_read_back(name, data):
    wanted = data.draw(claims(refunds=name != "bank-pipe", states=name in {"comma-fen", "end-mark"}))
    written = LAYOUTS[name](wanted)
    rows = read(written.content, PROFILES[name], facts_of(written, PROFILES[name]))
    assert [(row.their_no, row.amount_fen, row.kind is LineKind.REV, row.status.value) for row in rows] == [
        (claim.their_no, claim.amount_fen, claim.refund, claim.status) for claim in wanted
    ]
    assert [row.row_no for row in rows] == list(range(1, len(wanted) + 1))


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_byte_can_be_changed_or_lost_so_that_money_changes_unseen(name):
    """Each byte in turn becomes its neighbour, as in 3 and 2; then the file ends before it."""
    written, profile = LAYOUTS[name](sample_for(name)), PROFILES[name]
    facts = facts_of(written, profile)
    sound = read(written.content, profile, facts)
    refused = 0
    for place, byte in enumerate(written.content):
        for damaged in (
            written.content[:place] + bytes([byte ^ 1]) + written.content[place + 1 :],
            written.content[:place],
        ):
            try:
                found = read(damaged, profile, facts)
            except FileRefused:
                refused += 1
                continue
            assert money(found) == money(sound), damaged
    assert refused > len(written.content), "a cut is nearly always seen"


@pytest.mark.parametrize("name", ["end-mark", "comma-fen"])
def test_a_failed_row_made_a_success_is_seen(name):
    failed = (*SAMPLE, Claim("510781-15-0a1b2c3d", "T14", "5107001237", NOON, 500, status="FAILED"))
    written, profile = LAYOUTS[name](failed), PROFILES[name]
    rows = read(written.content, profile, facts_of(written, profile))
    assert [row.status for row in rows][-1] is LineStatus.FAILED
    word = {"end-mark": ("失败".encode(), "成功".encode()), "comma-fen": (b",01,5107001237", b",00,5107001237")}[name]
    with pytest.raises(FileRefused, match="net is stated"):
        read(written.content.replace(*word), profile, facts_of(written, profile))


def test_a_day_without_sales_is_read_where_the_layout_has_words_for_it():
    for name in ("wechat-day", "bank-pipe", "comma-fen"):
        written = LAYOUTS[name](())
        assert read(written.content, PROFILES[name], facts_of(written, PROFILES[name])) == ()
    with pytest.raises(FileRefused, match="file is empty"):
        read(b"", PROFILES["footer-totals"], FileFacts(PARTY, DAY))


def test_another_days_rows_are_refused():
    shifted = tuple(Claim(c.our_no, c.their_no, c.account, c.at - timedelta(days=3), c.amount_fen) for c in SAMPLE)
    for name in ("wechat-day", "alipay-day", "comma-fen", "end-mark", "footer-totals"):
        written = LAYOUTS[name](shifted)
        with pytest.raises(FileRefused, match="The date is 2026-11-20"):
            read(written.content, PROFILES[name], facts_of(written, PROFILES[name]))


def test_a_fixed_record_may_not_part_a_character():
    """A name of four GB18030 bytes that runs over its field is no text of the next one."""
    written = LAYOUTS["unionpay-zm"](SAMPLE[:1])
    name = "张三㐂水费".encode("gb18030")
    at = written.content.index(name)
    shifted = written.content[:at] + b"x" * (32 - len("㐂".encode("gb18030")) + 2) + written.content[at + 30 :]
    assert len(shifted) == len(written.content)
    broken = shifted.replace(b"x" * 2 + b"  ", b"x" + "㐂".encode("gb18030")[:3], 1)
    with pytest.raises(FileRefused):
        read(broken, PROFILES["unionpay-zm"], facts_of(written, PROFILES["unionpay-zm"]))
