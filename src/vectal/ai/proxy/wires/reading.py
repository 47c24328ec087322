"""Reading a client's body: what is wrong with it is told by the name of the member."""

from __future__ import annotations

import re
from binascii import Error as NoBase64Error
from binascii import a2b_base64
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, NoReturn, Protocol, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from vectal.ai.contracts import ImageDetail, ImagePart
from vectal.ai.contracts_documents import CacheTtl, FilePart
from vectal.ai.ports import Effort, ToolSpec
from vectal.ai.providers.fitting import PDF
from vectal.ai.proxy.wires.port import BadCallError

T = TypeVar("T")
Json = dict[str, Any]

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=256)]
Tokens: TypeAlias = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Seed: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Penalty: TypeAlias = Annotated[float, Meta(ge=-2, le=2)]

_AT: Final = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Invalid (?:enum )?value (.*)", re.DOTALL)
_IMAGE: Final = re.compile(r"image/[a-z0-9.+-]{1,40}")
_MEDIA: Final = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,80}")
_MAX_DETAIL_CHARS: Final = 300
_MAX_URL_CHARS: Final = 8_192
_EFFORTS: Final[Mapping[str, Effort]] = {
    "none": "off",
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}


class Breakpoint(msgspec.Struct):
    """OpenAI's mark for the cache, with the lifetimes that it offers."""

    ttl: Literal["30m", "12h"] = "30m"


class CacheControl(msgspec.Struct):
    """Anthropic's mark for the cache, which many clients write into OpenAI's shape, too."""

    type: Literal["ephemeral"]
    ttl: CacheTtl = "5m"


class Markable(Protocol):
    @property
    def cache_control(self) -> CacheControl | None: ...


class _Breakable(Markable, Protocol):
    @property
    def prompt_cache_breakpoint(self) -> Breakpoint | None: ...


def cache_of(block: Markable) -> CacheTtl | None:
    return block.cache_control.ttl if block.cache_control is not None else None


def read_ttl(part: _Breakable) -> CacheTtl | None:
    """Half an hour and half a day are nearest to our five minutes and one hour."""
    mark = part.prompt_cache_breakpoint
    if mark is None or part.cache_control is not None:
        return cache_of(part)
    return "1h" if mark.ttl == "12h" else "5m"


def read_body(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The body as `decoder` knows it; raises BadCallError."""
    try:
        if not body.isascii():
            body.decode()  # members that nobody reads are text, too
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _refusal(str(error)) from error
    except (msgspec.DecodeError, ValueError) as error:
        raise BadCallError(f"The body is no JSON in UTF-8: {error}"[:_MAX_DETAIL_CHARS]) from error
    except RecursionError as error:
        raise BadCallError("The body is nested too deeply.") from error


def refuse(param: str, why: str) -> NoReturn:
    raise BadCallError(f"{param}: {why}"[:_MAX_DETAIL_CHARS], param)


def read_effort(name: str | None, param: str) -> Effort | None:
    if name is None:
        return None
    if name not in _EFFORTS:
        refuse(param, f"{name[:40]!r} is not supported; it is one of {', '.join(_EFFORTS)}.")
    return _EFFORTS[name]


def read_image(url: str, detail: ImageDetail | None, cache: CacheTtl | None, at: str) -> ImagePart:
    """An image in a data: URL, or at an address that the vendor fetches."""
    if url.startswith("data:"):
        media_type, content = _split(url, at)
        return ImagePart(checked_image(media_type, at), content, None, detail, cache)
    return ImagePart("", b"", read_url(url, at), detail, cache)


def checked_image(media_type: str, at: str) -> str:
    if not _IMAGE.fullmatch(media_type):
        refuse(at, f"{media_type[:40]!r} is no type of an image.")
    return media_type


def read_url(url: str, at: str) -> str:
    """An address that is passed on; nobody here ever opens it."""
    if not url.startswith("https://") or len(url) > _MAX_URL_CHARS or not url.isprintable():
        refuse(at, "it must be a data: URL with base64, or an https:// address.")
    return url


def read_file(data: str, name: str | None, cache: CacheTtl | None, at: str) -> FilePart:
    """A file in a data: URL; bare base64 is taken for a PDF."""
    if data.startswith("data:"):
        media_type, content = _split(data, at)
    else:
        media_type, content = PDF, read_base64(data, at)
    return FilePart(media_type, content, name=name, cache=cache)


def read_base64(text: str, at: str) -> bytes:
    try:
        content = a2b_base64(text, strict_mode=True)
    except (NoBase64Error, ValueError):
        content = b""
    if not content:
        refuse(at, "it is no base64.")
    return content


def check_choice(name: str, tools: tuple[ToolSpec, ...], at: str) -> str:
    """The name of a tool that is there to be chosen."""
    if not any(tool.name == name for tool in tools):
        refuse(at, f"there is no tool {name[:64]!r} in 'tools'.")
    return name


def _split(url: str, at: str) -> tuple[str, bytes]:
    head, _, encoded = url.removeprefix("data:").partition(",")
    media_type, *marks = head.split(";")
    if "base64" not in marks or not _MEDIA.fullmatch(media_type):
        refuse(at, "a data: URL needs a media type and ;base64.")
    return media_type, read_base64(encoded, at)


def _refusal(words: str) -> BadCallError:
    """Msgspec's words in ours, and the member that they are about."""
    found = _AT.search(words)
    path, what = (found[1], words[: found.start()]) if found else ("", words)
    if missing := _MISSING.fullmatch(what):
        path = f"{path}.{missing[1]}" if path else missing[1]
        return BadCallError(f"{path}: it is required."[:_MAX_DETAIL_CHARS], path)
    if unknown := _UNKNOWN.fullmatch(what):
        what = f"{unknown[1][:80]} is not supported"
    detail = f"{path or 'The body'}: {what[:1].lower()}{what[1:]}."
    return BadCallError(detail[:_MAX_DETAIL_CHARS], path or None)
