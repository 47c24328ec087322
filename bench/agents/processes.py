"""What processes have used."""

import os
from pathlib import Path


def cpu_s(pid: int) -> float:
    """Processor time of one process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
