"""Names: one form for each, and none that leads elsewhere or deceives."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.files.errors import InvalidNameError
from vectal.files.names import clean_name, extension_of, free_name, made_clean, name_key, numbered

HOSTILE = [
    "", " ", ".", "..", "../x", "a/b", "a\\b", "/etc/passwd", "C:\\x", "a\x00b", "a\nb", "\x1b[2J",
    "photo\u202egpj.exe", "a\u200eb", "\ufeffa", "zero\u200bwidth", "\u2066a", "con", "NUL.txt",
    "com1.pdf", "name.", "x" * 201, "ü" * 130, "\U000e0041", "a\u2028b", "\x7f",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidNameError):
        clean_name(name)
    assert clean_name(made_clean(name)) == made_clean(name)


def test_names_are_composed_and_trimmed() -> None:
    assert clean_name("  Re\u0301sume\u0301.pdf ") == "R\u00e9sum\u00e9.pdf"
    assert clean_name("👩‍👩‍👧 family.jpg") == "👩‍👩‍👧 family.jpg"
    assert made_clean("D:\\Scans\\..\\Plan.pdf") == "Plan.pdf"
    assert made_clean("photo\u202egpj.exe") == "photogpj.exe"


def test_names_that_look_alike_count_as_the_same() -> None:
    assert name_key("PLAN.pdf") == name_key("plan.PDF")
    assert name_key("Straße") == name_key("STRASSE")
    assert name_key("ﬁle") == name_key("file")
    assert free_name("Plan.pdf", {name_key("plan.PDF"), name_key("Plan (2).pdf")}) == "Plan (3).pdf"
    assert extension_of("archive.tar.GZ") == "gz"
    assert extension_of(".profile") == ""


@given(st.text(max_size=300), st.integers(2, 10_000))
def test_whatever_is_sent_becomes_a_plain_name(text: str, number: int) -> None:
    name = made_clean(text)
    assert clean_name(name) == name
    assert unicodedata.is_normalized("NFC", name)
    assert "/" not in name
    again = numbered(name, number)
    assert len(again) <= 200
    assert len(again.encode()) <= 255
    assert f"({number})" in again
