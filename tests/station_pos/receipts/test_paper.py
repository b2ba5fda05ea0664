"""The paper as a customer reads it: nothing lost, nothing past the edge, nothing smuggled in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_pos.receipts.paper import (
    QR_BYTES_MAX,
    Barcode,
    Cut,
    Feed,
    Pair,
    Paper,
    PaperRefusedError,
    Qr,
    Rule,
    Text,
    display_columns,
    from_bytes,
    pair_lines,
    printable,
    to_bytes,
    to_text,
    wrap,
)

sizes = st.tuples(st.integers(1, 8), st.integers(1, 8))
any_text = st.text(alphabet=st.characters(), max_size=80) | st.text("张三李四 电费¥12.50,（）", max_size=60)
items = st.one_of(
    st.builds(Text, any_text, st.sampled_from(["left", "centre", "right"]), sizes, st.booleans()),
    st.builds(Pair, any_text, any_text, sizes, st.booleans()),
    st.just(Rule()),
    st.builds(Qr, st.text("abc/电?=1", min_size=1, max_size=200)),
    st.builds(Barcode, st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=48)),
    st.builds(Feed, st.integers(1, 255)),
    st.just(Cut()),
)
papers = st.builds(Paper, st.lists(items, max_size=8).map(tuple), st.sampled_from([16, 32, 48]))


def squeezed(text: str) -> str:
    return text.replace(" ", "")


class TestColumns:
    @given(any_text)
    def test_a_character_is_as_wide_as_its_gb18030_code_and_never_wider_than_two(self, text):
        kept = printable(text)
        assert display_columns(kept) == sum(min(len(c.encode("gb18030")), 2) for c in kept)

    @given(any_text, st.integers(2, 48))
    def test_wrapping_keeps_every_character_and_the_edge(self, text, columns):
        lines = wrap(printable(text), columns)
        assert all(display_columns(line) <= columns for line in lines)
        assert squeezed("".join(lines)) == squeezed(printable(text))

    def test_an_amount_is_never_torn_apart_when_it_fits_on_a_line(self):
        assert wrap("本次缴费金额合计 1,286.50 元", 20) == ("本次缴费金额合计", "1,286.50 元")

    def test_a_full_stop_never_begins_a_line(self):
        assert wrap("一二三四五六七八。九", 16) == ("一二三四五六七", "八。九")


class TestPairs:
    @given(any_text, any_text, st.integers(16, 48))
    def test_both_texts_are_whole_and_inside_the_edge(self, left, right, columns):
        lines = pair_lines(printable(left), printable(right), columns)
        assert all(display_columns(line) <= columns for line in lines)
        assert squeezed("".join(lines)) == squeezed(printable(left) + printable(right))

    def test_they_stand_at_the_edges(self):
        assert pair_lines("金额", "72.60", 16) == ("金额       72.60",)

    def test_what_does_not_fit_goes_below_with_the_right_text_at_the_right(self):
        assert pair_lines("收费单位名称特别长", "1,286.50", 16) == ("收费单位名称特别", "长      1,286.50")
        assert pair_lines("一二三四五六", "1,286.50", 16) == ("一二三四五六", "        1,286.50")


class TestUserText:
    @given(any_text)
    def test_no_control_character_comes_through(self, text):
        assert all(
            character.isprintable() or character == "\u3000" or ord(character) > 0x7F for character in printable(text)
        )
        assert not set(printable(text)) & {chr(code) for code in (*range(32), *range(127, 160))}

    def test_a_line_end_in_a_name_cannot_forge_a_line(self):
        assert to_text(Paper((Text("张三\n合计 0.00"),))) == "张三 合计 0.00\n"

    def test_an_escape_sequence_in_a_name_is_only_its_letters(self):
        assert Text("\x1bp\x00张三\u202e\u200b").text == "p张三"

    def test_the_yen_sign_and_the_bullet_become_their_two_byte_twins(self):
        assert Pair("¥", "•") == Pair("￥", "·")


class TestPlainText:
    def test_a_slip_reads_as_on_paper(self):
        paper = Paper(
            (
                Text("代收费收据", "centre", (2, 2)),
                Pair("金额", "￥72.60"),
                Rule(),
                Qr("S1-42"),
                Barcode("S142"),
                Feed(),
                Text("副联", "right"),
                Cut(),
            ),
            20,
        )
        assert to_text(paper).splitlines() == [
            "     代收费收据",
            "金额         ￥72.60",
            "-" * 20,
            "     [QR S1-42]",
            "     [||| S142]",
            "",
            "                副联",
            "=" * 20,
        ]

    @given(papers)
    def test_no_line_passes_the_edge(self, paper):
        assert all(display_columns(line) <= paper.columns for line in to_text(paper).splitlines())


class TestStoredForm:
    @given(papers)
    def test_a_stored_slip_reads_back_the_same(self, paper):
        again = from_bytes(to_bytes(paper))
        assert again == paper
        assert to_text(again) == to_text(paper)

    def test_its_spelling_is_pinned(self):
        stored = to_bytes(Paper((Text("张三", "right", (2, 1), bold=True), Pair("a", "b"), Feed(2), Cut()), 48))
        assert stored.decode() == (
            '{"columns":48,"form":1,"items":[["text","张三","right",2,1,true],["pair","a","b",1,1,false],["feed",2],["cut"]]}'
        )

    @pytest.mark.parametrize(
        "stored",
        [
            b"",
            b"\xff",
            b"[]",
            b"null",
            b'{"form":2,"columns":32,"items":[]}',
            b'{"columns":32,"form":1,"items":[["drawer"]]}',
            b'{"columns":32,"form":1,"items":[["text","a","left",9,1,false]]}',
            b'{"columns":32,"form":1,"items":[["text","a\\u001b","left",1,1,false]]}',
            b'{"columns":32,"form":1, "items":[]}',
            b'{"columns":"32","form":1,"items":[]}',
        ],
    )
    def test_anything_else_is_refused_with_one_sentence(self, stored):
        with pytest.raises(PaperRefusedError, match=r"\.$"):
            from_bytes(stored)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Text("a", size=(0, 1)),
        lambda: Text("a", size=(1, 9)),
        lambda: Text("a", "middle"),  # type: ignore[arg-type]
        lambda: Qr(""),
        lambda: Qr("x" * (QR_BYTES_MAX + 1)),
        lambda: Barcode("电"),
        lambda: Barcode(""),
        lambda: Feed(0),
        lambda: Paper((), 15),
    ],
)
def test_what_no_printer_could_print_is_refused_when_the_slip_is_composed(wrong):
    with pytest.raises(PaperRefusedError):
        wrong()
