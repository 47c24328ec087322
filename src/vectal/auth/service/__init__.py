"""Use cases of auth.

`AuthService` is what others hold: it resolves credentials and bundles signing in, sessions and
API keys.
"""

import base64
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from vectal.accounts.contracts import User
from vectal.accounts.service import AccountService
from vectal.auth.credentials import Credential
from vectal.auth.passwords import Passwords
from vectal.auth.principal import Principal, Scope
from vectal.auth.service.keys import KeyService
from vectal.auth.service.oauth import OAuthService
from vectal.auth.service.resolver import Resolver
from vectal.auth.service.sessions import SessionService
from vectal.auth.service.sign_in import SignInService
from vectal.auth.service.signing import load_signing_key
from vectal.auth.throttle import SignInThrottle
from vectal.auth.tokens import Signer, keys_for_grants
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.crypto import KeyWrapper
from vectal.platform.db import Database
from vectal.platform.rate_limit import RateLimiter

__all__ = [
    "AuthService",
    "KeyService",
    "OAuthService",
    "Resolver",
    "SessionService",
    "SignInService",
]


@dataclass(frozen=True, slots=True)
class AuthService:
    """Who calls, and every way to become a caller."""

    resolver: Resolver
    sign_in: SignInService
    sessions: SessionService
    keys: KeyService
    oauth: OAuthService
    passwords: Passwords
    signer: Signer

    @classmethod
    def build(
        cls,
        database: Database,
        accounts: AccountService,
        limiter: RateLimiter,
        signing_keys: Sequence[bytes],
        *,
        clock: Clock | None = None,
        passwords: Passwords | None = None,
    ) -> Self:
        """`signing_keys`: at least 32 bytes each; the first signs, all of them verify."""
        clock = clock or SystemClock()
        passwords = passwords or Passwords()
        signer = Signer(signing_keys)
        grant_signer = Signer(keys_for_grants(signing_keys))
        resolver = Resolver(database, accounts, signer, grant_signer, clock)
        sessions = SessionService(database, accounts, signer, resolver, clock)
        throttle = SignInThrottle(limiter)
        return cls(
            resolver=resolver,
            sign_in=SignInService(database, accounts, sessions, passwords, throttle),
            sessions=sessions,
            keys=KeyService(database, signer, resolver, clock),
            oauth=OAuthService(database, grant_signer, resolver, limiter, clock),
            passwords=passwords,
            signer=signer,
        )

    @classmethod
    async def open(
        cls,
        database: Database,
        accounts: AccountService,
        limiter: RateLimiter,
        wrapper: KeyWrapper,
    ) -> Self:
        """For a server: `build` with the installation's own signing key."""
        key = await load_signing_key(accounts, wrapper)
        return cls.build(database, accounts, limiter, [key])

    async def authenticate(
        self,
        credential: Credential,
        workspace_id: UUID | None = None,
        *,
        takes_grants: bool = False,
    ) -> Principal:
        """The principal behind a credential, in `workspace_id` or at home.

        Tokens of OAuth are taken only where they are for, with `takes_grants`.
        """
        return await self.resolver.authenticate(credential, workspace_id, takes_grants=takes_grants)

    def find_now(self, credential: Credential) -> Principal | None:
        """As `authenticate` at home, without waiting; None when that is not enough to tell."""
        return self.resolver.find_now(credential)

    @property
    def forgotten(self) -> int:
        """Grows when this process has made a change that a kept answer of `find_now` misses."""
        return self.resolver.forgotten

    async def still_valid(self, principals: Collection[Principal]) -> frozenset[UUID]:
        """Ids of the sessions and keys among these that have lost their right, asked at once.

        A principal with neither, such as one that a schedule acts with, is named by its user.
        For open sockets and streams: ask each half second, close what is named.
        """
        return await self.resolver.find_revoked(principals)

    async def stand_in(self, made: Principal) -> Principal | None:
        """Who acts for a person that is not there, with the rights of `made` and no others.

        The role is the lesser of that one and the person's now. None when the account is disabled,
        the workspace left, or a key ended that it was made with.
        """
        return await self.resolver.stand_in(made)

    async def by_link(
        self, user_id: UUID, workspace_id: UUID, epoch: int, scopes: Collection[Scope]
    ) -> Principal | None:
        """Whom a mailed link speaks for, with her rights of now within `scopes`; None: nobody."""
        return await self.resolver.by_link(user_id, workspace_id, epoch, scopes)

    def link_token(self, user_id: UUID, mail_id: UUID) -> str:
        """The token of the link in a mail; the same when the mail has to be made again."""
        secret = self.signer.secret_for_request(b"mail_link", user_id.bytes, mail_id.bytes)
        return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()

    async def impersonate(self, user: User) -> Principal:
        """An account at home with all its rights, for the operator at the command line."""
        return await self.resolver.speak_for(user.id)

    def invitation_token(self, principal: Principal, request_key: str) -> str:
        """The token that a repeated request for an invitation gets again."""
        who = (principal.workspace_id.bytes, principal.user_id.bytes, request_key.encode())
        return self.signer.secret_for_request(b"invitation", *who)[:24].hex()

    def workspace_id_for(self, principal: Principal, request_key: str) -> UUID:
        """The id that a repeated request for a workspace gets again."""
        who = (principal.user_id.bytes, request_key.encode())
        return UUID(bytes=self.signer.secret_for_request(b"workspace", *who)[:16], version=4)

    def close(self) -> None:
        self.passwords.close()
