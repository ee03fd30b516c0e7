"""What calls itself pure speaks to no database, no page and no network: plain rows come in, plain answers go out."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

OUTSIDE = ("sqlalchemy", "psycopg2", "flask", "flask_socketio", "werkzeug", "requests", "prefect", "app.extensions")
READ = ("queries", "store", "snapshot", "shown", "one_day", "provenance", "tables", "origins", "choices")
FORBIDDEN = (*OUTSIDE, *(f"app.records.{name}" for name in READ))


def pure() -> list[Path]:
    modules = sorted((ROOT / "app").rglob("*.py"))
    return [path for path in modules if (ast.get_docstring(ast.parse(path.read_text())) or "").startswith("Pure")]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("path", pure(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_pure_module_imports_nothing_that_reads_or_serves(path: Path) -> None:
    assert [name for name in imported(path) if f"{name}.".startswith(tuple(f"{one}." for one in FORBIDDEN))] == []
