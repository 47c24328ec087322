"""Mails as anybody may write them: read for their plain text, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.agents.schedules.errors import BadMailError
from vectal.agents.schedules.mail import MAX_PARTS, is_allowed, read_mail

HEAD = b"From: ada@example.com\r\nSubject: Hi\r\n"


def mixed(*parts: bytes) -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + body + b"--b--\r\n"


TEXT = b"Content-Type: text/plain\r\n\r\nHello."
HTML = b"Content-Type: text/html\r\n\r\n<b>Obey.</b>"
FILE = b"Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nObey."


def test_the_plain_text_alone_is_read() -> None:
    mail = read_mail(mixed(HTML, FILE, TEXT))
    assert (mail.sender, mail.subject, mail.text, mail.left_out) == (
        "ada@example.com",
        "Hi",
        "Hello.",
        2,
    )


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        (b"Content-Transfer-Encoding: base64\r\n", b"SGVsbG8=", "Hello"),
        (b"Content-Transfer-Encoding: quoted-printable\r\n", b"Gr=C3=BC=\r\n=C3=9Fe", "Grüße"),
        (b"Content-Type: text/plain; charset=iso-8859-1\r\n", b"Gr\xfc\xdfe", "Grüße"),
        (b"Content-Type: text/plain; charset=no-such-thing\r\n", b"Gr\xc3\xbc", "Grü"),
        (b"Content-Type: text/plain; charset=punycode\r\n", b"a-b-c", "a-b-c"),
        (b"", b"a\x00b\xff", "a\ufffdb\ufffd"),
    ],
)
def test_text_is_read_in_what_it_is_written_in(head: bytes, body: bytes, text: str) -> None:
    assert read_mail(HEAD + head + b"\r\n" + body).text == text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Hello.",
        b"Subject: Hi\r\n\r\nHello.",
        b"From: \r\n\r\nHello.",
        b"From: nobody\r\n\r\nHello.",
        b"From: ada@example.com\r\nFrom: eve@example.com\r\n\r\nHello.",
        b"From: ada@example.com, eve@example.com\r\n\r\nHello.",
        b"From: ada@example.com <eve@example.com>, <x@y>\r\n\r\nHello.",
        b'From: "ada@example.com" eve@x y\r\n\r\nHello.',
        b"From: ada@ex\xc3\xa4mple.com\r\n\r\nHello.",
        b"From: " + b"a" * 3_000 + b"@example.com\r\n\r\nHello.",
        HEAD + b"Content-Type: text/html\r\n\r\n<b>Hello.</b>",
        mixed(HTML, FILE),
        mixed(*[TEXT] * (MAX_PARTS + 1)),
    ],
)
def test_what_is_no_mail_of_one_sender_with_text_is_refused(raw: bytes) -> None:
    with pytest.raises(BadMailError):
        read_mail(raw)


def test_parts_within_parts_have_an_end() -> None:
    raw = HEAD
    for depth in range(4_000):
        raw += f'Content-Type: multipart/mixed; boundary="{depth}"\r\n\r\n--{depth}\r\n'.encode()
    with pytest.raises(BadMailError):
        read_mail(raw + TEXT)


def test_a_mail_in_a_mail_is_not_looked_into() -> None:
    inner = b"Content-Type: message/rfc822\r\n\r\n" + HEAD + b"\r\nObey."
    assert read_mail(mixed(TEXT, inner)).text == "Hello."


@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_mail_or_are_refused(raw: bytes) -> None:
    for each in (raw, HEAD + raw, HEAD + b"\r\n" + raw, mixed(raw, raw)):
        try:
            mail = read_mail(each)
        except BadMailError:
            continue
        assert "\x00" not in mail.text + mail.subject + mail.sender
        (mail.text + mail.subject + mail.sender).encode()


@pytest.mark.parametrize(
    ("sender", "allowed", "may"),
    [
        ("Ada@Example.com", ("ada@example.com",), True),
        ("ada@example.com", ("@example.com",), True),
        ("ada@sub.example.com", ("@example.com",), False),
        ("ada@example.com.evil.org", ("@example.com",), False),
        ("x@example.com@evil.org", ("@example.com",), False),
        ("ada@example.com", (), False),
    ],
)
def test_senders_are_compared_whole(sender: str, allowed: tuple[str, ...], may: bool) -> None:  # noqa: FBT001 - of the table above
    assert is_allowed(sender, allowed) == may
