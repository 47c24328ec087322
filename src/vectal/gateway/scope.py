"""What the edge and those behind it tell each other in the scope of a request."""

from __future__ import annotations

from typing import Final

STARTED: Final = "vectal.started"
"""When the request came, by `time.perf_counter`."""
OPERATION: Final = "vectal.operation"
"""What is asked, where no route of the framework tells."""
