"""Metrics have one naming rule and no label without a bound."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from vectal.platform.telemetry import counter, gauge, histogram, render_metrics


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
