"""Names of files and folders: one form for each, none that leads elsewhere or deceives. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from typing import Final

from vectal.files.errors import InvalidNameError
from vectal.files.limits import NAME, NAME_BYTES

# Controls, lone surrogates, line separators, and what turns the direction of writing or can't be
# seen: `photo\u202egpj.exe` would read as a photo.
_REFUSED: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SEPARATORS: Final = re.compile(r"[/\\]")
_RESERVED: Final = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
_MOST_SUFFIX: Final = 20
_TRIES: Final = 10_000


def clean_name(name: str) -> str:
    """The name in NFC, without spaces around it; raises `InvalidNameError`.

    Refuses what would lead elsewhere (`..`, slashes), what can't be seen, and names of devices.
    """
    plain = unicodedata.normalize("NFC", name).strip()
    if not plain:
        raise InvalidNameError("A name has at least one character that can be seen.")
    if len(plain) > NAME or len(plain.encode("utf-8", "replace")) > NAME_BYTES:
        raise InvalidNameError(f"A name has at most {NAME} characters and {NAME_BYTES} bytes.")
    if _REFUSED.search(plain):
        raise InvalidNameError("A name holds no controls and nothing that can't be seen.")
    if _SEPARATORS.search(plain) or plain in {".", ".."}:
        raise InvalidNameError("A name is no path: it has no slashes and is not a dot or two.")
    if _RESERVED.fullmatch(plain) or plain.endswith("."):
        raise InvalidNameError("Some systems can't store a file of this name.")
    return plain


def made_clean(name: str) -> str:
    """The nearest name that `clean_name` takes, for what a browser or a mail calls a file."""
    last = _SEPARATORS.split(unicodedata.normalize("NFC", name))[-1]
    plain = " ".join(_REFUSED.sub("", last).split()).rstrip(". ")
    if not plain or _RESERVED.fullmatch(plain):
        plain = f"file {plain}".strip()
    return _shortened(plain, "")


def name_key(name: str) -> str:
    """What two names have in common that count as the same: case and width are no difference."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded)


def numbered(name: str, number: int) -> str:
    """`Plan.pdf` as `Plan (2).pdf`."""
    return _shortened(name, f" ({number})")


def free_name(name: str, taken: Container[str]) -> str:
    """The name, or the first numbered form of it whose key is not `taken`."""
    if name_key(name) not in taken:
        return name
    tries = (numbered(name, number) for number in range(2, _TRIES))
    return next(each for each in tries if name_key(each) not in taken)


def extension_of(name: str) -> str:
    """In lower case, without its dot; empty when there is none."""
    stem, dot, suffix = name.rpartition(".")
    return suffix.lower() if dot and stem and len(suffix) <= _MOST_SUFFIX else ""


def _shortened(name: str, addition: str) -> str:
    """The name with an addition before its extension, cut to what a name may have."""
    suffix = extension_of(name)
    tail = addition + (name[-len(suffix) - 1 :] if suffix else "")
    stem = name[: -len(suffix) - 1] if suffix else name
    stem = stem[: NAME - len(tail)]
    while len((stem + tail).encode()) > NAME_BYTES:
        stem = stem[:-1]
    return stem.rstrip() + tail
