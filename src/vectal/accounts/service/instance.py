"""The installation itself: whether it was set up, and who may sign up."""

from vectal.accounts.contracts import SignupMode
from vectal.accounts.repository import instance as repository
from vectal.platform.db import Database, ReadSession, WriteSession

_SETUP = "setup"
_SIGNUP = "signup"


class InstanceService:
    def __init__(self, database: Database, default_signup: SignupMode) -> None:
        self._database = database
        self._default_signup: SignupMode = default_signup

    async def needs_setup(self) -> bool:
        async with self._database.system("accounts.needs_setup") as session:
            return await repository.find_setting(session, _SETUP) is None

    async def claim_setup(self, session: WriteSession) -> bool:
        """True for the one transaction that makes the first administrator.

        A parallel one waits here until the first has ended, so twenty set-ups make one account.
        """
        return await repository.claim_setting(session, _SETUP, {"done": True})

    async def get_signup(self) -> SignupMode:
        async with self._database.system("accounts.get_signup") as session:
            return await self.read_signup(session)

    async def read_signup(self, session: ReadSession) -> SignupMode:
        """The administrator's choice, else the one from the environment."""
        stored = await repository.find_setting(session, _SIGNUP)
        mode = (stored or {}).get("mode")
        return mode if mode in ("invitation", "open") else self._default_signup

    async def set_signup(self, mode: SignupMode) -> None:
        async with self._database.system("accounts.set_signup") as session:
            await repository.put_setting(session, _SIGNUP, {"mode": mode})
