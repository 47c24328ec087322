"""What `make` tells those whose machine lacks something. PATH holds only what a test puts there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "cat", "cksum", "dirname", "env", "find", "rm", "sh")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that the scripts read, and a PATH without Python and Node."""
    root, tools = tmp_path / "checkout", tmp_path / "bin"
    (root / "scripts").mkdir(parents=True)
    (root / "web").mkdir()
    for name in ("environment.sh", "web.sh"):
        shutil.copy(ROOT / "scripts" / name, root / "scripts")
    for name in ("uv.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name) or name)
    return root


def _provide(checkout: Path, name: str, script: str) -> None:
    program = checkout.parent / "bin" / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def _run(checkout: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own scripts
        [checkout / "scripts" / command[0], *command[1:]],
        env={"PATH": str(checkout.parent / "bin"), **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_missing_python_is_named(checkout: Path) -> None:
    _provide(checkout, "python3", "exit 1")  # as an older one answers
    said = _run(checkout, "environment.sh", "run")
    assert said.returncode == 1
    assert "Python 3.11 or newer is needed" in said.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_without_venv_is_named(checkout: Path) -> None:
    _provide(
        checkout, "python3", f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"'
    )
    said = _run(checkout, "environment.sh", "run")
    assert said.returncode == 1
    assert "apt-get install python3-venv" in said.stderr


def _provide_python(checkout: Path, name: str, pace: int) -> None:
    """One that says how fast it is, and makes no environment."""
    asked = f'case "$*" in *perf_counter*) echo {pace}; exit 0;; "-m venv"*) exit 1;; esac'
    _provide(checkout, name, f'{asked}\nexec {sys.executable} "$@"')


@pytest.mark.parametrize(
    ("usual", "other", "taken"),
    [(3000, 2000, "python3.11"), (3000, 2500, "python3"), (2000, 3000, "python3")],
)
def test_a_python_that_is_much_faster_is_taken(
    checkout: Path, usual: int, other: int, taken: str
) -> None:
    _provide_python(checkout, "python3", usual)
    _provide_python(checkout, "python3.11", other)
    said = _run(checkout, "environment.sh", "run")
    assert f"Making .venv with {checkout.parent}/bin/{taken}\n" in said.stdout, said.stderr


def test_the_python_that_somebody_names_is_taken(checkout: Path) -> None:
    _provide_python(checkout, "python3", 2000)
    _provide_python(checkout, "python3.11", 3000)
    named = str(checkout.parent / "bin" / "python3.11")
    said = _run(checkout, "environment.sh", "run", VECTAL_PYTHON=named)
    assert f"Making .venv with {named}\n" in said.stdout, said.stderr
    said = _run(checkout, "environment.sh", "run", VECTAL_PYTHON="/nowhere/python")
    assert said.returncode == 1
    assert "VECTAL_PYTHON is /nowhere/python" in said.stderr


def _make_environment(checkout: Path, *, stamped: str) -> None:
    """An environment that looks finished, and a uv that tells when it is called."""
    programs = checkout / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    (programs / "uv").write_text('#!/bin/sh\necho "uv $*"\n')
    (programs / "uv").chmod(0o755)
    _run(checkout, "environment.sh", stamped)


def test_a_warm_start_installs_nothing(checkout: Path) -> None:
    _make_environment(checkout, stamped="run")
    assert _run(checkout, "environment.sh", "run").stdout == ""
    with (checkout / "uv.lock").open("a") as lock:
        lock.write("\n")
    assert "uv sync --frozen" in _run(checkout, "environment.sh", "run").stdout


def test_what_serves_development_also_serves_to_run(checkout: Path) -> None:
    _make_environment(checkout, stamped="dev")
    assert _run(checkout, "environment.sh", "run").stdout == ""


def test_what_serves_to_run_does_not_serve_development(checkout: Path) -> None:
    _make_environment(checkout, stamped="run")
    said = _run(checkout, "environment.sh", "dev")
    assert "uv sync" in said.stdout
    assert "--no-dev" not in said.stdout


def test_no_web_app_is_no_obstacle(checkout: Path) -> None:
    for wanted in ("build", "lint", "test", "e2e"):
        assert _run(checkout, "web.sh", wanted).returncode == 0


def _make_web(checkout: Path, *, built: bool) -> Path:
    web = checkout / "web"
    (web / "src").mkdir()
    for name in ("package.json", "package-lock.json", "index.html", "src/main.tsx"):
        (web / name).touch()
    if built:
        (web / "dist").mkdir()
        (web / "dist" / "index.html").touch()
    return web


def _make_older(path: Path) -> None:
    for each in (path, *path.rglob("*")):
        os.utime(each, (1, 1))


def test_a_built_web_app_is_not_built_again(checkout: Path) -> None:
    web = _make_web(checkout, built=True)
    for name in ("src", "package-lock.json", "index.html"):
        _make_older(web / name)
    assert _run(checkout, "web.sh", "build").returncode == 0


@pytest.mark.parametrize("change", ["src/main.tsx", "src", "package-lock.json"])
def test_a_stale_web_app_needs_node_and_says_so(checkout: Path, change: str) -> None:
    web = _make_web(checkout, built=True)
    for name in ("src", "package-lock.json", "index.html"):
        _make_older(web / name)
    os.utime(web / change, (4_000_000_000, 4_000_000_000))
    said = _run(checkout, "web.sh", "build")
    assert said.returncode == 1
    assert "needs Node.js 20.19 or newer" in said.stderr


def test_without_chromium_the_browser_tests_say_what_is_missing(checkout: Path) -> None:
    web = _make_web(checkout, built=True)
    (web / "e2e").mkdir()
    (web / ".npmrc").touch()
    for name in ("npm", "node"):
        _provide(checkout, name, "mkdir -p node_modules 2>/dev/null; exit 0")
    (checkout.parent / "bin" / "mkdir").symlink_to(shutil.which("mkdir") or "mkdir")
    said = _run(checkout, "web.sh", "e2e")
    assert said.returncode == 1
    assert "apt-get install chromium" in said.stderr
