"""Tracing is off until a collector is named, and speaks W3C headers when on."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from vectal.platform.telemetry.tracing import (
    Tracing,
    continue_trace,
    current_trace_ids,
    inject_trace,
    span,
    start_tracing,
)


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    made = InMemorySpanExporter()
    tracing = start_tracing(None, process="test", version="0", exporter=made)
    yield made
    tracing.stop()


def test_off_by_default() -> None:
    tracing: Tracing = start_tracing(None, process="test", version="0")
    headers: dict[str, str] = {}
    with span("nothing"):
        inject_trace(headers)
        assert current_trace_ids() == ("", "")
    assert headers == {}
    tracing.stop()


def test_a_span_goes_on_across_processes() -> None:
    exporter = InMemorySpanExporter()
    tracing = start_tracing(None, process="test", version="0", exporter=exporter)
    headers: dict[str, str] = {}
    with span("caller", {"kind": "test"}):
        caller = current_trace_ids()
        inject_trace(headers)
    with continue_trace({"Traceparent": headers["traceparent"]}, "callee"):
        assert current_trace_ids()[0] == caller[0]
    tracing.stop()
    assert [finished.name for finished in exporter.get_finished_spans()] == ["caller", "callee"]


def test_a_hostile_header_starts_a_new_trace(exporter: InMemorySpanExporter) -> None:
    del exporter
    for header in ("", "00-zz-zz-01", "x" * 100_000):
        with continue_trace({"traceparent": header}, "callee"):
            assert current_trace_ids()[0] != ""
