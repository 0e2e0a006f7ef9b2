"""Every outcome is counted under a name that stays the same."""

from datetime import timedelta

from pipeline.ports import DEAD_LETTERS
from pipeline.run.metrics import GROUPS, INDEXING, REDRIVE, Metrics, metrics, new_metrics


def sample(of: Metrics, name: str, **labels: str) -> float | None:
    return of.registry.get_sample_value(f"onrecord_{name}", labels)


class Behind:
    """A backlog that is three records behind everywhere."""

    def lag(self, topic: str, group: str) -> int:
        assert (topic, group) in (*GROUPS, *INDEXING, (DEAD_LETTERS, REDRIVE))
        return 3


def test_every_known_outcome_starts_at_zero() -> None:
    own = new_metrics()
    assert sample(own, "articles_total", outcome="dead-lettered") == 0
    assert sample(own, "statements_total", verdict="changed") == 0
    assert sample(own, "alerts_total") == 0
    assert sample(own, "polls_total", outcome="unchanged") == 0


def test_counts_add_up() -> None:
    own = new_metrics()
    own.count("deliveries", "done")
    own.count("deliveries", "done", 2)
    own.count("quotes", amount=5)
    assert sample(own, "deliveries_total", outcome="done") == 3
    assert sample(own, "quotes_total") == 5


def test_counts_of_the_steps_find_their_counters() -> None:
    own = new_metrics()
    own.count_steps({"indexed": 2, "duplicate": 1, "new": 3, "posted": 3, "dead-lettered alerts": 1})
    assert sample(own, "articles_total", outcome="indexed") == 2
    assert sample(own, "statements_total", verdict="new") == 3
    assert sample(own, "unreadable_total", topic="alerts") == 1


def test_durations_fall_into_buckets_and_are_never_negative() -> None:
    own = new_metrics()
    own.time("alert", timedelta(milliseconds=600))
    own.time("alert", timedelta(seconds=-5))
    assert sample(own, "alert_seconds_bucket", le="0.5") == 1
    assert sample(own, "alert_seconds_bucket", le="0.75") == 2
    assert sample(own, "alert_seconds_sum") == 0.6
    assert sample(own, "delivery_seconds_count") == 0


def test_gauges_show_lag_and_health() -> None:
    own = new_metrics()
    own.measure(Behind(), {"healthy": 2, "failing": 1})
    assert sample(own, "lag_records", topic="articles", group="extract") == 3
    assert sample(own, "lag_records", topic="decisions", group="index") == 3
    assert sample(own, "feeds", health="failing") == 1


def test_exposition_is_what_prometheus_scrapes() -> None:
    own = new_metrics()
    own.count("articles", "indexed")
    assert 'onrecord_articles_total{outcome="indexed"} 1.0\n' in own.exposition().decode()


def test_a_process_has_one_registry() -> None:
    assert metrics() is metrics()
    assert new_metrics() is not metrics()


def test_the_index_of_a_cluster_is_measured_with_the_age_of_its_snapshot() -> None:
    own = new_metrics()
    own.measure_index(7_000, timedelta(hours=2))
    own.measure_index(8_000, None)
    shown = own.exposition().decode()
    assert "onrecord_index_bytes 8000.0" in shown
    assert "onrecord_snapshot_age_seconds 7200.0" in shown
