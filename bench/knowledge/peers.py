"""The same files through markitdown and unstructured, each in a process of its own.

They live in an environment of their own that BENCH_KNOWLEDGE names, or that `install` makes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HOME: Final = Path(".venv-bench/knowledge")
_PACKAGES: Final = (
    "markitdown[pdf,docx,pptx,xlsx]",
    "unstructured[docx,pptx,xlsx,md,pdf]",
)
_PROGRAMS: Final = {
    "markitdown": """
from markitdown import MarkItDown
convert = MarkItDown().convert
def read(path):
    return convert(path).text_content
""",
    "unstructured": """
from unstructured.partition.auto import partition
def read(path):
    return "\\n".join(str(element) for element in partition(path, strategy="fast"))
""",
}
_READ: Final = """
import resource, sys, time
path = sys.argv[1]
{program}
begin = time.perf_counter()
text = read(path)
took = time.perf_counter() - begin
print("FIGURES", took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(text))
"""


@dataclass(frozen=True)
class Reading:
    seconds: float
    """Of reading alone: what it takes to start and to import is left out."""
    peak_kib: int
    chars: int


def peer_python() -> Path | None:
    """The python that has the peers; None when nobody asked for them."""
    asked = os.environ.get("BENCH_KNOWLEDGE", "")
    if asked != "install":
        return Path(asked) if asked else None
    python = _HOME / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(_HOME)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *_PACKAGES], check=True)
    return python


def names() -> tuple[str, ...]:
    return tuple(_PROGRAMS)


def read(python: Path, name: str, path: Path) -> Reading | None:
    """None when it can't, or takes over five minutes."""
    code = _READ.format(program=_PROGRAMS[name])
    try:
        done = subprocess.run(
            [str(python), "-c", code, str(path)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    for line in done.stdout.splitlines():
        if line.startswith("FIGURES "):
            _, seconds, peak, chars = line.split()
            return Reading(float(seconds), int(peak), int(chars))
    return None
