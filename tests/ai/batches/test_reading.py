"""Lines of a batch, and the forms that bring them: whatever comes, nothing is lost or invented."""

from __future__ import annotations

import codecs
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.service.batches.objects import MAX_LINE_BYTES, MAX_LINES, Asked, BadLine, Line
from vectal.ai.service.batches.reading import LineReader, split_lines
from vectal.auth.principal import Principal, Role, Scope
from vectal.platform.web.multipart import (
    MalformedFormError,
    MultipartReader,
    PartHead,
    boundary_of,
)

CHAT = "/v1/chat/completions"


async def _chunks(body: bytes, cuts: Sequence[int]) -> AsyncIterator[bytes]:
    start = 0
    for cut in sorted({cut % (len(body) + 1) for cut in cuts}):
        yield body[start:cut]
        start = cut
    yield body[start:]


_CUTS = st.lists(st.integers(0, 10_000), max_size=8)


@given(st.binary(max_size=300), _CUTS)
async def test_lines_are_the_same_however_they_come(body: bytes, cuts: list[int]) -> None:
    lines = [line async for line in split_lines(_chunks(body, cuts))]
    every = enumerate(body.split(b"\n"), 1)
    assert lines == [(number, line) for number, line in every if line.strip()]


async def test_an_endless_line_is_held_to_its_bound() -> None:
    async def endless() -> AsyncGenerator[bytes]:
        for _ in range(20):
            yield b"x" * (1 << 20)

    ((_, line),) = [each async for each in split_lines(endless())]
    assert len(line) == MAX_LINE_BYTES + 1
    read = LineReader(CHAT).read(1, line)
    assert isinstance(read, BadLine)
    assert read.code == "line_too_long"


@given(st.binary(max_size=200))
def test_any_line_is_a_request_or_a_verdict(text: bytes) -> None:
    read = LineReader(CHAT).read(1, text)
    assert read.number == 1
    if isinstance(read, BadLine):
        assert read.code
        assert read.message


@given(st.text(min_size=1, max_size=20), st.dictionaries(st.text(max_size=5), st.integers()))
def test_a_body_stays_as_it_was_written(name: str, more: dict[str, int]) -> None:
    body = json.dumps({"model": "m", **{f"_{key}": value for key, value in more.items()}})
    told = {"custom_id": name, "method": "POST", "url": CHAT}
    text = json.dumps(told)[:-1] + f', "body":  {body}}}'
    read = LineReader(CHAT).read(1, text.encode())
    if "\0" in name:
        assert isinstance(read, BadLine)
    else:
        assert read == Line(1, name, body.encode())


def test_a_mark_of_the_byte_order_is_no_part_of_the_first_line() -> None:
    told = {"custom_id": "a", "method": "POST", "url": CHAT, "body": {"model": "m"}}
    marked = codecs.BOM_UTF8 + json.dumps(told).encode()
    assert isinstance(LineReader(CHAT).read(1, marked), Line)
    assert isinstance(LineReader(CHAT).read(2, marked), BadLine)


def test_there_is_an_end_to_lines() -> None:
    reader = LineReader(CHAT, _count=MAX_LINES)
    read = reader.read(MAX_LINES + 9, b"{}")
    assert isinstance(read, BadLine)
    assert read.code == "too_many_lines"


_NAMES = st.text(
    st.characters(codec="ascii", exclude_characters='"\\\r\n\0'), min_size=1, max_size=9
)


@given(st.lists(st.tuples(_NAMES, st.binary(max_size=90)), min_size=1, max_size=5), _CUTS)
async def test_a_form_is_the_same_however_it_comes(
    parts: list[tuple[str, bytes]], cuts: list[int]
) -> None:
    boundary = b"zQ9-limit"
    body = b"preamble"
    for name, value in parts:
        head = f'\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\n\r\n'
        body += b"\r\n--" + boundary + head.encode() + value
    body += b"\r\n--" + boundary + b"--\r\nepilogue"
    reader = MultipartReader(_chunks(body, cuts), boundary)
    found: list[tuple[str, bytes]] = []
    while (head := await reader.head()) is not None:
        assert head.filename == "f"
        found.append((head.name, b"".join([piece async for piece in reader.body()])))
    assert found == parts


@given(st.binary(max_size=200), _CUTS)
async def test_any_bytes_are_a_form_or_refused(body: bytes, cuts: list[int]) -> None:
    reader = MultipartReader(_chunks(b"--b\r\n" + body, cuts), b"b")
    size = 0
    with suppress(MalformedFormError):  # nothing else may come of it
        while (head := await reader.head()) is not None:
            assert isinstance(head, PartHead)
            size += sum([len(piece) async for piece in reader.body()])
    assert size <= len(body)


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="a\r\nb"',
        "multipart/form-data; boundary=" + "x" * 71,
        "multipart/mixed; boundary=b",
    ],
)
def test_what_has_no_boundary_is_no_form(kind: str | None) -> None:
    with pytest.raises(MalformedFormError):
        boundary_of(kind)


def test_a_boundary_may_be_quoted() -> None:
    assert boundary_of('multipart/form-data; boundary="a b"') == b"a b"


def test_a_batch_acts_with_the_rights_of_who_made_it_and_no_others() -> None:
    maker = Principal(
        user_id=UUID(int=1),
        workspace_id=UUID(int=2),
        role=Role.MEMBER,
        scopes=frozenset({Scope.AI_USE}),
        api_key_id=UUID(int=3),
        maker_key_ids=(UUID(int=4), UUID(int=5)),
    )
    asked = Asked.by(maker, None, None)
    stored = msgspec.convert(msgspec.to_builtins(asked), Asked)
    assert stored.principal(maker.workspace_id, maker.user_id) == maker
