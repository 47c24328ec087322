"""Signing in: first-run set-up, sign-up, login, and changing the password.

A password is hashed outside any transaction: it takes longer than everything else here.
"""

from dataclasses import dataclass, field

from vectal.accounts.contracts import Login, NewPerson, User
from vectal.accounts.service import AccountService, normalize_email
from vectal.auth.contracts import Device, SignedIn
from vectal.auth.errors import (
    InvalidCredentialsError,
    SetupDoneError,
    SignupClosedError,
    UnauthenticatedError,
)
from vectal.auth.passwords import Passwords, check_new_password
from vectal.auth.principal import Principal
from vectal.auth.service.sessions import SessionService
from vectal.auth.throttle import SignInThrottle
from vectal.platform.db import Database, ReadSession


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What someone gives who opens an account."""

    email: str
    password: str = field(repr=False)
    display_name: str
    timezone: str = "UTC"


class SignInService:
    def __init__(
        self,
        database: Database,
        accounts: AccountService,
        sessions: SessionService,
        passwords: Passwords,
        throttle: SignInThrottle,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle

    async def set_up(
        self, account: NewAccount, workspace_name: str | None, device: Device
    ) -> SignedIn:
        """The administrator's account; SetupDoneError for everyone after the first."""
        await self._throttle.check_address(device.ip)
        if not await self._accounts.instance.needs_setup():
            raise SetupDoneError
        person = await self._person(account, is_admin=True)
        async with self._database.system("auth.set_up") as session:
            if not await self._accounts.instance.claim_setup(session):
                raise SetupDoneError
            user = await self._accounts.people.register(session, person)
            await self._accounts.people.open_home(session, user.id, workspace_name)
            login = await self._get_login(session, user)
            return await self._sessions.open(session, login.user, login.session_epoch, device)

    async def sign_up(
        self, account: NewAccount, invitation: str | None, device: Device
    ) -> SignedIn:
        """An account by invitation, or by anyone when the administrator allows that."""
        await self._throttle.check_address(device.ip)
        if await self._accounts.instance.needs_setup():
            raise SignupClosedError("Set up this installation first.")
        if invitation is None and await self._accounts.instance.get_signup() != "open":
            raise SignupClosedError
        if invitation is not None:
            # Refuse a dead link before the cost of a hash; taking it decides.
            await self._accounts.invitations.show(invitation)
        person = await self._person(account)
        async with self._database.system("auth.sign_up") as session:
            user = await self._accounts.people.register(session, person)
            if invitation is None:
                await self._accounts.people.open_home(session, user.id)
            else:
                workspace_id = await self._accounts.invitations.take(session, user, invitation)
                await self._accounts.people.set_default(session, user.id, workspace_id)
            login = await self._get_login(session, user)
            return await self._sessions.open(session, login.user, login.session_epoch, device)

    async def log_in(self, email: str, password: str, device: Device) -> SignedIn:
        """The same error, after the same work, for every reason to refuse."""
        email = normalize_email(email)
        await self._throttle.check(device.ip, email)
        async with self._database.system("auth.find_login") as session:
            login = await self._accounts.people.find_login(session, email=email)
        verdict = await self._passwords.verify(password, login and login.password_hash)
        if login is None or not verdict.ok or login.user.disabled_at is not None:
            raise InvalidCredentialsError
        await self._throttle.forgive(email)
        async with self._database.system("auth.log_in") as session:
            if verdict.new_hash is not None:
                await self._accounts.people.set_password_hash(
                    session, login.user.id, verdict.new_hash
                )
            return await self._sessions.open(session, login.user, login.session_epoch, device)

    async def change_password(
        self, principal: Principal, current: str, new: str, device: Device
    ) -> None:
        """Needs the current one; ends every other session."""
        async with self._database.system("auth.find_login") as session:
            login = await self._accounts.people.find_login(session, user_id=principal.user_id)
        if login is None:
            raise UnauthenticatedError
        await self._throttle.check(device.ip, login.user.email)
        verdict = await self._passwords.verify(current, login.password_hash)
        if not verdict.ok:
            raise InvalidCredentialsError("The current password is wrong.")
        check_new_password(new, login.user.email, pointer="/new_password")
        new_hash = await self._passwords.hash(new)
        async with self._database.system("auth.change_password") as session:
            await self._accounts.people.set_password_hash(session, principal.user_id, new_hash)
            await self._sessions.revoke_all(
                session, principal.user_id, "password_changed", keep=principal.session_id
            )

    async def create_user(self, account: NewAccount, *, is_admin: bool = False) -> User:
        """For the operator at the command line: no session, no invitation."""
        person = await self._person(account, is_admin=is_admin)
        async with self._database.system("auth.create_user") as session:
            if is_admin:
                # An administrator made here is the first-run set-up, too.
                await self._accounts.instance.claim_setup(session)
            user = await self._accounts.people.register(session, person)
            await self._accounts.people.open_home(session, user.id)
            return (await self._get_login(session, user)).user

    async def reset_password(self, user: User, password: str) -> None:
        """For the operator: a new password, and every session ends."""
        check_new_password(password, user.email)
        new_hash = await self._passwords.hash(password)
        async with self._database.system("auth.reset_password") as session:
            await self._accounts.people.set_password_hash(session, user.id, new_hash)
            await self._accounts.people.end_epoch(session, user.id)
            await self._sessions.revoke_all(session, user.id, "password_reset")

    async def _person(self, account: NewAccount, *, is_admin: bool = False) -> NewPerson:
        email = normalize_email(account.email)
        check_new_password(account.password, email)
        return NewPerson(
            email=email,
            display_name=account.display_name,
            password_hash=await self._passwords.hash(account.password),
            timezone=account.timezone,
            is_admin=is_admin,
        )

    async def _get_login(self, session: ReadSession, user: User) -> Login:
        login = await self._accounts.people.find_login(session, user_id=user.id)
        if login is None:
            raise UnauthenticatedError
        return login
