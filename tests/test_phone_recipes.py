"""The recipes in docs/phone.md: each body is sent as it is printed."""

import json
import re

import pytest

from tests.conftest import ROOT
from tests.test_api import Caller, board, phone

__all__ = ["board", "phone"]
BODIES = re.findall(r"```json (\w+)\n(.*?)```", (ROOT / "docs" / "phone.md").read_text(), re.DOTALL)


def test_there_are_bodies_for_every_call():
    assert {path for path, _ in BODIES} == {"weight", "calories", "activities"}


@pytest.mark.parametrize(("path", "body"), BODIES)
def test_a_body_is_taken_as_it_is_printed(phone: Caller, path: str, body: str) -> None:
    headers = phone.headers | {"Content-Type": "application/json"}
    answer = phone.client.post(f"/api/v1/{path}", data=body, headers=headers)
    assert (answer.status_code, answer.json["new"]) == (201, len(json.loads(body)) if body[0] == "[" else 1)
    assert len(phone.get(path).json["items"]) == answer.json["new"]
