"""The compose file keeps what the how-to says of it: it is valid, everything is watched, no secret is in it, each part knows its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
TEXT = FILE.read_text(encoding="utf-8")
USED = re.compile(r"\$\{([A-Z0-9_]+)(?::([?-])([^}]*))?\}")
SECRET = re.compile(r"PASSWORD|SECRET|FERNET|STORE_KEY|ROOT_KEY|ACCESS_KEY")
AIRFLOW = ("api-server", "scheduler", "dag-processor", "triggerer", "worker")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(TEXT)["services"])


def known(service: dict[str, Any]) -> set[str]:
    """Variables of the env file that reach a service."""
    told = yaml.safe_dump([service.get("environment"), service.get("command")])
    return {name for name, _, _ in USED.findall(told)}


def demo() -> dict[str, str]:
    lines = (ROOT / "deploy" / "demo.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_it_is_a_compose_file() -> None:
    checked = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)],
                             capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_every_service_is_watched_or_ends_by_itself(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert ("healthcheck" in service) != (service.get("restart") == "no"), name
    assert set(AIRFLOW) <= set(services)


def test_what_waits_waits_for_something_that_can_be_true(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        for other, how in service.get("depends_on", {}).items():
            wanted = {"service_healthy": "healthcheck" in services[other],
                      "service_completed_successfully": services[other].get("restart") == "no"}
            assert wanted[how["condition"]], other


def test_images_are_pinned_and_one_is_ours(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        _, _, tag = service["image"].rpartition(":")
        assert re.search(r"\d+\.\d+", tag), name
    assert {services[name]["image"] for name in AIRFLOW} == {services["airflow-init"]["image"]}


def test_no_secret_has_a_default_and_none_is_written_down(services: dict[str, dict[str, Any]]) -> None:
    for name, how, _ in USED.findall(TEXT):
        assert not (SECRET.search(name) and how != "?"), f"{name} must be required"
    for name, service in services.items():
        for key, value in (service.get("environment") or {}).items():
            if SECRET.search(key) and "_URL" not in key and key not in ("GOVERNANCE_SECRETS",):
                assert USED.fullmatch(str(value)), f"{name}: {key} is written down"
        for password in re.findall(r"://[^:/@\s]*:([^@\s]+)@", yaml.safe_dump(service)):
            assert USED.fullmatch(password), f"{name}: a password stands in an address"


def test_the_demo_file_gives_every_variable_and_nothing_else_and_says_what_it_is() -> None:
    used = {name for name, _, _ in USED.findall(TEXT)}
    assert set(demo()) == used
    secrets = [value for name, value in demo().items() if SECRET.search(name)]
    assert len(secrets) == len(set(secrets)) > 10
    assert "ONLY FOR A DEMO" in (ROOT / "deploy" / "demo.env").read_text(encoding="utf-8").splitlines()[0]
    assert not (ROOT / ".env").exists()  # compose reads one by itself


def test_each_part_knows_only_what_it_needs(services: dict[str, dict[str, Any]]) -> None:
    data = {"GOVERNANCE_JOBS_PASSWORD", "LEDGER_PASSWORD", "STORE_SECRET"}
    assert data <= known(services["worker"])
    assert not known(services["worker"]) & {"AIRFLOW_DB_PASSWORD", "AIRFLOW_FERNET_KEY", "AIRFLOW_JWT_SECRET", "LEDGER_OWNER_PASSWORD"}
    for name in ("api-server", "scheduler", "dag-processor", "triggerer"):
        assert not known(services[name]) & (data | {"LEDGER_OWNER_PASSWORD", "STORE_ROOT_SECRET"}), name
        assert not any(str(volume).startswith("keys:") for volume in services[name].get("volumes", ())), name
    holders = {name for name, service in services.items() if "STORE_ROOT_SECRET" in known(service)}
    assert holders == {"store", "store-init"}
    assert {name for name, service in services.items() if "LEDGER_OWNER_PASSWORD" in known(service)} == {"postgres", "governance-init"}


def test_only_the_pages_can_be_reached_and_only_from_this_machine(services: dict[str, dict[str, Any]]) -> None:
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert list(ports) == ["api-server"]
    assert all(str(port).startswith("127.0.0.1:") for port in ports["api-server"])
    assert yaml.safe_load(TEXT)["networks"]["inside"] == {"internal": True}


def test_our_image_runs_as_nobody_special_and_cannot_be_written_to(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert "no-new-privileges:true" in service["security_opt"], name
        assert not service.get("privileged")
        if service["image"].startswith("airflow-data-governance"):
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
    lines = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if line.startswith(("USER", "CMD"))) == "USER governance"
    assert not re.search(r"index-url|https?://|--trusted-host", "\n".join(lines))


def test_what_is_mounted_and_run_is_there(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            source = USED.sub(lambda found: found[3], volume).split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), f"{name}: {source}"
        for word in service.get("command", ()):
            if str(word).startswith("deploy/"):
                assert (ROOT / word).is_file(), f"{name}: {word}"


def test_the_image_has_the_versions_that_are_tested() -> None:
    pinned = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==([^ ;\\]+)", re.MULTILINE)
    tested: dict[str, set[str]] = {}  # several versions where they depend on Python's
    for name, version in pinned.findall((ROOT / "requirements.lock").read_text(encoding="utf-8")):
        tested.setdefault(name, set()).add(version)
    shipped = dict(pinned.findall((ROOT / "deploy" / "requirements.lock").read_text(encoding="utf-8")))
    both = set(tested) & set(shipped)
    assert len(both) > 100
    assert {name for name in both if shipped[name] not in tested[name]} == set()
    assert not {"pytest", "moto", "playwright", "ruff", "mypy"} & set(shipped)
