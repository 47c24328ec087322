"""A report as a PDF. Every link in it is one of the sources."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Final

import fontpkg_noto_sans
from fpdf import FPDF
from fpdf.fonts import TTFFont

from vectal.research.contracts import Report, Source
from vectal.research.report.body import printable
from vectal.research.report.markdown import WARNING

_FAMILY: Final = "noto"
_FILE: Final = fontpkg_noto_sans.ROOT / "files" / "NotoSans[wdth,wght].ttf"
_TEXT: Final = 10.5
_SMALL: Final = 8.5
_SIZES: Final = {1: 18.0, 2: 14.0, 3: 12.0, 4: 11.0}
_INK: Final = (28, 28, 32)
_PALE: Final = (105, 105, 115)
_BLUE: Final = (30, 80, 180)
_LEADING: Final = 0.5
"""Millimetres of a line for each point of its letters."""
_HEADING: Final = re.compile(r"(#{2,4}) (.*)")
_ITEM: Final = re.compile(r"( *)(?:- |(\d{1,3})\. )(.*)")
_PIECE: Final = re.compile(r"(?<!\\)\[(\d{1,3}(?:[ \t]*[,;][ \t]*\d{1,3})*)\]")
_ESCAPE: Final = re.compile(r"\\([^\w\s])")
_LONGEST_WORD: Final = 60


def to_pdf(question: str, report: Report, ended_at: datetime | None) -> bytes:
    """Takes a second or so: call it in a thread."""
    page = _Page(question, report)
    page.heading(question, 1)
    page.small(WARNING)
    for notice in report.notices:
        page.small(f"• {notice.words}")
    page.body(report.body)
    if report.unsupported:
        page.heading("What could not be supported", 2)
        for claim in report.unsupported:
            page.item(f"{claim.text} ", "• ", 0)
            page.small(claim.words, indent=5)
    if report.sources:
        page.heading("Sources", 2)
        for source in report.sources:
            page.source(source)
    by = "a model" if report.written_by == "model" else "nobody: the sources' own sentences"
    model = f" ({report.model}{', simulated' if report.simulated else ''})" if report.model else ""
    day = ended_at.date().isoformat() if ended_at is not None else ""
    page.small(f"Written by {by}{model}. {day}")
    return page.finish()


class _Page:
    def __init__(self, question: str, report: Report) -> None:
        self._urls = {source.number: source.url for source in report.sources}
        self._pdf = FPDF(format="A4")
        self._pdf.set_margins(22, 20, 22)
        self._pdf.set_auto_page_break(True, 20)  # noqa: FBT003 - the library's own order
        self._pdf.add_font(_FAMILY, "", _FILE)
        font = self._pdf.fonts[_FAMILY]
        self._known = frozenset(font.cmap) if isinstance(font, TTFFont) else frozenset[int]()
        self._pdf.set_title(self._plain(question[:200]))
        self._pdf.set_creator("Vectal")
        self._pdf.add_page()

    def heading(self, text: str, level: int) -> None:
        size = _SIZES[level]
        self._pdf.ln(size * 0.25)
        self._write_block(text, size, _INK)

    def small(self, text: str, indent: float = 0) -> None:
        self._write_block(text, _SMALL, _PALE, indent)

    def body(self, markdown: str) -> None:
        self._pdf.ln(2)
        for line in markdown.split("\n"):
            if found := _HEADING.fullmatch(line):
                self.heading(_unescaped(found[2]), len(found[1]))
            elif found := _ITEM.fullmatch(line):
                mark = f"{found[2]}. " if found[2] else "• "
                self.item(found[3], mark, len(found[1]) // 2)
            elif line.strip():
                self._write_cited(line)

    def item(self, markdown: str, mark: str, depth: int) -> None:
        self._pdf.set_x(self._pdf.l_margin + 4 * depth)
        self._write_cited(mark + markdown)

    def source(self, source: Source) -> None:
        self._style(_TEXT, _INK)
        self._pdf.write(_TEXT * _LEADING, f"[{source.number}] ")
        self._pdf.set_text_color(*_BLUE)
        self._pdf.write(_TEXT * _LEADING, self._plain(source.title) or source.site, source.url)
        self._pdf.ln(_TEXT * _LEADING)
        words = " ".join(reason.words for reason in source.reasons)
        self.small(f"{source.url}  Weight {source.weight:.2f}. {words}", indent=5)

    def finish(self) -> bytes:
        return bytes(self._pdf.output())

    def _write_block(
        self, text: str, size: float, ink: tuple[int, int, int], indent: float = 0
    ) -> None:
        self._style(size, ink)
        self._pdf.set_x(self._pdf.l_margin + indent)
        self._pdf.multi_cell(
            0, size * _LEADING, self._plain(text), align="L", new_x="LMARGIN", new_y="NEXT"
        )
        self._pdf.ln(1)

    def _write_cited(self, markdown: str) -> None:
        self._style(_TEXT, _INK)
        at = 0
        for match in _PIECE.finditer(markdown):
            self._pdf.write(_TEXT * _LEADING, self._plain(_unescaped(markdown[at : match.start()])))
            for number in (int(each) for each in re.findall(r"\d+", match[1])):
                self._pdf.set_text_color(*_BLUE)
                self._pdf.write(_TEXT * _LEADING, f"[{number}]", self._urls.get(number, ""))
                self._pdf.set_text_color(*_INK)
            at = match.end()
        self._pdf.write(_TEXT * _LEADING, self._plain(_unescaped(markdown[at:])))
        self._pdf.ln(_TEXT * _LEADING + 1.5)

    def _style(self, size: float, ink: tuple[int, int, int]) -> None:
        self._pdf.set_font(_FAMILY, size=size)
        self._pdf.set_text_color(*ink)

    def _plain(self, text: str) -> str:
        """Letters that the font has not are shown as a box; endless words are broken."""
        seen = "".join(c if ord(c) in self._known else "\u25a1" for c in printable(text))
        return re.sub(rf"(\S{{{_LONGEST_WORD}}})(?=\S)", r"\1 ", seen)


def _unescaped(markdown: str) -> str:
    return html.unescape(_ESCAPE.sub(r"\1", markdown.replace("**", "")))
