"""Telemetry: what the process says about itself, as logs, metrics, traces and health.

Owns the three vendor libraries behind it, the names of metrics and the redaction of secrets;
refuses to know any business word, and sends nothing away unless an operator names a collector.
"""

from vectal.platform.telemetry.logs import (
    Logger,
    bind_log_context,
    configure_logging,
    get_logger,
    is_logged,
    reset_logging,
)
from vectal.platform.telemetry.metrics import (
    REGISTRY,
    Tally,
    counter,
    gauge,
    histogram,
    render_metrics,
)

__all__ = [
    "REGISTRY",
    "Logger",
    "Tally",
    "bind_log_context",
    "configure_logging",
    "counter",
    "gauge",
    "get_logger",
    "histogram",
    "is_logged",
    "render_metrics",
    "reset_logging",
]
