"""What a test needs, read from its code: what takes long begins first, and what needs no server or browser is quick."""

import inspect
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

FIXTURES = {"prefect_url", "browser"}
PROGRAMS = {"gunicorn", "run.py", "tasks.py", "./docker-entrypoint.sh"}
"""Who names one of these, in the tests' code that it can reach, starts it."""
LAST = "test_nothing_that_any_test_logged_holds_a_secret"
NIGHT_SECONDS, LONG_NIGHT_SECONDS = 90, 300
"""How long before midnight a test no longer begins, and one that takes long: it would meet two days."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is quick; what may take longest comes first, the search of everything logged last."""
    needs = {item: needed(item) for item in items}
    for item in items:
        if not needs[item] and item.name != LAST:
            item.add_marker("quick")
    cost = {item: (item.name != LAST, allowed(item), "prefect_url" in needs[item], len(needs[item])) for item in items}
    items.sort(key=cost.__getitem__, reverse=True)


@pytest.hookimpl(tryfirst=True, wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A test that began just before midnight could meet two days."""
    if wait := to_midnight(datetime.now(UTC), LONG_NIGHT_SECONDS if allowed(item) else NIGHT_SECONDS):
        time.sleep(wait)
    return (yield)


def to_midnight(now: datetime, near: float) -> float:
    """The seconds from `now` to a little after midnight (UTC, in which the tests live), or 0 where that is not near."""
    left = (now + timedelta(days=1)).replace(hour=0, minute=0, second=10, microsecond=0) - now
    return left.total_seconds() if left.total_seconds() < near else 0


def allowed(item: pytest.Item) -> float:
    """The seconds that a test which takes long says it may take."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker else 0


def needed(item: pytest.Item) -> set[str]:
    """The fixtures and programs that make a test slow."""
    if not isinstance(item, pytest.Function):
        return set()
    fixtures = [each.func for every in item._fixtureinfo.name2fixturedefs.values() for each in every]
    given = list(item.callspec.params.values()) if hasattr(item, "callspec") else []
    return FIXTURES & set(item.fixturenames) | PROGRAMS & texts([item.function, *fixtures, *given])


def texts(things: list[Any]) -> set[str]:
    """Every text in these, and in the code of the tests that they can reach."""
    found, seen, todo = set[str](), set[int](), things
    while todo:
        thing = todo.pop()
        if isinstance(thing, str):
            found.add(thing)
        elif id(thing) not in seen:
            seen.add(id(thing))
            todo += reached(thing)
    return found


def reached(thing: Any) -> Iterable[Any]:
    """What a list holds, a class of the tests has, and a function of the tests says and names."""
    thing = thing.fget if isinstance(thing, property) else inspect.unwrap(thing)
    if isinstance(thing, list | tuple):
        return thing
    if not str(getattr(thing, "__module__", "")).startswith("tests."):
        return ()
    if isinstance(thing, type):
        return [value for value in vars(thing).values() if isinstance(value, FunctionType | property)]
    return said_and_named(thing) if isinstance(thing, FunctionType) else ()


def said_and_named(function: FunctionType) -> list[Any]:
    """The texts in a function, and what its names stand for, there or in a module of the tests that it names."""
    codes = list(nested(function.__code__))
    names = {name for code in codes for name in code.co_names}
    found = [function.__globals__[name] for name in names if name in function.__globals__]
    modules = [one for one in found if isinstance(one, ModuleType) and one.__name__.startswith("tests.")]
    modules += [import_module(name) for name in names if name.startswith("tests.")]
    found += [vars(module)[name] for module in modules for name in names if name in vars(module)]
    return found + [text for code in codes for text in code.co_consts if isinstance(text, str | tuple)]


def nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from nested(one)
