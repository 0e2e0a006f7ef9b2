"""compose.yaml: by the specification, and its parts agree with each other and with the image."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from pipeline.roles import Role, port_of
from pipeline.settings import Settings
from tests.deploy.files import compose, text

OURS = ("poller", "job", "deliverer", "web")


def services() -> dict[str, dict[str, Any]]:
    result: dict[str, dict[str, Any]] = compose()["services"]
    return result


def test_compose_follows_its_specification() -> None:
    from compose_spec import PyCompose

    PyCompose.from_json(json.dumps(compose())).to_spec()


def test_ports_are_published_on_loopback_only() -> None:
    published = [port for service in services().values() for port in service.get("ports", ())]
    assert len(published) == 3
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert compose()["networks"]["inside"] == {"internal": True}
    for name in ("kafka", "elasticsearch", "job-pod"):
        assert services()[name]["networks"] == ["inside"]


def test_every_service_has_limits() -> None:
    for name, service in services().items():
        assert service["restart"] == "unless-stopped", name
        assert service["mem_limit"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert all(services()[role]["read_only"] for role in OURS)


def test_services_start_after_their_dependencies_are_healthy() -> None:
    for name, service in services().items():
        for needed, how in service.get("depends_on", {}).items():
            checked = "healthcheck" in services()[needed]
            assert how["condition"] == ("service_healthy" if checked else "service_started"), (name, needed)
    assert set(services()["job"]["depends_on"]) == {"kafka", "elasticsearch", "flink", "expansion"}
    assert set(services()["web"]["depends_on"]) == {"kafka", "elasticsearch"}


def test_servers_listen_at_the_addresses_of_the_settings() -> None:
    provided = services()["web"]["environment"]
    broker, port = provided["ONRECORD_KAFKA__BROKERS"].split(":")
    kafka = services()[broker]["environment"]
    assert kafka["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{broker}:{port}"
    assert f"PLAINTEXT://:{port}," in kafka["KAFKA_LISTENERS"]
    index = urlsplit(provided["ONRECORD_ELASTICSEARCH__URL"])
    assert f"http://localhost:{index.port}/" in services()[str(index.hostname)]["healthcheck"]["test"][-1]
    assert {services()[name]["network_mode"] for name in ("job", "flink", "expansion")} == {"service:job-pod"}
    requested = Settings().job.expansion_endpoint.partition(":")[2]
    assert services()["expansion"]["command"] == [requested, "--experiments=use_deprecated_read"]


def test_secrets_are_files_that_the_settings_name() -> None:
    for role in OURS:
        named = {value for name, value in services()[role]["environment"].items() if name.endswith("_FILE")}
        assert named == {f"/run/secrets/{secret}" for secret in services()[role]["secrets"]}
    assert [role for role in OURS if "push_key" in services()[role]["secrets"]] == ["deliverer", "web"]
    assert [role for role in OURS if "oidc_secret" in services()[role]["secrets"]] == ["web"]
    assert {secret for service in services().values() for secret in service.get("secrets", ())} == set(
        compose()["secrets"]
    )


def test_the_health_check_of_the_image_uses_its_port() -> None:
    port = port_of([Role.WEB])
    assert f"\nEXPOSE {port}\n" in text("Dockerfile")
    assert f"    ONRECORD_WEB__PORT={port}\n" in text("Dockerfile")  # of every role
    assert f"http://127.0.0.1:{port}/readyz" in text("Dockerfile")
    assert services()["web"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_the_image_has_the_extras_whose_secrets_the_roles_get() -> None:
    installed = set(re.findall(r"hashes/(\w+)\.txt", text("Dockerfile")))
    assert installed == {"build", "core", "apprise", "cluster", "oidc", "push"}


def test_the_image_runs_as_an_unprivileged_user_and_copies_only_allowed_files() -> None:
    dockerfile = text("Dockerfile")
    assert re.search(r"^USER 10001:10001$", dockerfile, re.MULTILINE)
    assert "STOPSIGNAL SIGTERM" in dockerfile
    allowed = {line[1:] for line in text("Dockerfile.dockerignore").splitlines() if line.startswith("!")}
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE) for name in line.split()
    }
    assert allowed == copied
    assert text("Dockerfile.dockerignore").splitlines()[1] == "*"
