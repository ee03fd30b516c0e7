"""The API keeps to its own description: Schemathesis makes calls of it, good and bad, and looks at each answer."""

from collections.abc import Iterator

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.extensions import db
from tests.conftest import make_app
from tests.test_api import Caller


@pytest.fixture
def board(uri: str) -> Iterator[Flask]:
    app = make_app(uri, DASHBOARD_PASSWORD="correct horse battery")
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.timeout(240)
def test_no_call_has_an_answer_that_is_not_described(board: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "app.web.guesses.count", lambda _who, _returning: (0, True)
    )  # of wrong tokens many are tried here
    # What a schema cannot say (a day to come, a cursor of our own) is refused with 422.
    caller = Caller(board)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", board, headers=caller.headers)
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=25, deadline=None, derandomize=True, database=None,
                  phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=operation.as_strategy())
        def answers(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=caller.headers, excluded_checks=[positive_data_acceptance])

        answers()
