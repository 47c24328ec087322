"""Requests made from the API document: no server error, no answer that breaks the document.

`VECTAL_FUZZ_SECONDS` says how long to go on; `make test` takes half a minute.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from tests.fixtures.tree import ROOT
from tests.fuzz.conftest import Target

HERE = Path(__file__).parent
SECONDS = int(os.environ.get("VECTAL_FUZZ_SECONDS", "30"))
SEED = os.environ.get("VECTAL_FUZZ_SEED", "1")


def _configured(target: Target, folder: Path) -> Path:
    """The settings of this folder, and what really is behind the doors."""
    lines = [(HERE / "schemathesis.toml").read_text(), "[parameters]"]
    lines += [f'"path.{name}" = "{value}"' for name, value in target.objects.items()]
    lines.append(f'"header.Vectal-Workspace" = "{target.workspace_id}"')
    path = folder / "schemathesis.toml"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.timeout(SECONDS + 600)
async def test_no_request_breaks_the_house(target: Target, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "schemathesis.cli",
        "--config-file",
        str(_configured(target, tmp_path)),
        "--no-color",
        "run",
        f"{target.url}/api/openapi.json",
        "--header",
        f"Authorization: Bearer {target.key}",
        "--phases=examples,coverage,fuzzing",
        "--checks=all",
        f"--max-time={SECONDS}",
        f"--seed={SEED}",
        "--request-timeout=20",
        "--suppress-health-check=all",
        "--generation-database=none",
        "--output-truncate=false",
        "--max-failures=20",
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.serializers", "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert "Traceback" not in target.log.read_text()
