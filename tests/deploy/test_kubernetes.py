"""The manifests: by Kubernetes's own schemas, and their parts agree with each other."""

from typing import Any

import pytest
import yaml

from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, DECISIONS, DOCUMENTS, PUSHES, QUOTES
from pipeline.roles import Role, port_of
from pipeline.run.metrics import GROUPS
from pipeline.settings import Settings
from tests.deploy.files import (
    KUBERNETES,
    OVERLAYS,
    compose,
    container_variables,
    environment,
    kustomized,
    manifests,
    pods,
    validate,
    variables,
)

TOPICS = (ARTICLES, DOCUMENTS, QUOTES, DECISIONS, ALERTS, DEAD_LETTERS)
OF_OPERATORS = ("Elasticsearch", "FlinkDeployment", "Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser", "PodMonitor")
OWN = {"app.kubernetes.io/part-of": "onrecord"}


def of_kind(folder: str, kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each["spec"] for each in manifests(folder) if each["kind"] == kind}


def containers() -> list[dict[str, Any]]:
    """Every container of ours and of the job server."""
    return [each for _, pod in pods() for each in (*pod["containers"], *pod.get("initContainers", ()))]


@pytest.mark.slow
def test_manifests_follow_the_schemas_of_kubernetes() -> None:
    validated = 0
    for folder in ("base", "monitoring", *OVERLAYS):
        for resource in manifests(folder):
            if resource["kind"] not in OF_OPERATORS:
                validate(resource)
                validated += 1
    assert validated > 12


@pytest.mark.parametrize("folder", ["base", "monitoring", *OVERLAYS])
def test_every_file_is_in_a_kustomization(folder: str) -> None:
    kustomization = kustomized(folder)
    used = {name for name in kustomization["resources"] if name != "../base"}
    used |= {patch["path"] for patch in kustomization.get("patches", ())}
    for generator in kustomization.get("configMapGenerator", ()):
        used |= {*generator.get("envs", ()), *generator.get("files", ())}
    used |= {name for generator in kustomization.get("secretGenerator", ()) for name in generator["files"]}
    there = {path.name for path in (KUBERNETES / folder).iterdir()}
    assert there == used | {"kustomization.yaml"}


def test_every_role_has_a_deployment_with_a_grace_for_its_stop() -> None:
    assert set(of_kind("base", "Deployment")) == set(Role)
    for name, pod in pods():
        assert pod["terminationGracePeriodSeconds"] > 30, name
        assert pod["enableServiceLinks"] is False, name  # else Kubernetes makes variables that no settings are
        assert pod["securityContext"]["runAsNonRoot"] is True, name


def test_containers_have_no_privileges() -> None:
    for container in containers():
        own = container["securityContext"]
        assert own["readOnlyRootFilesystem"] is True
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        assert any(mount["mountPath"] == "/tmp" for mount in container["volumeMounts"])


def test_probes_use_the_port_of_the_health_checks() -> None:
    for name, pod in pods():
        container = pod["containers"][0]
        assert container["ports"] == [{"name": "http", "containerPort": port_of([Role.WEB])}]
        for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
            assert container[probe]["httpGet"] == {"path": path, "port": "http"}, name


def test_every_mounted_volume_exists() -> None:
    for name, pod in pods():
        mounted = {
            mount["name"]
            for each in (*pod["containers"], *pod.get("initContainers", ()))
            for mount in each["volumeMounts"]
        }
        assert mounted == {volume["name"] for volume in pod["volumes"]}, name


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("role", Role)
def test_a_role_has_the_secrets_that_it_needs_and_no_others(role: Role, overlay: str) -> None:
    mounted = {f"/run/secrets/onrecord/{item['key']}" for item in own_secrets(role)}
    named = {value for value in environment(role, overlay).values() if value.startswith("/run/secrets/onrecord/")}
    assert named == mounted
    created = {f"/run/secrets/onrecord/{secret}" for secret in compose()["secrets"]}
    assert mounted <= created
    shared = {"web_token", "web_secret", "webhook_secret"}
    own = {
        Role.POLLER: shared,
        Role.JOB: {"web_token"},
        Role.DELIVERER: {*shared, "push_key"},
        Role.WEB: {*shared, "push_key", "oidc_secret"},
    }
    assert {path.rpartition("/")[2] for path in mounted} == own[role]


def own_secrets(role: str) -> list[dict[str, str]]:
    (volume,) = [volume for volume in dict(pods())[role]["volumes"] if volume["name"] == "secrets"]
    items: list[dict[str, str]] = volume["secret"]["items"]
    return items


@pytest.mark.parametrize("role", Role)
def test_server_secrets_are_mounted_at_the_paths_of_the_settings(role: Role) -> None:
    projected = servers_of(role)
    mounted = {
        f"/run/secrets/servers/{part['path']}" for each in projected["sources"] for part in each["secret"]["items"]
    }
    named = {value for value in environment(role, "operators").values() if value.startswith("/run/secrets/servers/")}
    assert mounted == named
    secrets = [each["secret"]["name"] for each in projected["sources"]]
    assert f"onrecord-{role}" in secrets  # of Kafka, by Strimzi
    assert ("onrecord-es-job" if role == "job" else "onrecord-es-reader") in secrets
    assert not [name for name in secrets if "elastic-user" in name]  # the superuser's


def servers_of(role: str) -> dict[str, Any]:
    patch = yaml.safe_load((KUBERNETES / "operators" / f"{role}-patch.yaml").read_text())
    projected: dict[str, Any] = patch["spec"]["template"]["spec"]["volumes"][0]["projected"]
    return projected


def worker() -> dict[str, Any]:
    """The pod of the workers beside Flink."""
    flink = of_kind("operators", "FlinkDeployment")["onrecord-flink"]
    spec: dict[str, Any] = flink["taskManager"]["podTemplate"]["spec"]
    return spec


def test_workers_beside_flink_have_only_the_job_s_secrets_for_servers() -> None:
    assert servers_of("job") in [volume.get("projected") for volume in worker()["volumes"]]
    assert "onrecord-secrets" not in str(worker())
    assert container_variables(worker()["containers"][1]) == {
        name: value for name, value in environment("job", "operators").items() if name.endswith("__USERNAME")
    }


def test_operators_name_servers_as_the_settings_do() -> None:
    provided = variables("operators")
    (kafka,) = of_kind("operators", "Kafka")
    (index,) = of_kind("operators", "Elasticsearch")
    (flink,) = of_kind("operators", "FlinkDeployment")
    assert provided["ONRECORD_KAFKA__BROKERS"] == f"{kafka}-kafka-bootstrap:9093"
    assert provided["ONRECORD_ELASTICSEARCH__URL"] == f"https://{index}-es-http:9200"
    assert f"--flink-master={flink}-rest:8081" in (KUBERNETES / "operators" / "job-patch.yaml").read_text()
    users = {environment(role, "operators")["ONRECORD_KAFKA__USERNAME"] for role in Role}
    assert users == set(of_kind("operators", "KafkaUser")) == {f"onrecord-{role}" for role in Role}


def test_every_role_is_a_user_of_elasticsearch() -> None:
    index = of_kind("operators", "Elasticsearch")["onrecord"]
    roles = yaml.safe_load((KUBERNETES / "operators" / "roles.yml").read_text())
    users = {environment(role, "operators")["ONRECORD_ELASTICSEARCH__USERNAME"] for role in Role}
    assert users == set(roles)
    realm = {each["secretName"] for each in index["auth"]["fileRealm"]}
    assert realm == {name.replace("onrecord-", "onrecord-es-") for name in roles}
    for role, rights in roles.items():
        (indices,) = rights["indices"]
        assert indices["names"] == [f"{Settings().elasticsearch.prefix}*"]
        assert ("all" in indices["privileges"]) == (role == "onrecord-job")


READS = {
    "poller": {ARTICLES, PUSHES, "feeds", "feed-states", "deliveries"},
    "deliverer": {ALERTS, "deliveries", "actors", "changes", "groups", "watches", "mutes", "push-subscriptions"},
}
WRITES = {
    "poller": {ARTICLES, DEAD_LETTERS, "feeds", "feed-states", "deliveries"},
    "job": {DOCUMENTS, QUOTES, DECISIONS, ALERTS, DEAD_LETTERS},
    "deliverer": {"deliveries", DEAD_LETTERS, "push-subscriptions", "changes"},
}
COMMITS = {
    "poller": {f"{ARTICLES}.poller", f"{PUSHES}.poll"},
    "job": {f"{ARTICLES}.job", *(f"{topic}.{group}" for topic, group in GROUPS if topic != ALERTS)}
    | {f"{DOCUMENTS}.index", f"{DECISIONS}.index"},
    "deliverer": {f"{ALERTS}.deliverer", f"{ALERTS}.post"},
    "web": {f"{DEAD_LETTERS}.redrive"},
}


@pytest.mark.parametrize("role", Role)
def test_a_role_has_only_the_rights_at_kafka_that_it_needs(role: Role) -> None:
    acls = of_kind("operators", "KafkaUser")[f"onrecord-{role}"]["authorization"]["acls"]
    assert of_kind("operators", "Kafka")["onrecord"]["kafka"]["authorization"] == {"type": "simple"}

    def allowed(kind: str, operation: str) -> set[str]:
        return {
            acl["resource"]["name"].removeprefix(Settings().kafka.prefix) or "everything"
            for acl in acls
            if acl["resource"]["type"] == kind and operation in acl["operations"]
        }

    assert allowed("topic", "Read") == READS.get(role, {"everything"})
    assert allowed("topic", "Write") == WRITES.get(role, {"everything"})
    assert allowed("group", "Read") == COMMITS[role]
    assert allowed("topic", "Create") == allowed("topic", "Describe") == allowed("group", "Describe") == {"everything"}
    assert not {"All", "Delete", "Alter"} & {operation for acl in acls for operation in acl["operations"]}


@pytest.mark.parametrize("role", Role)
def test_quotas_leave_brokers_for_every_role_and_pass_its_largest_message(role: Role) -> None:
    quotas = of_kind("operators", "KafkaUser")[f"onrecord-{role}"]["quotas"]
    assert quotas["producerByteRate"] >= Settings().kafka.message_bytes
    assert quotas["consumerByteRate"] > quotas["producerByteRate"]
    assert 100 <= quotas["requestPercentage"] <= 400


def test_checkpoints_have_a_folder_that_flink_may_write_to() -> None:
    """Without one it keeps them in memory, and no more than 5 MB of a step's state."""
    inside = dict(pods())["job"]["initContainers"][0]
    places = {mount["mountPath"] for mount in inside["volumeMounts"] if not mount.get("readOnly")}
    assert any(variables("external")["ONRECORD_JOB__CHECKPOINTS"].startswith(f"file://{place}/") for place in places)
    flink = of_kind("operators", "FlinkDeployment")["onrecord-flink"]
    mounts = flink["podTemplate"]["spec"]["containers"][0]["volumeMounts"]
    assert flink["flinkConfiguration"]["state.checkpoints.dir"] in {f"file://{each['mountPath']}" for each in mounts}


def test_flink_has_as_many_slots_as_the_job_takes() -> None:
    flink = of_kind("operators", "FlinkDeployment")["onrecord-flink"]
    slots = int(flink["flinkConfiguration"]["taskmanager.numberOfTaskSlots"]) * flink["taskManager"]["replicas"]
    assert slots >= int(variables("operators")["ONRECORD_JOB__PARALLELISM"])


SERVERS = {
    "broker": {"strimzi.io/cluster": "onrecord", "strimzi.io/kind": "Kafka", "strimzi.io/name": "onrecord-kafka"},
    "entity operator": {
        "strimzi.io/cluster": "onrecord",
        "strimzi.io/kind": "Kafka",
        "strimzi.io/name": "onrecord-entity-operator",
    },
    "index": {"elasticsearch.k8s.elastic.co/cluster-name": "onrecord"},
    "job manager": {"app": "onrecord-flink", "component": "jobmanager", "type": "flink-native-kubernetes"},
    "task manager": {"app": "onrecord-flink", "component": "taskmanager", "type": "flink-native-kubernetes"},
}
"""The labels that operators give to the pods that they make."""


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_has_a_network_policy(overlay: str) -> None:
    policies = of_kind("base", "NetworkPolicy") | of_kind(overlay, "NetworkPolicy")
    assert policies.pop("deny") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert policies["onrecord"]["podSelector"] == {"matchLabels": OWN}
    assert kustomized("base")["labels"][0]["pairs"].items() >= OWN.items()
    existing = {str(role): {**OWN, "app.kubernetes.io/component": str(role)} for role in Role}
    if overlay == "operators":
        existing |= SERVERS
    for name, labels in existing.items():
        own = [policy for policy in policies.values() if selects(policy["podSelector"], labels)]
        assert {kind for policy in own for kind in policy["policyTypes"]} == {"Ingress", "Egress"}, name
        assert any("egress" in policy for policy in own), name
    for policy in policies.values():
        assert policy["podSelector"]
        for rule in policy.get("ingress", ()):
            assert rule["from"]
            assert rule["ports"]


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    fits = all(labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ()))
    return fits and selector.get("matchLabels", {}).items() <= labels.items()


@pytest.mark.parametrize(
    ("server", "port", "clients"),
    [
        ("broker", 9093, {*Role, "task manager"}),
        ("index", 9200, {*Role, "task manager", "index"}),
        ("job manager", 8081, {"job"}),
        ("task manager", 50000, set()),
        ("job manager", 50000, set()),
    ],
)
def test_a_server_is_reachable_by_its_clients_only(server: str, port: int, clients: set[str]) -> None:
    existing = {**{str(role): {**OWN, "app.kubernetes.io/component": str(role)} for role in Role}, **SERVERS}
    reached = set()
    for policy in of_kind("operators", "NetworkPolicy").values():
        if not selects(policy["podSelector"], SERVERS[server]):
            continue
        for rule in policy.get("ingress", ()):
            if port in [each["port"] for each in rule["ports"]]:
                peers = [peer["podSelector"] for peer in rule["from"] if "namespaceSelector" not in peer]
                reached |= {name for name, labels in existing.items() if any(selects(peer, labels) for peer in peers)}
    assert reached == clients


def test_a_disruption_leaves_a_pod_of_each_replicated_role() -> None:
    several = {name for name, spec in of_kind("base", "Deployment").items() if spec["replicas"] > 1}
    assert set(of_kind("base", "PodDisruptionBudget")) == several


@pytest.mark.servers  # kafka-python comes with the extra
def test_topics_are_created_with_the_options_of_the_log() -> None:
    from connectors.kafka.cluster import IN_ONE, KEPT

    kafka = Settings().kafka
    created = of_kind("operators", "KafkaTopic")
    assert set(created) == {f"{kafka.prefix}{topic}" for topic in TOPICS}
    for name, topic in created.items():
        assert topic["partitions"] == (1 if name.removeprefix(kafka.prefix) in IN_ONE else kafka.partitions)
        config = {key: str(value) for key, value in topic["config"].items()}
        assert config == {**KEPT, "max.message.bytes": str(kafka.message_bytes)}
