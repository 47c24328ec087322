"""The packed PostgreSQL for arm64: a program with three archives in it."""

import io
import tarfile
from pathlib import Path

import pytest

from vectal.platform.embedded import pg0
from vectal.platform.embedded.errors import ExitCode, OperatorError

POSTGRES = {
    "postgresql-18/bin/postgres": b"postgres",
    "postgresql-18/bin/initdb": b"initdb",
    "postgresql-18/share/postgres.bki": b"bki",
}
VECTOR = {
    "pgvector-pg18/lib/vector.so": b"vector",
    "pgvector-pg18/share/extension/vector.control": b"control",
}
LIBRARIES = {"libicuuc.so.70.1": b"icu"}


def _archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755 if "/bin/" in name else 0o644
            member.uid = member.gid = 1001
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _program(tmp_path: Path, *archives: dict[str, bytes]) -> Path:
    program = tmp_path / "pg0"
    looks_like_one = b"\x1f\x8b\x08 but is none"
    packed = b"machine code".join(map(_archive, archives))
    program.write_bytes(b"\x7fELF" + looks_like_one + packed + looks_like_one)
    return program


def test_three_archives_become_one_tree(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "postgres"
    pg0.unpack(_program(tmp_path, VECTOR, POSTGRES, LIBRARIES), target)
    assert (target / "bin" / "postgres").read_bytes() == b"postgres"
    assert (target / "bin" / "postgres").stat().st_mode & 0o777 == 0o755
    assert (target / "lib" / "vector.so").read_bytes() == b"vector"
    assert (target / "lib" / "libicuuc.so.70").read_bytes() == b"icu"
    assert (target / "share" / "extension" / "vector.control").exists()
    assert list(target.parent.iterdir()) == [target]


def test_a_package_that_has_changed_is_refused_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "postgres"
    with pytest.raises(OperatorError, match="does not hold the PostgreSQL") as raised:
        pg0.unpack(_program(tmp_path, POSTGRES), target)
    assert raised.value.exit_code == ExitCode.BINARY_MISSING
    assert list(target.parent.iterdir()) == []


def test_no_file_leaves_the_folder(tmp_path: Path) -> None:
    evil = {"x/../../../escaped": b"evil"}
    pg0.unpack(_program(tmp_path, evil, VECTOR, POSTGRES), tmp_path / "a" / "b" / "postgres")
    assert list(tmp_path.rglob("escaped")) == []
