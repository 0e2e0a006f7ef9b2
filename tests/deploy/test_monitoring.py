"""Dashboard and alert rules ask for what is measured, with labels that it has."""

import json
import re
import subprocess
from collections import defaultdict
from typing import get_args

import yaml
from prometheus_client.parser import text_string_to_metric_families

from pipeline.feeds.health import Condition
from pipeline.roles import Role, port_of
from pipeline.run.metrics import new_metrics
from tests.deploy.files import DEPLOY, compose, kustomized, manifests, text

OF_PROMETHEUS = {"up": {"job": {"onrecord"}, "role": {"web"}, "instance": set[str]()}}
_SELECTOR = re.compile(r"\b((?:onrecord|process)_\w+|up\b)(?:\{([^}]*)\})?")
_LABEL = re.compile(r'(\w+)(=~|!=|=)"([^"]*)"')


class NoLag:
    """A backlog with nothing in it."""

    def lag(self, topic: str, group: str) -> int:
        return 0


def measured() -> dict[str, dict[str, set[str]]]:
    """Every series with its labels and their values."""
    own = new_metrics()
    own.measure(NoLag(), dict.fromkeys(get_args(Condition), 0))
    result: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for family in text_string_to_metric_families(own.exposition().decode()):
        for sample in family.samples:
            for label, value in {**sample.labels, "job": "onrecord"}.items():
                result[sample.name][label].add(value)
    return {**result, **OF_PROMETHEUS}


def rules() -> list[dict[str, object]]:
    (group,) = yaml.safe_load(text("prometheus/alerts.yml"))["groups"]
    result: list[dict[str, object]] = group["rules"]
    return result


def asked() -> list[str]:
    panels = json.loads(text("grafana/dashboards/onrecord.json"))["panels"]
    return [
        *(str(rule["expr"]) for rule in rules()),
        *(target["expr"] for panel in panels for target in panel["targets"]),
    ]


def test_every_queried_series_is_a_metric() -> None:
    series = measured()
    selectors = [(expression, *result) for expression in asked() for result in _SELECTOR.findall(expression)]
    assert len(selectors) > 30
    for expression, name, labels in selectors:
        assert name in series, expression
        for label, operator, expected in _LABEL.findall(labels):
            values = series[name][label]
            matching = re.compile(expected) if operator == "=~" else re.compile(re.escape(expected))
            assert any(matching.fullmatch(value) for value in values), expression


def test_lag_latency_dead_letters_and_silence_are_watched() -> None:
    watched = " ".join(str(rule["expr"]) for rule in rules())
    for name in ("lag_records", "alert_seconds", "delivery_seconds", 'topic="dead-letters"', 'health="silent"'):
        assert name in watched


def test_every_rule_has_a_summary_of_the_problem() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert rule["labels"] in ({"severity": "warning"}, {"severity": "critical"})
        assert isinstance(rule["annotations"], dict)
        assert rule["annotations"]["summary"]


def test_every_role_is_scraped_where_it_listens() -> None:
    (scrape,) = yaml.safe_load(text("prometheus/prometheus.yml"))["scrape_configs"]
    (result,) = scrape["dns_sd_configs"]
    assert set(result["names"]) == {"poller", "job-pod", "deliverer", "web"} <= set(compose()["services"])
    assert result["port"] == port_of([Role.WEB])
    assert scrape["authorization"] == {"credentials_file": "/run/secrets/web_token"}
    assert "web_token" in compose()["services"]["prometheus"]["secrets"]


def test_the_dashboard_finds_its_source() -> None:
    (source,) = yaml.safe_load(text("grafana/provisioning/datasources/prometheus.yaml"))["datasources"]
    (provider,) = yaml.safe_load(text("grafana/provisioning/dashboards/onrecord.yaml"))["providers"]
    assert source["url"] == "http://prometheus:9090"
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in compose()["services"]["grafana"]["volumes"]
    panels = json.loads(text("grafana/dashboards/onrecord.json"))["panels"]
    assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_the_rules_are_the_same_for_the_operator_of_kubernetes() -> None:
    printed = subprocess.run([DEPLOY / "prometheus" / "rules"], check=True, capture_output=True)
    created = yaml.safe_load(printed.stdout)
    assert (created["kind"], created["metadata"]["namespace"]) == (
        "PrometheusRule",
        kustomized("monitoring")["namespace"],
    )
    assert created["spec"] == yaml.safe_load(text("prometheus/alerts.yml"))


def test_the_operator_sets_the_requested_labels() -> None:
    pods = next(each for each in manifests("monitoring") if each["metadata"]["name"] == "onrecord")
    (endpoint,) = pods["spec"]["podMetricsEndpoints"]
    provided = {each["targetLabel"]: each for each in endpoint["relabelings"]}
    assert provided["job"]["replacement"] == "onrecord"
    assert provided["role"]["sourceLabels"] == ["__meta_kubernetes_pod_label_app_kubernetes_io_component"]
    assert endpoint["path"] == "/metrics"
