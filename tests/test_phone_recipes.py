"""The recipes in docs/phone.md: each body is sent as it is printed."""

import json
import re

import pytest

from tests.conftest import ROOT
from tests.test_api import Caller, board, phone

__all__ = ["board", "phone"]
EXPORT = re.compile(r"```json health-auto-export\n(.*?)```", re.DOTALL)
BODIES = re.findall(r"```json (\w+)\n(.*?)```", (ROOT / "docs" / "phone.md").read_text(), re.DOTALL)


def test_there_are_bodies_for_every_call():
    assert {path for path, _ in BODIES} == {"weight", "calories", "activities"}


@pytest.mark.parametrize(("path", "body"), BODIES)
def test_a_body_is_taken_as_it_is_printed(phone: Caller, path: str, body: str) -> None:
    headers = phone.headers | {"Content-Type": "application/json"}
    answer = phone.client.post(f"/api/v1/{path}", data=body, headers=headers)
    assert (answer.status_code, answer.json["new"]) == (201, len(json.loads(body)) if body[0] == "[" else 1)
    assert len(phone.get(path).json["items"]) == answer.json["new"]


def test_an_apps_own_export_is_taken_as_it_is_printed(phone: Caller) -> None:
    found = EXPORT.search((ROOT / "docs" / "phone.md").read_text())
    assert found
    answer = phone.post("health-auto-export", json.loads(found[1]))
    assert (answer.status_code, answer.json) == (201, {"new": 3, "changed": 0, "known": 0, "refused": 0}), answer.text
    [weigh_in] = phone.get("weight").json["items"]
    assert (weigh_in["weight"], weigh_in["fat"], weigh_in["time"]) == (72.4, 18.5, "07:10:00")
    assert phone.get("calories").json["items"] == [{"date": "2026-11-23", "calories": 2210.803, "burned": 2430.0}]
    [run] = phone.get("activities").json["items"]
    assert (run["activity_type"], run["moving_time"], run["distance"]) == ("Run", 2530, 8200)
