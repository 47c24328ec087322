"""Secrets: only ours are read, and a change of any byte makes them another's."""

import hmac
from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from vectal.auth.tokens import (
    AccessClaims,
    RefreshToken,
    Signer,
    new_key_secret,
    read_key,
)
from vectal.platform.clock import utc_now
from vectal.platform.ids import new_id

OLD, NEW, FOREIGN = b"o" * 32, b"n" * 32, b"f" * 32
NOW = utc_now()
SIGNER = Signer([OLD])
CLAIMS = AccessClaims(new_id(), new_id(), 3)


@given(st.uuids(), st.uuids(), st.integers(1, 2**31 - 1))
def test_an_access_token_says_what_it_was_told(user: UUID, session: UUID, epoch: int) -> None:
    claims = AccessClaims(user, session, epoch)
    assert SIGNER.read_access(SIGNER.sign_access(claims, NOW), NOW) == claims


@given(st.uuids(), st.integers(0, 2**32 - 1))
def test_a_refresh_token_says_what_it_was_told(session: UUID, generation: int) -> None:
    token = RefreshToken(session, generation)
    text = SIGNER.sign_refresh(token)
    assert SIGNER.read_refresh(text) == token
    assert Signer([FOREIGN]).read_refresh(text) is None


@given(st.data())
def test_a_changed_token_is_nobodys(data: st.DataObject) -> None:
    reads: list[tuple[str, Callable[[str], object]]] = [
        (SIGNER.sign_refresh(RefreshToken(CLAIMS.session_id, 1)), SIGNER.read_refresh),
        (SIGNER.sign_access(CLAIMS, NOW), lambda each: SIGNER.read_access(each, NOW)),
    ]
    for text, read in reads:
        place = data.draw(st.integers(0, len(text) - 1))
        other = data.draw(st.sampled_from("AZaz09-_.").filter(lambda c, p=place, t=text: c != t[p]))
        changed = read(text[:place] + other + text[place + 1 :])
        # The last letter of base64 has bits that carry nothing.
        assert changed is None or changed == read(text)


@given(st.text())
def test_any_text_is_read_without_a_fault(text: str) -> None:
    assert SIGNER.read_refresh(text) is None
    assert SIGNER.read_access(text, NOW) is None
    assert read_key(text) is None


def test_a_rotated_key_still_reads_what_it_signed() -> None:
    rotated = Signer([NEW, OLD])
    assert rotated.read_access(SIGNER.sign_access(CLAIMS, NOW), NOW) == CLAIMS
    assert Signer([OLD]).read_access(rotated.sign_access(CLAIMS, NOW), NOW) is None


def _forge(claims: Mapping[str, object], header: Mapping[str, object]) -> str:
    """A token by someone who has our key but not our form."""
    key = OctKey.import_key(hmac.digest(OLD, b"vectal.auth.access", "sha256"))
    return jwt.encode(dict(header), dict(claims), key, [str(header["alg"])])


@pytest.mark.parametrize(
    ("header", "change"),
    [
        ({"alg": "HS384", "typ": "at+jwt"}, {}),
        ({"alg": "HS256", "typ": "JWT"}, {}),
        ({"alg": "HS256"}, {}),
        ({"alg": "HS256", "typ": "at+jwt"}, {"aud": "another"}),
        ({"alg": "HS256", "typ": "at+jwt"}, {"exp": "tomorrow"}),
        ({"alg": "HS256", "typ": "at+jwt"}, {"exp": None}),
        ({"alg": "HS256", "typ": "at+jwt"}, {"epoch": "1"}),
        ({"alg": "HS256", "typ": "at+jwt"}, {"sub": "root"}),
        ({"alg": "HS256", "typ": "at+jwt"}, {"sid": None}),
    ],
)
def test_only_our_own_form_is_read(header: dict[str, object], change: dict[str, object]) -> None:
    good = {
        "aud": "vectal",
        "sub": str(CLAIMS.user_id),
        "sid": str(CLAIMS.session_id),
        "epoch": 3,
        "exp": int((NOW + timedelta(minutes=1)).timestamp()),
    }
    assert SIGNER.read_access(_forge(good, {"alg": "HS256", "typ": "at+jwt"}), NOW) == CLAIMS
    assert SIGNER.read_access(_forge({**good, **change}, header), NOW) is None


def test_an_unsigned_token_is_refused() -> None:
    head, body, _ = SIGNER.sign_access(CLAIMS, NOW).split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0"
    for forged in (f"{none}.{body}.", f"{head}.{body}.", f"{none}.{body}"):
        assert SIGNER.read_access(forged, NOW) is None


def test_a_short_signing_key_is_refused() -> None:
    for keys in ([], [b"short"], [OLD, b"short"]):
        with pytest.raises(ValueError, match="32 bytes"):
            Signer(keys)


@given(st.uuids())
def test_a_key_is_read_back_and_matches_only_itself(key_id: UUID) -> None:
    made = new_key_secret(key_id)
    found = read_key(made.text)
    assert found is not None
    assert found == made
    assert found.matches(made.hash)
    assert not found.matches(new_key_secret(key_id).hash)
    assert made.secret not in repr(made)


@given(st.lists(st.binary(max_size=8), max_size=4), st.lists(st.binary(max_size=8), max_size=4))
def test_secrets_of_two_requests_differ(one: list[bytes], other: list[bytes]) -> None:
    same = SIGNER.secret_for_request(*one) == SIGNER.secret_for_request(*other)
    assert same == (one == other)
