"""The manifests: by Kubernetes's own schemas, and their parts agree with each other."""

from typing import Any

import kubernetes_validate
import pytest
import yaml

from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, DECISIONS, DOCUMENTS, QUOTES
from pipeline.run.roles import Role
from pipeline.settings import Settings
from tests.deploy.files import KUBERNETES, OVERLAYS, compose, kustomized, manifests, pods, variables

TOPICS = (ARTICLES, DOCUMENTS, QUOTES, DECISIONS, ALERTS, DEAD_LETTERS)
OF_OPERATORS = ("Elasticsearch", "FlinkDeployment", "Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser", "PodMonitor")
OWN = {"app.kubernetes.io/part-of": "onrecord"}


def of_kind(folder: str, kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each["spec"] for each in manifests(folder) if each["kind"] == kind}


def containers() -> list[dict[str, Any]]:
    """Every container of ours and of the job server."""
    return [each for _, pod in pods() for each in (*pod["containers"], *pod.get("initContainers", ()))]


@pytest.mark.slow
def test_they_follow_the_schemas_of_kubernetes() -> None:
    validated = 0
    for folder in ("base", "monitoring", *OVERLAYS):
        for resource in manifests(folder):
            if resource["kind"] not in OF_OPERATORS:
                kubernetes_validate.validate(resource, "1.34", strict=True)
                validated += 1
    assert validated > 12


@pytest.mark.parametrize("folder", ["base", "monitoring", *OVERLAYS])
def test_every_file_is_a_part(folder: str) -> None:
    kustomization = kustomized(folder)
    used = {name for name in kustomization["resources"] if name != "../base"}
    used |= {patch["path"] for patch in kustomization.get("patches", ())}
    for generator in kustomization.get("configMapGenerator", ()):
        used |= {*generator.get("envs", ()), *generator.get("files", ())}
    there = {path.name for path in (KUBERNETES / folder).iterdir()}
    assert there == used | {"kustomization.yaml"}


def test_every_role_has_a_deployment_with_a_grace_for_its_stop() -> None:
    assert set(of_kind("base", "Deployment")) == set(Role)
    for name, pod in pods():
        assert pod["terminationGracePeriodSeconds"] > 30, name
        assert pod["enableServiceLinks"] is False, name  # else Kubernetes makes variables that no settings are
        assert pod["securityContext"]["runAsNonRoot"] is True, name


def test_containers_may_do_little() -> None:
    for container in containers():
        own = container["securityContext"]
        assert own["readOnlyRootFilesystem"] is True
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        assert any(mount["mountPath"] == "/tmp" for mount in container["volumeMounts"])


def test_probes_ask_where_the_health_is() -> None:
    for name, pod in pods():
        container = pod["containers"][0]
        assert container["ports"] == [{"name": "http", "containerPort": Settings().web.port}]
        for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
            assert container[probe]["httpGet"] == {"path": path, "port": "http"}, name


def test_volumes_that_are_mounted_are_there() -> None:
    for name, pod in pods():
        mounted = {
            mount["name"]
            for each in (*pod["containers"], *pod.get("initContainers", ()))
            for mount in each["volumeMounts"]
        }
        assert mounted == {volume["name"] for volume in pod["volumes"]}, name


def test_secrets_are_those_that_are_made() -> None:
    named = {value for name, value in variables("base").items() if name.endswith("_FILE")}
    assert named == {f"/run/secrets/onrecord/{secret}" for secret in compose()["secrets"] if "grafana" not in secret}


def test_secrets_of_the_servers_are_where_the_settings_look_for_them() -> None:
    patch = yaml.safe_load((KUBERNETES / "operators" / "servers-patch.yaml").read_text())
    projected = patch["spec"]["template"]["spec"]["volumes"][0]["projected"]
    mounted = {
        f"/run/secrets/servers/{part['path']}" for each in projected["sources"] for part in each["secret"]["items"]
    }
    assert mounted == {value for value in variables("operators").values() if value.startswith("/run/secrets/servers/")}
    flink = of_kind("operators", "FlinkDeployment")["onrecord-flink"]
    volumes = flink["taskManager"]["podTemplate"]["spec"]["volumes"]
    assert projected in [volume.get("projected") for volume in volumes]


def test_servers_of_the_operators_have_the_names_that_the_settings_have() -> None:
    given = variables("operators")
    (kafka,) = of_kind("operators", "Kafka")
    (user,) = of_kind("operators", "KafkaUser")
    (index,) = of_kind("operators", "Elasticsearch")
    (flink,) = of_kind("operators", "FlinkDeployment")
    assert given["ONRECORD_KAFKA__BROKERS"] == f"{kafka}-kafka-bootstrap:9093"
    assert given["ONRECORD_KAFKA__USERNAME"] == user
    assert given["ONRECORD_ELASTICSEARCH__URL"] == f"https://{index}-es-http:9200"
    assert f"--flink-master={flink}-rest:8081" in (KUBERNETES / "operators" / "job-patch.yaml").read_text()


def test_checkpoints_have_a_folder_that_flink_may_write_to() -> None:
    """Without one it keeps them in memory, and no more than 5 MB of a step's state."""
    inside = dict(pods())["job"]["initContainers"][0]
    places = {mount["mountPath"] for mount in inside["volumeMounts"] if not mount.get("readOnly")}
    assert any(variables("external")["ONRECORD_JOB__CHECKPOINTS"].startswith(f"file://{place}/") for place in places)
    flink = of_kind("operators", "FlinkDeployment")["onrecord-flink"]
    mounts = flink["podTemplate"]["spec"]["containers"][0]["volumeMounts"]
    assert flink["flinkConfiguration"]["state.checkpoints.dir"] in {f"file://{each['mountPath']}" for each in mounts}


def test_the_job_has_as_many_slots_as_it_takes() -> None:
    flink = of_kind("operators", "FlinkDeployment")["onrecord-flink"]
    slots = int(flink["flinkConfiguration"]["taskmanager.numberOfTaskSlots"]) * flink["taskManager"]["replicas"]
    assert slots >= int(variables("operators")["ONRECORD_JOB__PARALLELISM"])


def test_policies_are_for_our_own_pods() -> None:
    policies = of_kind("base", "NetworkPolicy") | of_kind("external", "NetworkPolicy")
    assert policies["onrecord"]["podSelector"] == {"matchLabels": OWN}
    assert kustomized("base")["labels"][0]["pairs"].items() >= OWN.items()
    assert all(policy["podSelector"] for policy in policies.values())  # an empty one is for the servers too


def test_disruptions_leave_one_of_each_role_that_has_several() -> None:
    several = {name for name, spec in of_kind("base", "Deployment").items() if spec["replicas"] > 1}
    assert set(of_kind("base", "PodDisruptionBudget")) == several


@pytest.mark.servers  # kafka-python comes with the extra
def test_topics_are_made_as_the_log_makes_them() -> None:
    from connectors.kafka.cluster import KEPT

    kafka = Settings().kafka
    made = of_kind("operators", "KafkaTopic")
    assert set(made) == {f"{kafka.prefix}{topic}" for topic in TOPICS}
    for topic in made.values():
        assert topic["partitions"] == kafka.partitions
        config = {key: str(value) for key, value in topic["config"].items()}
        assert config == {**KEPT, "max.message.bytes": str(kafka.message_bytes)}
