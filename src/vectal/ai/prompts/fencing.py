"""Putting what somebody else wrote into a prompt, so that it stays data.

Angle brackets and ampersands inside of data are escaped. So no text can close the fence around
itself or open one of its own, and the same data always gives the same prompt, which keeps the
providers' caches warm.
"""

from __future__ import annotations

from typing import Final

_MAX_LINE_CHARS: Final = 120
_MAX_LABEL_CHARS: Final = 60


def fenced(label: str, text: str) -> str:
    """`text` between data tags under `label`."""
    return f'<data label="{one_line(label, _MAX_LABEL_CHARS)}">\n{_escaped(text)}\n</data>'


def tagged(tag: str, text: str) -> str:
    """`text` between tags of a name of our own."""
    return f"<{tag}>\n{_escaped(text)}\n</{tag}>"


def one_line(text: str, limit: int = _MAX_LINE_CHARS) -> str:
    """A name as one harmless line, to stand in the middle of a sentence."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(printable.split())
    line = line if len(line) <= limit else line[: limit - 1] + "…"
    return _escaped(line).replace('"', "&quot;")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
