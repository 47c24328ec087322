"""The installation itself: whether it was set up, and who may sign up."""

import base64
import binascii
import secrets
from typing import Any

from vectal.accounts.contracts import SignupMode
from vectal.accounts.repository import instance as repository
from vectal.platform.crypto import WrappedKey
from vectal.platform.db import Database, ReadSession, WriteSession

_SETUP = "setup"
_SIGNUP = "signup"
_KEY = "key:"
_ID = "id"


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

    async def get_id(self) -> str:
        """A random name of the installation, for what several of them may share. No secret."""
        async with self._database.system("accounts.get_id") as session:
            stored = await repository.find_setting(session, _ID)
            if stored is None:
                await repository.claim_setting(session, _ID, {"id": secrets.token_hex(8)})
                stored = await repository.find_setting(session, _ID)
        return str((stored or {})["id"])

    async def find_sealed_key(self, name: str) -> WrappedKey | None:
        """A key of the installation, wrapped by the master key."""
        async with self._database.system("accounts.find_sealed_key") as session:
            return _read_key(await repository.find_setting(session, _KEY + name))

    async def put_sealed_key(
        self, name: str, key: WrappedKey, *, instead_of: WrappedKey | None
    ) -> bool:
        """Store it unless another process has stored one since `instead_of` was read."""
        setting = _KEY + name
        value = {
            "master_key_id": key.master_key_id,
            "blob": base64.b64encode(key.blob).decode("ascii"),
        }
        async with self._database.system("accounts.put_sealed_key") as session:
            if await repository.claim_setting(session, setting, value):
                return True
            if _read_key(await repository.lock_setting(session, setting)) != instead_of:
                return False
            await repository.put_setting(session, setting, value)
            return True


def _read_key(stored: dict[str, Any] | None) -> WrappedKey | None:
    """None also for what can't be read: it is replaced like a key that was lost."""
    if stored is None:
        return None
    try:
        return WrappedKey(str(stored["master_key_id"]), base64.b64decode(str(stored["blob"])))
    except (KeyError, binascii.Error):
        return None
