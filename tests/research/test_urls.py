"""Addresses in one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.research.urls import addressed, canonical, site_of

PLAIN = "https://example.com/a/b?x=1&y=2"


@pytest.mark.parametrize(
    "url",
    [
        "https://EXAMPLE.com/a/b?y=2&x=1",
        "http://example.com:80/a/b/?x=1&y=2#part",
        "https://example.com/a/b?utm_source=mail&x=1&y=2&fbclid=zz",
        "https://example.com./a/b?x=1&y=2",
        " https://example.com/a/b?x=1&y=2 ",
        "https://example.com:443/a/b/index.html?x=1&y=2",
    ],
)
def test_one_page_has_one_form(url: str) -> None:
    assert canonical(url) == PLAIN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com/a", "https://example.com/b"),
        ("https://example.com/a?id=1", "https://example.com/a?id=2"),
        ("https://a.example.com/", "https://b.example.com/"),
        ("http://example.com:8080/", "http://example.com/"),
        ("https://example.com/A", "https://example.com/a"),
    ],
)
def test_two_pages_have_two(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "//example.com", "https://", "ftp://example.com/", "data:,x",
     "https://me:secret@example.com/", "https://[::1", "https://a b/", "https://exa<mple.com/"],
)  # fmt: skip
def test_what_is_no_web_page_has_none(url: str) -> None:
    assert canonical(url) is None
    assert addressed(url) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_it_is_stable_and_harmless(path: str, query: str) -> None:
    url = f"https://example.com/{path}?{query}"
    for form in (canonical(url), addressed(url)):
        if form is not None:
            assert not set(form) & set("<>\"'` \n\\()[]{}|^")
            assert form.isascii()
    first = canonical(url)
    if first is not None:
        assert canonical(first) == first


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://news.example.co.uk/x", "example.co.uk"),
        ("https://www.example.com/", "example.com"),
        ("https://a.b.example.org/", "example.org"),
        ("http://127.0.0.1:80/", "127.0.0.1"),
        ("https://localhost/", "localhost"),
    ],
)
def test_pages_of_one_owner_are_one_site(url: str, site: str) -> None:
    assert site_of(url) == site
