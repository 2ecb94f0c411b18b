"""Where settings come from, and what is said when one is missing."""

import json
from pathlib import Path

import pytest

from services.kernel.settings import MissingSetting, read_settings

SERVERS = {"CEEBUS_KAFKA": "k:9092", "CEEBUS_DATABASE_URL": "postgresql://a/ours", "CEEBUS_CEE_DATABASE_URL": "postgresql://a/cee"}


def test_environment_alone_is_enough(tmp_path: Path) -> None:
    settings = read_settings(SERVERS, tmp_path)
    assert settings.kafka.bootstrap == "k:9092"
    assert settings.gateway.host == "127.0.0.1"


def test_the_embedded_stacks_file_fills_what_the_environment_leaves_open(tmp_path: Path) -> None:
    values = {"kafka": "stack:1", "database_url": "d", "cee_database_url": "c", "gateway": "127.0.0.1:4711"}
    (tmp_path / "stack.json").write_text(json.dumps(values))
    settings = read_settings({"CEEBUS_KAFKA": "mine:2"}, tmp_path)
    assert (settings.kafka.bootstrap, settings.database_url, settings.gateway.url) == ("mine:2", "d", "http://127.0.0.1:4711")


def test_a_secret_may_be_read_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("ceebus_op_x\n")
    assert read_settings(SERVERS | {"CEEBUS_OPERATOR_TOKEN_FILE": str(secret)}, tmp_path).operator_token == "ceebus_op_x"


def test_a_missing_server_is_named_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(MissingSetting, match=r"CEEBUS_KAFKA.*ceebus up"):
        read_settings({}, tmp_path)


def test_a_session_outlives_a_restart_unless_told_otherwise(tmp_path: Path) -> None:
    assert read_settings(SERVERS, tmp_path).kafka.session_timeout_s == 30
    assert read_settings(SERVERS | {"CEEBUS_SESSION_TIMEOUT_S": "6"}, tmp_path).kafka.session_timeout_s == 6
