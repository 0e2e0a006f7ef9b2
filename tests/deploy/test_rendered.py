"""The manifests as kubectl renders them, bases, overlays and patches laid over each other."""

from typing import Any

import pytest

from pipeline.roles import Role, port_of
from tests.deploy.files import OVERLAYS, rendered, validate, variables

pytestmark = [pytest.mark.kubectl, pytest.mark.slow]

OURS = ("v1", "apps/v1", "policy/v1", "networking.k8s.io/v1")  # of Kubernetes itself; the others are of operators


def of_kind(folder: str, kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in rendered(folder) if each["kind"] == kind}


def pods(folder: str) -> dict[str, dict[str, Any]]:
    """The templates of the pods of our roles."""
    return {name: each["spec"]["template"] for name, each in of_kind(folder, "Deployment").items()}


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Return whether a selector with `matchLabels`, or a service's, takes what has the labels."""
    return bool(selector.get("matchLabels", selector).items() <= labels.items())


@pytest.mark.parametrize("folder", OVERLAYS)
def test_rendered_manifests_follow_the_schemas_of_kubernetes(folder: str) -> None:
    own = [each for each in rendered(folder) if each["apiVersion"] in OURS]
    for resource in own:
        validate(resource)
    assert len(own) > 12


def test_pods_of_operators_follow_the_schemas_of_kubernetes() -> None:
    flink = of_kind("operators", "FlinkDeployment")["onrecord-flink"]["spec"]
    index = of_kind("operators", "Elasticsearch")["onrecord"]["spec"]
    for template in (flink["podTemplate"], flink["taskManager"]["podTemplate"], index["nodeSets"][0]["podTemplate"]):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any"}, **template}
        validate(pod)


@pytest.mark.parametrize("folder", OVERLAYS)
def test_every_object_is_in_one_namespace_and_its_references_exist(folder: str) -> None:
    assert {each["metadata"]["namespace"] for each in rendered(folder)} == {"onrecord"}
    created = of_kind(folder, "ConfigMap")
    for name, pod in pods(folder).items():
        spec = pod["spec"]
        for container in (*spec["containers"], *spec.get("initContainers", ())):
            assert {each["configMapRef"]["name"] for each in container.get("envFrom", ())} <= set(created), name
            assert {mount["name"] for mount in container["volumeMounts"]} <= {each["name"] for each in spec["volumes"]}
        assert {each["configMap"]["name"] for each in spec["volumes"] if "configMap" in each} <= set(created)
        assert spec["serviceAccountName"] in of_kind(folder, "ServiceAccount")


@pytest.mark.parametrize("folder", OVERLAYS)
def test_selectors_match_the_intended_pods(folder: str) -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(folder).items()}
    for kind in ("Deployment", "PodDisruptionBudget", "Service"):
        for name, each in of_kind(folder, kind).items():
            taken = {role for role, own in labels.items() if selects(each["spec"]["selector"], own)}
            assert taken == {name}, kind
    policies = {name: each["spec"]["podSelector"] for name, each in of_kind(folder, "NetworkPolicy").items()}
    assert all(selects(policies["onrecord"], own) for own in labels.values())
    assert [name for name, own in labels.items() if selects(policies["web"], own)] == ["web"]
    (outside,) = policies["outside"]["matchExpressions"]
    assert set(outside["values"]) == set(labels) - {"job"}


@pytest.mark.parametrize("folder", OVERLAYS)
def test_base_and_overlay_form_valid_settings(folder: str) -> None:
    assert of_kind(folder, "ConfigMap")["onrecord-settings"]["data"] == variables("base") | variables(folder)


def test_patches_add_to_the_roles_and_remove_nothing() -> None:
    for name, pod in pods("operators").items():
        (own,) = pod["spec"]["containers"]
        assert own["args"] == ["run", "--role", name]
        mounted = {mount["mountPath"] for mount in own["volumeMounts"]}
        assert mounted == {"/run/secrets/onrecord", "/run/secrets/servers", "/tmp", "/var/lib/onrecord"}
    first, server, expansion = pods("operators")["job"]["spec"]["initContainers"]
    alone, expansion_alone = pods("external")["job"]["spec"]["initContainers"]
    assert first["name"] == "end-jobs"  # before the server, which would hand the next job over beside it
    assert server["args"] == [*alone["args"], f"--flink-master={first['command'][-1]}"]
    assert {**server, "args": alone["args"]} == alone
    assert expansion == expansion_alone
    assert "/run/secrets/servers" in {mount["mountPath"] for mount in server["volumeMounts"]}


def test_prometheus_finds_the_metrics_of_every_role() -> None:
    monitors = {name: each["spec"] for name, each in of_kind("monitoring", "PodMonitor").items()}
    (endpoint,) = monitors["onrecord"]["podMetricsEndpoints"]
    flink, workers = monitors["flink"]["podMetricsEndpoints"]
    for folder in OVERLAYS:
        assert set(pods(folder)) == set(Role)
        for pod in pods(folder).values():
            assert selects(monitors["onrecord"]["selector"], pod["metadata"]["labels"])
            ports = {port["name"]: port["containerPort"] for port in pod["spec"]["containers"][0]["ports"]}
            assert ports[endpoint["port"]] == port_of([Role.WEB])
            secrets = {each["secret"]["secretName"] for each in pod["spec"]["volumes"] if "secret" in each}
            assert endpoint["authorization"]["credentials"]["name"] in secrets
            key = endpoint["authorization"]["credentials"]["key"]
            own = {each["name"]: each["value"] for each in pod["spec"]["containers"][0]["env"]}
            assert own["ONRECORD_WEB__TOKEN_FILE"].endswith(f"/{key}")
    deployed = of_kind("operators", "FlinkDeployment")
    assert monitors["flink"]["selector"] == {"matchLabels": {"app": next(iter(deployed))}}
    shown = deployed["onrecord-flink"]["spec"]["podTemplate"]["spec"]["containers"][0]["ports"]
    assert [port["name"] for port in shown] == [flink["port"]]
    beside = deployed["onrecord-flink"]["spec"]["taskManager"]["podTemplate"]["spec"]["containers"][1]
    (port,) = beside["ports"]
    assert (port["name"], str(port["containerPort"])) == (workers["port"], beside["command"][-1])
