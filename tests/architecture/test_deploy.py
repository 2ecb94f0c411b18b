"""compose.yaml and the service units start what is there. No container engine is needed for these checks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.kernel.settings import read_settings

ROOT = Path(__file__).parents[2]
NO_ROLES = {"cli", "sandbox"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return loaded


@pytest.fixture(scope="module")
def roles() -> set[str]:
    return {main.parent.name for main in (ROOT / "services").glob("*/__main__.py")} - NO_ROLES


def test_compose_follows_the_compose_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(ROOT / "compose.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_check_of_compose_can_fail(tmp_path: Path) -> None:
    broken = tmp_path / "compose.yaml"
    broken.write_text((ROOT / "compose.yaml").read_text().replace("image: postgres:18", "imagine: postgres:18"))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(broken)]
    assert "imagine" in subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_every_role_has_its_entry_named_as_its_folder(compose: dict[str, Any], roles: set[str]) -> None:
    assert roles >= {"source", "exporter", "feed", "gateway", "importer", "writer", "control"}
    for role in roles:
        assert compose["services"][role]["command"] == ["run", role]
    assert compose["services"].keys() - roles == {"kafka", "postgres", "upgrade"}


def test_compose_uses_the_official_images_of_the_versions_we_test_with(compose: dict[str, Any]) -> None:
    assert {name: compose["services"][name]["image"] for name in ("kafka", "postgres")} == {
        "kafka": "apache/kafka:4.3.1",
        "postgres": "postgres:18",
    }
    assert "4.3.1" in (ROOT / "services/sandbox/jars.py").read_text()


def test_data_outlive_containers_and_servers_are_awaited(compose: dict[str, Any], roles: set[str]) -> None:
    for server in ("kafka", "postgres"):
        assert compose["services"][server]["healthcheck"]["test"]
    for role in roles:
        awaited = compose["services"][role]["depends_on"]
        assert (awaited["kafka"]["condition"], awaited["upgrade"]["condition"]) == ("service_healthy", "service_completed_successfully")
    for name, entry in compose["services"].items():
        for volume in entry.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or (ROOT / source).exists(), f"{name}: {volume}"


def test_compose_gives_the_roles_all_they_need(compose: dict[str, Any]) -> None:
    environment = {key: str(value) for key, value in compose["services"]["feed"]["environment"].items()}
    settings = read_settings(environment, home=Path("/nowhere"))
    assert settings.kafka.bootstrap == "kafka:9092"
    assert str(settings.blobs) == "/var/lib/ceebus/blobs"


def test_secrets_have_no_default() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert "${CEEBUS_OPERATOR_TOKEN:?" in text
    assert "${POSTGRES_PASSWORD:?" in text
    assert re.findall(r"(?im)^ *\w*(?:password|token)\w*: *(?!\$\{)\S+", text) == []


def test_files_the_image_copies_are_there() -> None:
    copied = re.findall(r"^COPY (\S+)", (ROOT / "deploy/Dockerfile").read_text(), flags=re.MULTILINE)
    assert copied
    assert all((ROOT / name).exists() for name in copied)
