"""OAuth for programs that use our tools: who they are, what people let them do, and their tokens.

A grant is a person's word to one program, in one workspace: it reaches as far as its scopes and
never further than the person herself. Access tokens live ten minutes and are good at `/mcp` alone;
a refresh token is good once, and one that comes a second time ends the grant.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from vectal.auth import repository_oauth as sql
from vectal.auth.contracts_oauth import (
    Asked,
    AuthorizationRequest,
    GrantTokens,
    OAuthClient,
    OAuthGrant,
)
from vectal.auth.errors import (
    ForbiddenError,
    OAuthGrantNotFoundError,
    OAuthRequestError,
    ThrottledError,
    TooManyOAuthGrantsError,
)
from vectal.auth.oauth_rules import (
    MAX_REDIRECTS,
    NEEDED,
    OAuthError,
    check_redirect,
    is_challenge,
    is_registered,
    read_scopes,
    solves,
    with_answer,
)
from vectal.auth.policy import grantable_scopes
from vectal.auth.principal import Principal, Scope
from vectal.auth.service.resolver import Resolver
from vectal.auth.tokens import ACCESS_LIFETIME, AccessClaims, RefreshToken, Signer
from vectal.platform.clock import Clock
from vectal.platform.db import Database, WriteSession
from vectal.platform.db.paging import Slice, encode_cursor
from vectal.platform.ids import new_id
from vectal.platform.rate_limit import Limit, RateLimiter, network_of
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)

CURSOR: Final = "oauth_grants"
MAX_CLIENTS: Final = 1_000
"""Of the installation; those that nobody has let do anything are forgotten after a day."""
MAX_GRANTS: Final = 50
"""Of one person in one workspace."""
CODE_LIFETIME: Final = timedelta(minutes=2)
IDLE_LIFETIME: Final = timedelta(days=30)
FULL_LIFETIME: Final = timedelta(days=180)
GRACE: Final = timedelta(seconds=10)
"""A program whose answer was lost gets the same next token."""
_KEEP: Final = timedelta(days=1)
_CODE_BYTES: Final = 16 + 24
_REGISTER: Final = Limit("oauth_register", burst=10, interval_s=60.0)
_TOKEN: Final = Limit.per_minute("oauth_token", 60)


@dataclass(frozen=True, slots=True)
class Redemption:
    """A program's code, with all that proves that it is the program's."""

    code: str
    client_id: str
    redirect_uri: str
    verifier: str
    resource: str = ""


class OAuthService:
    """`signer` is for these tokens alone: none of them passes for a session's, or the other way."""

    def __init__(
        self,
        database: Database,
        signer: Signer,
        resolver: Resolver,
        limiter: RateLimiter,
        clock: Clock,
    ) -> None:
        self._database = database
        self._signer = signer
        self._resolver = resolver
        self._limiter = limiter
        self._clock = clock

    # Programs.

    async def register(self, name: str, redirect_uris: Sequence[str], ip: str) -> OAuthClient:
        """A program introduces itself. Raises OAuthError, or ThrottledError."""
        await self._throttle(_REGISTER, ip)
        if not 1 <= len(redirect_uris) <= MAX_REDIRECTS:
            raise OAuthError("invalid_redirect_uri", f"Name one to {MAX_REDIRECTS} addresses.")
        for uri in redirect_uris:
            check_redirect(uri)
        now = self._clock.now()
        client = OAuthClient(new_id(), name, tuple(dict.fromkeys(redirect_uris)), now)
        async with self._database.system("auth.register_oauth_client") as session:
            if await sql.count_clients(session) >= MAX_CLIENTS:
                await sql.purge_clients(session, now - _KEEP)
                if await sql.count_clients(session) >= MAX_CLIENTS:
                    raise OAuthError("temporarily_unavailable", "Too many programs are known.", 503)
            await sql.insert_client(session, client)
        _log.info("auth.oauth_client_registered", client_id=str(client.id))
        return client

    # People.

    async def review(
        self, principal: Principal, asked: AuthorizationRequest, resource: str
    ) -> Asked:
        """What the consent page shows. Raises OAuthRequestError for what can't be granted.

        `resource` is the address of the door that the tokens would be for.
        """
        _check_person(principal)
        async with self._database.system("auth.find_oauth_client") as session:
            client = await _find_client(session, asked.client_id)
        if client is None:
            raise OAuthRequestError("No such program has registered here.")
        if not any(is_registered(asked.redirect_uri, each) for each in client.redirect_uris):
            raise OAuthRequestError("The program wants the answer at an address that is not its.")
        if asked.response_type != "code":
            raise OAuthRequestError("The program asks for something else than a code.")
        if asked.code_challenge_method != "S256" or not is_challenge(asked.code_challenge):
            raise OAuthRequestError("The program's request lacks its proof (PKCE, S256).")
        if not _is_ours(asked.resource, resource):
            raise OAuthRequestError("The program asks for the tools of another server.")
        try:
            wanted = read_scopes(asked.scope)
        except OAuthError as error:
            raise OAuthRequestError(error.description) from error
        reach = grantable_scopes(principal)
        return Asked(client, asked.redirect_uri, tuple(each for each in wanted if each in reach))

    async def allow(
        self,
        principal: Principal,
        asked: AuthorizationRequest,
        scopes: Sequence[Scope],
        issuer: str,
        resource: str,
    ) -> str:
        """Let the program have these of the scopes it asked for; where to send the person next."""
        reviewed = await self.review(principal, asked, resource)
        given = tuple(each for each in reviewed.scopes if each in scopes)
        if NEEDED not in given:
            raise OAuthRequestError(f"Without `{NEEDED}` the program could do nothing.")
        now, grant_id, secret = self._clock.now(), new_id(), secrets.token_bytes(24)
        grant = OAuthGrant(
            id=grant_id,
            workspace_id=principal.workspace_id,
            user_id=principal.user_id,
            client_id=reviewed.client.id,
            scopes=given,
            redirect_uri=asked.redirect_uri,
            created_at=now,
            refreshed_at=now,
            expires_at=now + CODE_LIFETIME,
            generation=0,
            redeemed_at=None,
            revoked_at=None,
            code_hash=hashlib.sha256(secret).digest(),
            challenge=asked.code_challenge,
        )
        async with self._database.transaction(principal) as session:
            if await sql.count_open_grants(session, principal.user_id, now) >= MAX_GRANTS:
                raise TooManyOAuthGrantsError
            await sql.insert_grant(session, grant)
        code = base64.urlsafe_b64encode(grant_id.bytes + secret).rstrip(b"=").decode()
        return with_answer(asked.redirect_uri, code=code, state=asked.state, iss=issuer)

    async def deny(
        self, principal: Principal, asked: AuthorizationRequest, issuer: str, resource: str
    ) -> str:
        """The person says no; where to send her next."""
        await self.review(principal, asked, resource)
        denied = {"error": "access_denied", "state": asked.state, "iss": issuer}
        return with_answer(asked.redirect_uri, **denied)

    async def list_grants(
        self, principal: Principal, *, after: UUID | None = None, limit: int = 50
    ) -> Slice[tuple[OAuthGrant, OAuthClient]]:
        """What the caller lets programs do in this workspace, oldest first."""
        now = self._clock.now()
        async with self._database.read(principal) as session:
            found = await sql.list_live_grants(session, principal.user_id, now, after, limit + 1)
        page, more = found[:limit], len(found) > limit
        async with self._database.system("auth.list_oauth_clients") as session:
            clients = await sql.find_clients(session, {each.client_id for each in page})
        shown = [(each, clients[each.client_id]) for each in page if each.client_id in clients]
        return Slice(shown, encode_cursor(CURSOR, [str(page[-1].id)]) if more else None)

    async def end_grant(self, principal: Principal, grant_id: UUID) -> None:
        """Take a word back; the program is refused everywhere within a second."""
        async with self._database.transaction(principal) as session:
            if not await sql.revoke_grant(session, grant_id, self._clock.now()):
                raise OAuthGrantNotFoundError
            session.after_commit(lambda: self._resolver.forget(grant_id))

    # Tokens.

    async def redeem(self, redemption: Redemption, resource: str, ip: str) -> GrantTokens:
        """The tokens for a code, once. A code that comes twice ends what it began."""
        await self._throttle(_TOKEN, ip)
        _check_resource(redemption.resource, resource)
        read = _read_code(redemption.code)
        if read is None:
            raise _invalid_grant()
        grant_id, code_hash = read
        now, stolen = self._clock.now(), False
        async with self._database.system("auth.redeem_oauth_code") as session:
            grant = (await sql.find_grants(session, [grant_id])).get(grant_id)
            if grant is None or grant.code_hash != code_hash:
                raise _invalid_grant()
            if str(grant.client_id) != redemption.client_id:
                raise _invalid_grant()
            proven = solves(redemption.verifier, grant.challenge)
            if redemption.redirect_uri != grant.redirect_uri or not proven:
                raise _invalid_grant()
            taken = await sql.redeem(session, grant_id, code_hash, now, now + IDLE_LIFETIME)
            if not taken and grant.redeemed_at is not None:
                stolen = await self._end(session, grant_id)
        if stolen:
            _log.warning("oauth_code_reused", grant=str(grant_id))
        if not taken:
            raise _invalid_grant()
        return self._tokens(grant, 1)

    async def refresh(self, token: str, client_id: str, resource: str, wanted: str) -> GrantTokens:
        """The next pair of tokens. A token from before the last refresh ends the grant."""
        _check_resource(wanted, resource)
        read = self._signer.read_refresh(token)
        if read is None:
            raise _invalid_grant()
        async with self._database.system("auth.refresh_oauth_grant") as session:
            turned, stolen = await self._turn(session, read, client_id)
        # Raised after the commit: a grant that was ended for theft must stay ended.
        if stolen:
            _log.warning("oauth_refresh_token_reused", grant=str(read.session_id))
        if turned is None:
            raise _invalid_grant()
        return self._tokens(turned, turned.generation)

    async def revoke_token(self, token: str, client_id: str) -> None:
        """End the grant of a refresh or access token (RFC 7009); silent for what is none."""
        read = self._signer.read_refresh(token)
        claims = self._signer.read_access(token, self._clock.now())
        grant_id = read.session_id if read else claims.session_id if claims else None
        if grant_id is None:
            return
        async with self._database.system("auth.revoke_oauth_token") as session:
            grant = (await sql.find_grants(session, [grant_id])).get(grant_id)
            if grant is not None and str(grant.client_id) == client_id:
                await self._end(session, grant_id)

    async def purge(self) -> int:
        """Forget what ended a month ago, and programs that nobody uses; run by the scheduler."""
        now = self._clock.now()
        async with self._database.system("auth.purge_oauth") as session:
            gone = await sql.purge_grants(session, now - IDLE_LIFETIME)
            return gone + await sql.purge_clients(session, now - IDLE_LIFETIME)

    async def _turn(
        self, session: WriteSession, token: RefreshToken, client_id: str
    ) -> tuple[OAuthGrant | None, bool]:
        """The grant after the refresh, None when it was refused; and whether that was a theft."""
        now, grant_id = self._clock.now(), token.session_id
        before = (await sql.find_grants(session, [grant_id])).get(grant_id)
        if before is None or not before.is_live(now) or str(before.client_id) != client_id:
            return None, False
        ends = min(now + IDLE_LIFETIME, before.created_at + FULL_LIFETIME)
        await sql.advance_grant(session, grant_id, token.generation, now, ends)
        # Read again: this request may have advanced it, or waited for one that did.
        after = (await sql.find_grants(session, [grant_id]))[grant_id]
        if not after.is_live(now):
            return None, False
        if after.generation == token.generation + 1 and after.refreshed_at >= now - GRACE:
            return after, False
        return None, await self._end(session, grant_id)

    async def _end(self, session: WriteSession, grant_id: UUID) -> bool:
        ended = await sql.revoke_grant(session, grant_id, self._clock.now())
        session.after_commit(lambda: self._resolver.forget(grant_id))
        return ended

    def _tokens(self, grant: OAuthGrant, generation: int) -> GrantTokens:
        claims = AccessClaims(grant.user_id, grant.id, 0)
        return GrantTokens(
            self._signer.sign_access(claims, self._clock.now()),
            self._signer.sign_refresh(RefreshToken(grant.id, generation)),
            int(ACCESS_LIFETIME.total_seconds()),
            grant.scopes,
        )

    async def _throttle(self, limit: Limit, ip: str) -> None:
        wait_s = await self._limiter.take([(limit, network_of(ip))])
        if wait_s:
            seconds = str(math.ceil(wait_s))
            raise ThrottledError(f"Try again in {seconds} s.", headers={"Retry-After": seconds})


async def _find_client(session: WriteSession, client_id: str) -> OAuthClient | None:
    try:
        wanted = UUID(client_id)
    except ValueError:
        return None
    return (await sql.find_clients(session, [wanted])).get(wanted)


def _check_person(principal: Principal) -> None:
    """A word is given by a person who is there: not by a key, and not by another program."""
    if principal.session_id is None:
        raise ForbiddenError("Sign in to decide what a program may do.")


def _is_ours(asked: str, resource: str) -> bool:
    """None asked for is ours: older programs know no resource indicators (RFC 8707)."""
    return asked.rstrip("/") in {"", resource}


def _check_resource(asked: str, resource: str) -> None:
    if not _is_ours(asked, resource):
        raise OAuthError("invalid_target", "Tokens are made for this server's tools alone.")


def _read_code(code: str) -> tuple[UUID, bytes] | None:
    """Which grant it began, and the hash of its secret; None for what is no code."""
    try:
        raw = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _CODE_BYTES:
        return None
    return UUID(bytes=raw[:16]), hashlib.sha256(raw[16:]).digest()


def _invalid_grant() -> OAuthError:
    """Says nothing about which of its parts was wrong."""
    return OAuthError("invalid_grant", "The code or token is not good, or not any more.")


__all__ = ["CURSOR", "OAuthService", "Redemption"]
