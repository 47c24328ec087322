"""Make a PostgreSQL cluster, and refuse one that is not ours or not whole."""

import os
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vectal.platform.embedded.account import Account
from vectal.platform.embedded.binaries import Binary
from vectal.platform.embedded.errors import ExitCode, OperatorError, disk_full
from vectal.platform.embedded.folder import DataFolder, Passwords
from vectal.platform.embedded.spawn import Command, Finished, run

MAJOR = "18"
DATABASE = "vectal"
OWNER = "vectal_owner"
LOGIN = "vectal_login"
EXTENSIONS = ("vector", "pg_trgm", "btree_gist")
ILLEGAL_INSTRUCTION = (-4, 132)
"""How a death by SIGILL looks, from the child itself and through a shell."""
PROBE = "SELECT '[1]'::vector <=> '[2]'::vector"
"""A distance: the first thing that needs the newer instructions of the processor."""


@dataclass(frozen=True)
class Cluster:
    """The files of one PostgreSQL and the account that may read them."""

    data: DataFolder
    account: Account
    binary: Binary
    fsync: bool = True

    @property
    def exists(self) -> bool:
        return self.data.cluster.exists()

    def check(self) -> None:
        """Refuse a folder that PostgreSQL 18 would fail on, before it does."""
        folder = self.data.cluster
        try:
            version = (folder / "PG_VERSION").read_text().strip()
            whole = (folder / "global" / "pg_control").exists()
        except FileNotFoundError as error:
            raise self._corrupt("It has no PG_VERSION, so it is no whole PostgreSQL.") from error
        except OSError as error:
            raise OperatorError(
                f"The database in {folder} cannot be read: {error.strerror}.",
                "Start Vectal as the user who made it, or choose another folder with "
                "VECTAL_DATA_DIR.",
                ExitCode.FOLDER_UNREADABLE,
            ) from error
        if version != MAJOR:
            raise self._corrupt(
                f"It was made by PostgreSQL {version}; this Vectal carries PostgreSQL {MAJOR}."
            )
        if not whole:
            raise self._corrupt("Its control file is missing.")

    def _corrupt(self, reason: str) -> OperatorError:
        folder = self.data.cluster
        return OperatorError(
            f"The database in {folder} cannot be started. {reason}",
            "Restore the folder from a backup, or move it away to begin anew:\n"
            f"  mv {folder} {folder}.old",
            ExitCode.FOLDER_CORRUPT,
        )

    async def create(self, passwords: Passwords) -> None:
        """Make the cluster beside its place and move it there whole, so no half ever stays."""
        fresh = self.data.cluster.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self.account.give(fresh)
        with self._password_file(passwords.superuser) as password_file:
            made = await self._run(fresh, "initdb", *self._initdb_options(fresh, password_file))
        self._judge(made, "make the database")
        await self.say(fresh, "postgres", _first_statements(passwords))
        await self.say(fresh, DATABASE, [f"CREATE EXTENSION {name}" for name in EXTENSIONS])
        await self.say(fresh, DATABASE, [PROBE])
        fresh.rename(self.data.cluster)

    async def reset_passwords(self, passwords: Passwords) -> None:
        """Set new passwords when the file that kept the old ones is gone."""
        roles = {
            "postgres": passwords.superuser,
            OWNER: passwords.owner,
            LOGIN: passwords.login,
        }
        statements = [f"ALTER ROLE {role} PASSWORD '{word}'" for role, word in roles.items()]
        await self.say(self.data.cluster, "postgres", statements)

    async def say(self, folder: Path, database: str, statements: Sequence[str]) -> None:
        """Run statements in a PostgreSQL of a single process that no one else can reach."""
        made = await self._run(
            folder,
            "postgres",
            *("--single", "-j", "-D", self.account.name_of(folder)),
            *("-c", "exit_on_error=true", "-c", "log_checkpoints=off"),
            *(() if self.fsync else ("-c", "fsync=off")),
            database,
            stdin="".join(f"{statement};\n\n" for statement in statements),
        )
        self._judge(made, "prepare the database")

    async def _run(self, folder: Path, program: str, *options: str, stdin: str = "") -> Finished:
        argv = (self.binary.programs / program, *options)
        command = Command(argv, self.account, folder, self.binary.environment)
        return await run(command, stdin=stdin)

    def _initdb_options(self, folder: Path, password_file: Path) -> list[str]:
        return [
            *("-D", self.account.name_of(folder)),
            *("--username=postgres", f"--pwfile={password_file}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            "--no-instructions",
            *(() if self.fsync else ("--no-sync",)),
        ]

    @contextmanager
    def _password_file(self, password: str) -> Generator[Path]:
        """A real file for initdb, in a place that its account reaches."""
        folder = Path(tempfile.mkdtemp(prefix="vectal-"))
        try:
            path = folder / "password"
            path.touch(mode=0o600)
            path.write_text(password + "\n")
            self.account.give(folder)
            yield path
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _judge(self, finished: Finished, purpose: str) -> None:
        judge(finished, purpose, self.data.path)


def judge(finished: Finished, purpose: str, folder: Path) -> None:
    """Turn a failure of a PostgreSQL program into words for the operator."""
    if finished.status == 0:
        return
    if finished.status in ILLEGAL_INSTRUCTION:
        raise OperatorError(
            "This processor lacks the AVX2 instructions that the embedded PostgreSQL needs.",
            "Start your own PostgreSQL 15 or newer with pgvector and name it with "
            "VECTAL_DATABASE_URL.",
            ExitCode.CPU_TOO_OLD,
        )
    if "No space left on device" in finished.output:
        raise disk_full(folder)
    last = os.linesep.join(finished.output.strip().splitlines()[-8:])
    raise OperatorError(
        f"The embedded PostgreSQL could not {purpose} (status {finished.status}):\n{last}",
        "docs/guides/run.md explains the usual causes; VECTAL_DATABASE_URL names your own server.",
        ExitCode.SERVER_FAILED,
    )


def _first_statements(passwords: Passwords) -> list[str]:
    return [
        f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{passwords.owner}'",
        f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{passwords.login}'",
        f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
        f"REVOKE CONNECT, TEMPORARY ON DATABASE {DATABASE} FROM PUBLIC",
        f"GRANT CONNECT, TEMPORARY ON DATABASE {DATABASE} TO {LOGIN}",
    ]
