"""The one resolver: from a credential to a principal, whatever carried it.

Each request is judged by rows read at most half a second ago, so a revocation, a lost role or a
disabled account takes effect on every process within a second.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from vectal.accounts.contracts import Standing
from vectal.accounts.errors import WorkspaceNotFoundError
from vectal.accounts.service import AccountService
from vectal.auth import repository, repository_oauth
from vectal.auth.contracts import ApiKey, Session
from vectal.auth.contracts_oauth import OAuthGrant
from vectal.auth.credentials import Credential
from vectal.auth.errors import UnauthenticatedError
from vectal.auth.principal import ALL_SCOPES, Principal, Scope, expand_scopes
from vectal.auth.tokens import (
    AccessClaims,
    KeySecret,
    Signer,
    looks_like_key,
    looks_like_token,
    read_key,
)
from vectal.platform.clock import Clock
from vectal.platform.db import Database, ReadSession
from vectal.platform.momentary import MomentaryCache, Recent

MAX_AGE_S: Final = 0.5
_NOTE_USE_EACH: Final = timedelta(minutes=1)
_PROVEN: Final = 1_000
_KNOWN: Final = 10_000
_EXPIRED = "The access token has expired or was revoked."
_KEY_ENDED = "The API key is unknown, expired or was revoked."


@dataclass(slots=True)
class _Held:
    """What a moment ago the database said about one session or key."""

    standing: Standing
    session: Session | None = None
    key: ApiKey | None = None
    grant: OAuthGrant | None = None
    proven: str = field(default="", repr=False)
    """The secret that was found to be the key's own."""
    of_key: Principal | None = None
    """Whom the key speaks for; made once, since a key has one workspace."""
    stamp: tuple[str | None, str | None] = (None, None)
    """Of the key's row and of its person's: while both stay, so does all of this."""

    def is_live(self, now: datetime) -> bool:
        if self.standing.disabled:
            return False
        if self.session is not None:
            return self.session.is_live(now)
        if self.grant is not None:
            return self.grant.is_live(now)
        return self.key is not None and self.key.is_live(now)


class Resolver:
    def __init__(
        self,
        database: Database,
        accounts: AccountService,
        signer: Signer,
        grant_signer: Signer,
        clock: Clock,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._signer = signer
        self._grant_signer = grant_signer
        self._clock = clock
        self._cache: MomentaryCache[UUID, _Held | None] = MomentaryCache(
            MAX_AGE_S, monotonic=clock.monotonic
        )
        self._known: Recent[UUID, _Held] = Recent(_KNOWN)
        """Keys as they were read last."""
        self._proven: dict[str, UUID] = {}
        """Which key a secret is of, where that was found out."""

    async def authenticate(
        self, credential: Credential, workspace_id: UUID | None, *, takes_grants: bool = False
    ) -> Principal:
        if takes_grants:
            claims = self._grant_signer.read_access(credential.secret, self._clock.now())
            if claims is not None:
                return await self._by_grant(claims, workspace_id)
        if looks_like_key(credential.secret):
            return await self._by_key(read_key(credential.secret), workspace_id)
        return await self._by_token(credential.secret, workspace_id)

    @property
    def forgotten(self) -> int:
        """Grows when this process has made a change that a kept answer of `find_now` misses."""
        return self._cache.forgotten

    def find_now(self, credential: Credential) -> Principal | None:
        """Whom a key speaks for, by what is known at this moment; None: `authenticate` it."""
        key_id = self._proven.get(credential.secret)
        if key_id is None:
            return self._prove(credential.secret)
        held = self._cache.peek(key_id, None)
        if held is None or held.proven != credential.secret:
            return self._prove(credential.secret)
        return held.of_key if held.is_live(self._clock.now()) else None

    def _prove(self, text: str) -> Principal | None:
        """Compare the secret of a key with what is known, once for each time that it is read."""
        secret = read_key(text) if looks_like_key(text) else None
        held = None if secret is None else self._cache.peek(secret.id, None)
        if secret is None or held is None or held.key is None:
            return None
        if not secret.matches(held.key.secret_hash) or not held.is_live(self._clock.now()):
            return None
        if held.key.workspace_id not in held.standing.roles:
            return None
        held.proven = text
        if len(self._proven) >= _PROVEN:
            self._proven.clear()
        self._proven[text] = secret.id
        return _speaker(held, held.key)

    def forget(self, credential_id: UUID) -> None:
        """Look anew at once, where this process made the change itself."""
        self._cache.forget(credential_id)

    async def speak_for(self, user_id: UUID) -> Principal:
        """A principal without a credential; never for what comes over the network."""
        home = await self._accounts.people.ensure_home(user_id)
        async with self._database.system("auth.speak_for") as session:
            standing = await self._load_standing(session, user_id)
        if standing is None or standing.disabled:
            raise UnauthenticatedError("This account is disabled.")
        return _principal(_Held(standing), home)

    async def stand_in(self, made: Principal) -> Principal | None:
        """`made` without a credential of its own, as far as its person and its makers still go."""
        async with self._database.system("auth.stand_in") as session:
            standing = await self._load_standing(session, made.user_id)
        role = standing and standing.role_in(made.workspace_id)
        if standing is None or role is None:
            return None
        acting = replace(
            made,
            role=min(role, made.role, key=lambda each: each.rank),
            is_admin=made.is_admin and standing.is_admin,
            session_id=None,
            api_key_id=None,
            grant_id=None,
        )
        return None if await self.find_revoked([acting]) else acting

    async def by_link(
        self, user_id: UUID, workspace_id: UUID, epoch: int, scopes: Collection[Scope]
    ) -> Principal | None:
        """Whom a link speaks for that was mailed to her, with her rights of now, no more.

        `epoch` is the one that it was made in: what ends her sessions everywhere ends it, too.
        None when it has, when her account is disabled, or when she has left the workspace.
        """
        async with self._database.system("auth.by_link") as session:
            standing = await self._load_standing(session, user_id)
        if standing is None or standing.disabled or standing.session_epoch != epoch:
            return None
        role = standing.role_in(workspace_id)
        if role is None:
            return None
        timezone = standing.timezone
        return Principal(user_id, workspace_id, role, frozenset(scopes), timezone=timezone)

    async def find_revoked(self, principals: Collection[Principal]) -> frozenset[UUID]:
        """The sessions and keys among these whose principals no longer hold as they are.

        One that has neither goes by its user's id.
        """
        if not principals:
            return frozenset()
        sessions = {each.session_id for each in principals if each.session_id}
        keys = {each.api_key_id for each in principals if each.api_key_id}
        grants = {each.grant_id for each in principals if each.grant_id}
        keys |= {key for each in principals if _has_none(each) for key in each.maker_key_ids}
        async with self._database.system("auth.find_revoked") as session:
            live_sessions = await repository.find_sessions(session, sessions)
            live_keys = await repository.find_keys(session, keys)
            live_grants = await repository_oauth.find_grants(session, grants)
            standings = await self._accounts.people.load_standings(
                session, {each.user_id for each in principals}
            )
        now, revoked = self._clock.now(), set[UUID]()
        for each in principals:
            if _has_none(each):
                if not _stands(standings.get(each.user_id), each, live_keys, now):
                    revoked.add(each.user_id)
                continue
            credential_id = each.session_id or each.api_key_id or each.grant_id
            standing = standings.get(each.user_id)
            held = standing and _Held(
                standing,
                live_sessions.get(each.session_id) if each.session_id else None,
                live_keys.get(each.api_key_id) if each.api_key_id else None,
                live_grants.get(each.grant_id) if each.grant_id else None,
            )
            if credential_id and not (held and _holds(held, each, now)):
                revoked.add(credential_id)
        return frozenset(revoked)

    async def _by_token(self, token: str, workspace_id: UUID | None) -> Principal:
        now = self._clock.now()
        claims = self._signer.read_access(token, now)
        if claims is None:
            raise UnauthenticatedError(_EXPIRED if looks_like_token(token) else _KEY_ENDED)
        held = await self._held_session(claims.session_id)
        if held is not None and workspace_id and held.standing.role_in(workspace_id) is None:
            # She may have joined it a moment ago; a stranger costs one more look, no more.
            self._cache.forget(claims.session_id)
            held = await self._held_session(claims.session_id)
        if held is None or not held.is_live(now) or not _fits(held, claims):
            raise UnauthenticatedError(_EXPIRED)
        return _principal(held, workspace_id or held.standing.home)

    async def _by_grant(self, claims: AccessClaims, workspace_id: UUID | None) -> Principal:
        """A program that acts for a person: with the grant's scopes and her role of this moment."""
        grant_id = claims.session_id
        held = await self._cache.get(grant_id, lambda: self._load_grant(grant_id))
        if held is None or held.grant is None or not held.is_live(self._clock.now()):
            raise UnauthenticatedError(_EXPIRED)
        if held.grant.workspace_id not in held.standing.roles:
            raise UnauthenticatedError(_EXPIRED)
        if workspace_id is not None and workspace_id != held.grant.workspace_id:
            raise WorkspaceNotFoundError
        return _principal(held, held.grant.workspace_id)

    async def _by_key(self, secret: KeySecret | None, workspace_id: UUID | None) -> Principal:
        if secret is None:
            raise UnauthenticatedError(_KEY_ENDED)
        held = await self._cache.get(secret.id, lambda: self._load_key(secret))
        # The cache is by id, so the secret is compared on every request.
        if held is None or held.key is None or not secret.matches(held.key.secret_hash):
            raise UnauthenticatedError(_KEY_ENDED)
        at_home = held.key.workspace_id in held.standing.roles
        if not held.is_live(self._clock.now()) or not at_home:
            raise UnauthenticatedError(_KEY_ENDED)
        if workspace_id is not None and workspace_id != held.key.workspace_id:
            raise WorkspaceNotFoundError
        return _speaker(held, held.key)

    async def _held_session(self, session_id: UUID) -> _Held | None:
        held = await self._cache.get(session_id, lambda: self._load_session(session_id))
        if held is None or held.standing.home is not None or held.standing.disabled:
            return held
        # Removed from every workspace: she gets one of her own, and is looked at anew.
        await self._accounts.people.ensure_home(held.standing.user_id)
        self._cache.forget(session_id)
        return await self._cache.get(session_id, lambda: self._load_session(session_id))

    async def _load_session(self, session_id: UUID) -> _Held | None:
        async with self._database.system("auth.load_session") as session:
            found = (await repository.find_sessions(session, [session_id])).get(session_id)
            if found is None:
                return None
            if found.is_live(now := self._clock.now()) and _is_due(found.last_seen_at, now):
                await repository.touch_session(session, session_id, now)
            standing = await self._load_standing(session, found.user_id)
        return standing and _Held(standing, session=found)

    async def _load_key(self, secret: KeySecret) -> _Held | None:
        async with self._database.system("auth.load_key") as session:
            stamp = await repository.find_key_stamp(session, secret.id)
            known = self._known.find(secret.id)
            if known is not None and known.key is not None and known.stamp[0] == stamp:
                person = await self._accounts.people.find_stamp(session, known.key.user_id)
                if known.stamp[1] == person and not self._is_due(known.key, secret):
                    return known
            found = (await repository.find_keys(session, [secret.id])).get(secret.id)
            if found is None:
                return None
            if self._is_due(found, secret):
                now = self._clock.now()
                await repository.touch_key(session, found, now, _NOTE_USE_EACH)
            person = await self._accounts.people.find_stamp(session, found.user_id)
            standing = await self._load_standing(session, found.user_id)
        if standing is None:
            return None
        held = _Held(standing, key=found, stamp=(stamp, person))
        self._known.keep(secret.id, held)
        return held

    def _is_due(self, key: ApiKey, secret: KeySecret) -> bool:
        """Whether the use of a key is to be written down again."""
        now = self._clock.now()
        is_in_use = secret.matches(key.secret_hash) and key.is_live(now)
        return is_in_use and _is_due(key.last_used_at, now)

    async def _load_grant(self, grant_id: UUID) -> _Held | None:
        async with self._database.system("auth.load_oauth_grant") as session:
            found = (await repository_oauth.find_grants(session, [grant_id])).get(grant_id)
            if found is None:
                return None
            standing = await self._load_standing(session, found.user_id)
        return standing and _Held(standing, grant=found)

    async def _load_standing(self, session: ReadSession, user_id: UUID) -> Standing | None:
        return (await self._accounts.people.load_standings(session, [user_id])).get(user_id)


def _fits(held: _Held, claims: AccessClaims) -> bool:
    standing = held.standing
    return standing.user_id == claims.user_id and standing.session_epoch == claims.epoch


def _speaker(held: _Held, key: ApiKey) -> Principal:
    """Whom the key speaks for, who is in its workspace."""
    if held.of_key is None:
        held.of_key = _principal(held, key.workspace_id)
    return held.of_key


def _principal(held: _Held, workspace_id: UUID | None) -> Principal:
    role = held.standing.role_in(workspace_id) if workspace_id else None
    if workspace_id is None or role is None:
        raise WorkspaceNotFoundError
    return Principal(
        user_id=held.standing.user_id,
        workspace_id=workspace_id,
        role=role,
        scopes=_scopes(held),
        is_admin=held.standing.is_admin and held.grant is None,
        session_id=held.session.id if held.session else None,
        api_key_id=held.key.id if held.key else None,
        maker_key_ids=held.key.made_with if held.key else (),
        timezone=held.standing.timezone,
        grant_id=held.grant.id if held.grant else None,
    )


def _scopes(held: _Held) -> frozenset[Scope]:
    if held.grant is not None:
        return frozenset(held.grant.scopes)
    return expand_scopes(held.key.scopes) if held.key else ALL_SCOPES


def _has_none(principal: Principal) -> bool:
    """It came with no credential: it acts for somebody who is not there."""
    return not (principal.session_id or principal.api_key_id or principal.grant_id)


def _stands(
    standing: Standing | None, principal: Principal, keys: Mapping[UUID, ApiKey], now: datetime
) -> bool:
    """Whether the person may still do what is done for her, and the keys hold that it hangs on."""
    role = standing and standing.role_in(principal.workspace_id)
    if standing is None or standing.disabled or role is None or not role.includes(principal.role):
        return False
    return all(key in keys and keys[key].is_live(now) for key in principal.maker_key_ids)


def _is_due(last: datetime | None, now: datetime) -> bool:
    return last is None or last < now - _NOTE_USE_EACH


def _holds(held: _Held, principal: Principal, now: datetime) -> bool:
    """A socket that was opened with another role must be opened anew."""
    return held.is_live(now) and held.standing.role_in(principal.workspace_id) is principal.role
