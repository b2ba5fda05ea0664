"""Draws a receipt as the paper would look: one PNG dot is one printer dot, 12 dots a column."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFont

from station_pos.demo.outside.code128 import module_widths
from station_pos.demo.outside.escpos_paper import (
    REPLACEMENT,
    Barcode,
    Blank,
    Item,
    QrCode,
    Raster,
    Receipt,
    Run,
    Style,
    TextLine,
)

COLUMN_DOTS = 12
GLYPH_DOTS = 24
LINE_DOTS = 30
MARGIN_DOTS = 12
FONT_PACKAGE = "paperang_p2_fonts_cjk"
SYSTEM_FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
)
WHITE, BLACK = 255, 0
INK_THRESHOLD = 150
HAN_COLUMNS = 2


def find_font() -> Path | None:
    """Return a font file with Chinese glyphs: the installed font package's, else a usual system one, else None."""
    package = importlib.util.find_spec(FONT_PACKAGE)
    folders = [Path(place) / "fonts" for place in (package.submodule_search_locations or [])] if package else []
    bundled = [path for folder in folders for path in sorted(folder.glob("*.tt[cf]"))]
    return next((path for path in (*bundled, *map(Path, SYSTEM_FONTS)) if path.is_file()), None)


def _plain(text: str) -> Run:
    return Run(Style(), text, [1] * len(text))


class PaperArtist:
    """Draws receipts of one width with one font."""

    def __init__(self, font_path: Path, columns: int) -> None:
        """Load the font. Raises `OSError` when it cannot be read."""
        self._width = columns * COLUMN_DOTS
        self._han = ImageFont.truetype(str(font_path), GLYPH_DOTS - 1)
        try:  # a collection's second face is its monospaced one
            self._latin = ImageFont.truetype(str(font_path), GLYPH_DOTS - 2, index=1)
        except OSError:
            self._latin = ImageFont.truetype(str(font_path), GLYPH_DOTS - 2)
        self._glyph = lru_cache(maxsize=4096)(self._draw_glyph)

    def draw(self, receipt: Receipt) -> Image.Image:
        """Return the receipt as a one-bit picture, as wide as the paper prints."""
        strips = [self._strip(item) for item in receipt.items]
        height = sum(strip.height for strip in strips) + 2 * MARGIN_DOTS
        paper = Image.new("L", (self._width, height), WHITE)
        y = MARGIN_DOTS
        for item, strip in zip(receipt.items, strips, strict=True):
            align = "left" if isinstance(item, Blank) else item.align
            room = self._width - strip.width
            paper.paste(strip, ({"left": 0, "centre": room // 2, "right": room}[align], y))
            y += strip.height
        return paper.convert("1", dither=Image.Dither.NONE)

    def _strip(self, item: Item) -> Image.Image:
        if isinstance(item, TextLine):
            return self._line(item)
        if isinstance(item, QrCode):
            return self._qr(item)
        if isinstance(item, Barcode):
            return self._barcode(item)
        if isinstance(item, Raster):
            return self._raster(item)
        return Image.new("L", (self._width, item.dots), WHITE)

    def _line(self, line: TextLine) -> Image.Image:
        tallest = max((run.style.height for run in line.runs), default=1)
        strip = Image.new(
            "L", (max(1, line.columns * COLUMN_DOTS), tallest * GLYPH_DOTS + LINE_DOTS - GLYPH_DOTS), WHITE
        )
        x = 0
        for run in line.runs:
            x = self._run(strip, run, x, tallest * GLYPH_DOTS)
        return strip

    def _run(self, strip: Image.Image, run: Run, x: int, baseline: int) -> int:
        style = run.style
        for char, columns in zip(run.text, run.columns, strict=True):
            cell = self._glyph(char, columns, style.bold)
            if style.reverse:
                cell = cell.point(lambda dot: WHITE - dot)
            size = (columns * COLUMN_DOTS * style.width, GLYPH_DOTS * style.height)
            strip.paste(cell.resize(size, Image.Resampling.NEAREST), (x, baseline - size[1]))
            if style.underline:
                ImageDraw.Draw(strip).line((x, baseline + 1, x + size[0], baseline + 1), BLACK, 2)
            x += size[0]
        return x

    def _draw_glyph(self, char: str, columns: int, bold: bool) -> Image.Image:  # noqa: FBT001 (key of a cache)
        width = columns * COLUMN_DOTS
        cell = Image.new("L", (width, GLYPH_DOTS), WHITE)
        pen = ImageDraw.Draw(cell)
        if char == REPLACEMENT:
            pen.rectangle((1, 3, width - 2, GLYPH_DOTS - 3), fill=BLACK)
            return cell
        font = self._han if columns == HAN_COLUMNS else self._latin
        for shift in (0, 1) if bold else (0,):
            pen.text((width // 2 + shift, GLYPH_DOTS - 5), char, BLACK, font, anchor="ms")
        return cell.point(lambda dot: BLACK if dot < INK_THRESHOLD else WHITE)

    def _qr(self, code: QrCode) -> Image.Image:
        try:
            symbol = segno.make(code.data, mode="byte", error=code.level, boost_error=False, micro=False)
        except segno.DataOverflowError:  # more than version 40 holds: a printer prints nothing, the picture says so
            return self._line(TextLine(code.align, (_plain("[QR: too much data]"),)))
        rows = [bytes(BLACK if dark else WHITE for dark in row) for row in symbol.matrix_iter(border=4)]
        picture = Image.frombytes("L", (len(rows[0]), len(rows)), b"".join(rows))
        return picture.resize(
            (picture.width * code.module_dots, picture.height * code.module_dots), Image.Resampling.NEAREST
        )

    def _barcode(self, code: Barcode) -> Image.Image:
        caption = TextLine("left", (_plain(code.text),)) if code.text_position or not code.values else None
        label = self._line(caption) if caption else None
        widths = [width * code.module_dots for width in module_widths(code.values)] if code.values else []
        height = (code.height_dots if widths else 0) + (label.height if label else 0)
        strip = Image.new("L", (max(sum(widths), label.width if label else 1), max(1, height)), WHITE)
        pen, x = ImageDraw.Draw(strip), 0
        for i, width in enumerate(widths):
            if i % 2 == 0:
                pen.rectangle((x, 0, x + width - 1, code.height_dots - 1), BLACK)
            x += width
        if label:
            strip.paste(label, ((strip.width - label.width) // 2, strip.height - label.height))
        return strip

    def _raster(self, raster: Raster) -> Image.Image:
        picture = Image.frombytes("1", (raster.width_dots, raster.height_dots), raster.rows).convert("L")
        size = (raster.width_dots * raster.scale_x, raster.height_dots * raster.scale_y)
        return picture.point(lambda dot: WHITE - dot).resize(size, Image.Resampling.NEAREST)
