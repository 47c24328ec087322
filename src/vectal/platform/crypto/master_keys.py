"""Master keys of this process: from the environment, a file, or a file it made itself.

A file holds one base64 key a line, the current one first; the others still unwrap. It is read
again when it changes, so that a rotation reaches running servers.
"""

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vectal.platform.config import Settings
from vectal.platform.crypto.contracts import WrappedKey
from vectal.platform.crypto.envelope import KEY_BYTES, NONCE_BYTES, new_key
from vectal.platform.crypto.errors import MasterKeyError, UnknownMasterKeyError, UnreadableError
from vectal.platform.telemetry import get_logger

FILE_NAME: Final = "master.key"
_FILE_LIMIT: Final = 65_536

_log = get_logger(__name__)


def identify(key: bytes) -> str:
    """A short name for a master key that tells nothing of it."""
    return "local:" + hashlib.sha256(b"vectal master key\0" + key).hexdigest()[:16]


def parse_key(text: str) -> bytes:
    """32 bytes from base64, standard or URL-safe; raise `MasterKeyError`."""
    compact = text.strip().replace("-", "+").replace("_", "/")
    try:
        key = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise MasterKeyError("a master key must be base64 text of 32 bytes") from None
    if len(key) != KEY_BYTES:
        raise MasterKeyError(
            f"a master key must be 32 bytes, this one has {len(key)};"
            " make one with: openssl rand -base64 32"
        )
    return key


class LocalKeyWrapper:
    """The `KeyWrapper` whose master keys lie in this process's memory."""

    def __init__(self, keys: Sequence[bytes] = (), *, file: Path | None = None) -> None:
        self._given = list(keys)
        self._file = file
        self._stamp: tuple[int, int, int] | None = None
        self._ciphers: dict[str, AESGCM] = {}
        self._current = ""
        self._load()

    @property
    def known_ids(self) -> frozenset[str]:
        """Master keys that can unwrap here."""
        return frozenset(self._ciphers)

    async def current_id(self) -> str:
        self._reload()
        return self._current

    async def wrap(self, key: bytes, context: bytes) -> WrappedKey:
        self._reload()
        nonce = os.urandom(NONCE_BYTES)
        blob = nonce + self._ciphers[self._current].encrypt(nonce, key, context)
        return WrappedKey(self._current, blob)

    async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        if wrapped.master_key_id not in self._ciphers:
            self._reload()
        cipher = self._ciphers.get(wrapped.master_key_id)
        if cipher is None:
            raise UnknownMasterKeyError(
                f"Content is sealed under the master key {wrapped.master_key_id}, which is neither"
                " VECTAL_MASTER_KEY nor among VECTAL_PREVIOUS_MASTER_KEYS nor in the key file."
            )
        try:
            return cipher.decrypt(wrapped.blob[:NONCE_BYTES], wrapped.blob[NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise UnreadableError from None

    def _reload(self) -> None:
        if self._file is not None and _stamp(self._file) != self._stamp:
            self._load()

    def _load(self) -> None:
        keys = list(self._given)
        if self._file is not None:
            self._stamp = _stamp(self._file)
            keys = read_key_file(self._file) + keys
        if not keys:
            raise MasterKeyError("no master key was given")
        self._ciphers = {identify(key): AESGCM(key) for key in keys}
        self._current = identify(keys[0])


def load_key_wrapper(settings: Settings) -> LocalKeyWrapper:
    """The wrapper that the settings ask for; makes the data folder's key file on first use."""
    previous = [parse_key(key.get_secret_value()) for key in settings.previous_master_keys]
    if settings.master_key is not None:
        return LocalKeyWrapper([parse_key(settings.master_key.get_secret_value()), *previous])
    file = settings.master_key_file
    if file is None:
        file = settings.data_dir.expanduser() / FILE_NAME
        create_key_file(file)
    return LocalKeyWrapper(previous, file=file)


def read_key_file(path: Path) -> list[bytes]:
    """The keys of a file, the current one first."""
    try:
        if path.stat().st_size > _FILE_LIMIT:
            raise MasterKeyError(f"{path} is no key file: it is larger than 64 KiB")
        lines = path.read_text("ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise MasterKeyError(f"the master key file {path} can't be read: {error}") from error
    if not lines:
        raise MasterKeyError(f"the master key file {path} is empty; restore it from a backup")
    try:
        keys = [parse_key(line) for line in lines]
    except MasterKeyError as error:
        raise MasterKeyError(f"{path}: {error}") from None
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        _log.warning("crypto.key_file_is_open_to_others", file=str(path))
    return keys


def create_key_file(path: Path) -> bool:
    """Make a key file readable by its owner alone, unless there is one; True when it was made.

    Two processes that start together end up with one key: the file appears whole or not at all.
    """
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _write_draft(path, [new_key()])
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    _log.info("crypto.key_file_created", file=str(path))
    return True


def add_key(path: Path) -> str:
    """Put a new current key before those of a file; return its id."""
    key = new_key()
    _replace(path, [key, *read_key_file(path)])
    return identify(key)


def forget_old_keys(path: Path) -> int:
    """Leave only the current key in a file; return how many went."""
    keys = read_key_file(path)
    if len(keys) > 1:
        _replace(path, keys[:1])
    return len(keys) - 1


def _replace(path: Path, keys: Sequence[bytes]) -> None:
    draft = _write_draft(path, keys)
    owner = path.stat()
    if os.geteuid() == 0:
        os.chown(draft, owner.st_uid, owner.st_gid)
    draft.replace(path)


def _write_draft(path: Path, keys: Sequence[bytes]) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(b"".join(base64.b64encode(key) + b"\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    return draft


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
