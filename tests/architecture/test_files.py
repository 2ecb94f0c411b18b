"""What must never be in a tracked file, and what a file must not grow into."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES, FUNCTION_LINES, PARAMETERS = 200, 40, 5
REGISTRIES = re.compile(
    r"https?://(?:[\w.-]*\.)?(?:pypi\.org|pythonhosted\.org|npmjs\.org|maven\.org|apache\.org/maven2|crates\.io|golang\.org|debian\.org)\b"
    r"|--(?:extra-)?index-url|--find-links"
)
OURS = ("services/", "schemas/", "tests/", "bench/")


def tracked() -> Iterator[tuple[str, str]]:
    """Every text file that git knows, with its content; a checkout without git counts what lies there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if b"\0" not in data[:4096]:
                yield name, data.decode(errors="replace")


def python_files() -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in tracked() if name.endswith(".py") and name.startswith(OURS))


def test_no_file_names_a_package_index_or_mirror() -> None:
    found = [
        (name, match.group())
        for name, text in tracked()
        if name != __file__.removeprefix(f"{ROOT}/") and (match := REGISTRIES.search(text))
    ]
    allowed = {("Makefile", "--find-links")}
    assert [hit for hit in found if hit not in allowed] == []


def test_no_file_holds_a_path_of_the_machine_it_was_written_on() -> None:
    homes = re.compile(rf"(?<![\w.])(?:/home/\w+/|/Users/\w+/|/root/\w|{re.escape(str(ROOT))}/)")
    assert [(name, match.group()) for name, text in tracked() if (match := homes.search(text))] == []


def test_locks_pin_every_package_by_hash() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text()
        pinned = re.findall(r"^[\w.\[\]-]+==.*?(?=^\S|\Z)", text, flags=re.MULTILINE | re.DOTALL)
        assert len(pinned) > 40, lock
        assert [entry.split()[0] for entry in pinned if "--hash=sha256:" not in entry] == []


def test_files_and_functions_stay_small_or_say_why_not() -> None:
    """Beyond the limit only with the word "one thing" in the docstring, which says why it is."""
    grown = []
    for name, text in python_files():
        tree = ast.parse(text)
        if len(text.splitlines()) > LINES and "one thing" not in (ast.get_docstring(tree) or ""):
            grown.append(f"{name}: {len(text.splitlines())} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not name.startswith("tests/"):
                length, arguments = node.end_lineno - node.lineno + 1 if node.end_lineno else 0, node.args.args + node.args.posonlyargs
                excused = "one thing" in (ast.get_docstring(node) or "")
                if length > FUNCTION_LINES and not excused:
                    grown.append(f"{name}: {node.name} has {length} lines")
                if len([one for one in arguments if one.arg not in ("self", "cls")]) > PARAMETERS and not excused:
                    grown.append(f"{name}: {node.name} takes {len(arguments)} positional parameters")
    assert not grown, "\n" + "\n".join(grown)


def test_sql_lives_in_sql_files() -> None:
    """A statement of several lines inside Python is SQL that nobody can read, explain or test alone."""
    long = [
        f"{name}:{node.lineno}"
        for name, text in python_files()
        if name.startswith("services/")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.count("\n") > 4
        if re.match(r"\s*(select|insert|update|delete|with)\b.*\b(from|into|set|as)\b", node.value, flags=re.IGNORECASE | re.DOTALL)
    ]
    assert long == []
