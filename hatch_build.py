"""Ships the built web app inside wheel and sdist, building it first when it is not built."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

IN_WHEEL = "vectal/web"
"""Where `gateway/spa` looks when there is no checkout around it."""
IN_SDIST = "web/dist"


class WebAppHook(BuildHookInterface[Any]):
    """Runs before each build; an editable install serves `web/dist` of the checkout instead."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        built = Path(self.root) / "web" / "dist"
        if not (built / "index.html").exists():
            _build(built.parent)
        target = IN_WHEEL if self.target_name == "wheel" else IN_SDIST
        build_data["force_include"][str(built)] = target
        models = Path(self.root) / "config" / "models.toml"
        if self.target_name == "wheel" and models.exists():
            build_data["force_include"][str(models)] = "vectal/config/models.toml"


def _build(web: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        msg = (
            "The web app is not built and there is no npm on PATH. Run `make web` first, "
            "or install Node.js 20.19 or newer."
        )
        raise RuntimeError(msg)
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([npm, *arguments], cwd=web, check=True)  # noqa: S603 - our own build
