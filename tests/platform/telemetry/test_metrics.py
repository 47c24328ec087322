"""Metrics have one naming rule and no label without a bound."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from vectal.platform.telemetry import REGISTRY, counter, gauge, histogram, render_metrics
from vectal.platform.telemetry.metrics import tallies, timings


def test_metrics_are_rendered_for_a_scraper() -> None:
    counter("teststage_events", "Events of a test.", ["outcome"]).labels("ok").inc(2)
    gauge("teststage_depth", "Depth of a test.").set(3)
    histogram("teststage_wait_seconds", "Waits of a test.").observe(0.2)
    body, content_type = render_metrics()
    families = {family.name: family for family in text_string_to_metric_families(body.decode())}
    assert families["vectal_teststage_events"].samples[0].value == 2
    assert families["vectal_teststage_depth"].samples[0].value == 3
    assert "vectal_teststage_wait_seconds" in families
    assert content_type.startswith("text/plain")


@pytest.mark.parametrize("name", ["Events_total", "events", "events-total", "vectal events_total"])
def test_a_name_must_follow_the_rule(name: str) -> None:
    with pytest.raises(ValueError, match="metric name"):
        counter(name, "no")


@pytest.mark.parametrize("label", ["user_id", "path", "email", "api_key"])
def test_a_label_must_have_a_bound(label: str) -> None:
    with pytest.raises(ValueError, match="bound"):
        gauge("teststage_unbounded_depth", "no", [label])


def test_what_is_counted_aside_is_told_to_whoever_reads() -> None:
    line_of = tallies(counter("teststage_aside", "Events of a test.", ["outcome"]))
    seconds_of = timings("teststage_aside_seconds", "Waits of a test.", ["outcome"])
    for _ in range(3):
        line_of("ok").inc()
        seconds_of("ok").observe(0.2)
    line_of("ok").inc(4)
    labels = {"outcome": "ok"}
    assert REGISTRY.get_sample_value("vectal_teststage_aside_total", labels) == 7
    assert REGISTRY.get_sample_value("vectal_teststage_aside_seconds_count", labels) == 3
    assert REGISTRY.get_sample_value("vectal_teststage_aside_total", labels) == 7


def test_tallies_of_the_same_labels_are_one() -> None:
    line_of = tallies(counter("teststage_same", "Events of a test.", ["outcome"]))
    assert line_of("ok") is line_of("ok")
    assert line_of("ok") is not line_of("bad")
