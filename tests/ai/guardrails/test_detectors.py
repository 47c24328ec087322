"""What is found in a text and what is not, and that looking takes time that grows evenly."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.guardrails.contracts import DATA_KINDS, DataKind
from vectal.ai.guardrails.detectors import find


def found_in(text: str, *kinds: DataKind) -> list[tuple[str, str]]:
    return [(each.kind, text[each.start : each.end]) for each in find(text, kinds or DATA_KINDS)]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("Mail ada.l+x@mail.example.co.uk.", "email", "ada.l+x@mail.example.co.uk"),
        ("<müller@bücher.example>", "email", "müller@bücher.example"),
        ("Call +44 20 7946 0958 today", "phone", "+44 20 7946 0958"),
        ("or (415) 555-2671", "phone", "(415) 555-2671"),
        ("oder 030 / 901820-15", "phone", "030 / 901820-15"),
        ("IBAN: GB82 WEST 1234 5698 7654 32 AND MORE", "iban", "GB82 WEST 1234 5698 7654 32"),
        ("de89370400440532013000,", "iban", "de89370400440532013000"),
        ("card 4111 1111 1111 1111 12/27", "card", "4111 1111 1111 1111"),
        ("No 12 5500-0000-0000-0004", "card", "5500-0000-0000-0004"),
        ("378282246310005", "card", "378282246310005"),
        ("from 192.168.0.17, and", "ip", "192.168.0.17"),
        ("host 2001:db8::8a2e:370:7334 up", "ip", "2001:db8::8a2e:370:7334"),
        ("key sk-proj-abcdefghij0123456789", "secret", "sk-proj-abcdefghij0123456789"),
        ("AKIAIOSFODNN7EXAMPLE", "secret", "AKIAIOSFODNN7EXAMPLE"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123", "secret", "ghp_abcdefghijklmnopqrstuvwxyz0123"),
    ],
)
def test_it_finds(text: str, kind: str, found: str) -> None:
    assert found_in(text) == [(kind, found)]


@pytest.mark.parametrize(
    "text",
    [
        "nothing at all",
        "a @ b, and @ada, and ada@localhost",
        "It is 12:30:45 on 2026-11-28.",
        "1234 5678 9012 3456",  # fails the checksum
        "0000 0000 0000 0000",
        "GB82 WEST 1234 5698 7654 33",
        "256.1.1.1 and 1.2.3",
        "an order of 1,000,000.00 and 3.14159265358979",
        "sk-short",
        "std::vector<int> and a::b",
    ],
)
def test_it_leaves_alone(text: str) -> None:
    assert found_in(text) == []


def test_only_the_kinds_that_are_wanted() -> None:
    text = "ada@example.org at 10.0.0.1"
    assert found_in(text, "ip") == [("ip", "10.0.0.1")]
    assert find(text, ()) == []


@pytest.mark.parametrize(
    "piece",
    ["a", "a@", "a.", "@a.b", "1", "1 ", "4 ", "+1 ", "(0", "AA00", "AA00 ", "::", "1.", "sk-",
     "eyJ", "eyJaaaaaaaa.", "-----BEGIN PRIVATE KEY-----", "[", "0 0/"],
)  # fmt: skip
def test_no_text_makes_it_stumble(piece: str) -> None:
    # A search that grows with the square of the text would outlast the test's own deadline.
    find(piece * (400_000 // len(piece)), DATA_KINDS)


@given(st.text(alphabet="ab1 49@.:-+()[]/GBsk_", max_size=300))
def test_findings_are_ordered_and_apart(text: str) -> None:
    found = find(text, DATA_KINDS)
    for one, next_ in itertools.pairwise(found):
        assert one.end <= next_.start
    assert all(0 <= each.start < each.end <= len(text) for each in found)
