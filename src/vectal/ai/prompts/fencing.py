"""Putting what somebody else wrote into a prompt, so that it stays data.

Angle brackets and ampersands inside of data are escaped. So no text can close the fence around
itself or open one of its own, and the same data always gives the same prompt, which keeps the
providers' caches warm.
"""

from __future__ import annotations

from typing import Final

from vectal.ai.contracts_documents import SourceText

_MAX_LINE_CHARS: Final = 120
_MAX_LABEL_CHARS: Final = 60


def fenced(label: str, text: str) -> str:
    """`text` between data tags under `label`."""
    return f'<data label="{one_line(label, _MAX_LABEL_CHARS)}">\n{_escaped(text)}\n</data>'


def tagged(tag: str, text: str) -> str:
    """`text` between tags of a name of our own."""
    return f"<{tag}>\n{_escaped(text)}\n</{tag}>"


def source_block(source: SourceText) -> str:
    """A numbered passage between tags that nothing in it can close or open."""
    about = ", ".join(part for part in (source.name, source.place) if part)
    hidden = ' hidden-text="yes"' if source.has_hidden_text else ""
    head = f'<source number="{source.number}" from="{one_line(about)}"{hidden}>'
    return f"{head}\n{_escaped(source.text)}\n</source>"


def one_line(text: str, limit: int = _MAX_LINE_CHARS) -> str:
    """A name as one harmless line, to stand in the middle of a sentence."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(printable.split())
    line = line if len(line) <= limit else line[: limit - 1] + "…"
    return _escaped(line).replace('"', "&quot;")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
