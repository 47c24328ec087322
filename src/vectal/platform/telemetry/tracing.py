"""Traces: OpenTelemetry, silent until an operator names a collector.

Without `VECTAL_OTEL_ENDPOINT` no provider is set, spans are no-ops and nothing is exported. The
W3C headers are written and read here, so that no other room knows the library.
"""

from collections.abc import Generator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

Attribute = str | bool | int | float
TRACE_HEADERS: Final = ("traceparent", "tracestate")

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_tracer: trace.Tracer = trace.NoOpTracer()


class Tracing:
    """The running exporter; `stop` sends what is left."""

    def __init__(self, provider: "TracerProvider | None") -> None:
        self._provider = provider

    def stop(self) -> None:
        global _tracer  # noqa: PLW0603 - the process has one tracer
        _tracer = trace.NoOpTracer()
        if self._provider is not None:
            self._provider.shutdown()


def start_tracing(
    endpoint: str | None, *, process: str, version: str, exporter: "SpanExporter | None" = None
) -> Tracing:
    """Export spans to `endpoint` (an OTLP/HTTP base address); None leaves tracing off."""
    global _tracer  # noqa: PLW0603 - the process has one tracer
    if endpoint is None and exporter is None:
        return Tracing(None)
    # The exporter alone costs a fifth of a second at start, and most never use it.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    resource = Resource.create(
        {"service.name": "vectal", "service.version": version, "vectal.process": process}
    )
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    address = f"{(endpoint or '').rstrip('/')}/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter(endpoint=address)))
    _tracer = provider.get_tracer("vectal", version)
    return Tracing(provider)


def is_tracing() -> bool:
    """Whether anybody wants spans; to make one that nobody wants costs more than asking."""
    return not isinstance(_tracer, trace.NoOpTracer)


@contextmanager
def span(name: str, attributes: Mapping[str, Attribute] | None = None) -> Generator[trace.Span]:
    """A span around the block; an exception marks it failed and goes on."""
    if isinstance(_tracer, trace.NoOpTracer):  # it would do the same, slowly
        yield trace.get_current_span()
        return
    with _tracer.start_as_current_span(name, attributes=attributes) as current:
        yield current


@contextmanager
def continue_trace(headers: Mapping[str, str], name: str) -> Generator[trace.Span]:
    """A span below the caller's, when its headers name one."""
    carrier = {key.lower(): value for key, value in headers.items() if key.lower() in TRACE_HEADERS}
    with _tracer.start_as_current_span(name, context=_PROPAGATOR.extract(carrier)) as current:
        yield current


def inject_trace(headers: MutableMapping[str, str]) -> None:
    """Add the W3C headers of the current span, when there is one."""
    _PROPAGATOR.inject(headers)


def current_trace_ids() -> tuple[str, str]:
    """Trace id and span id in hexadecimal, empty outside a span."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return "", ""
    return trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)
