"""The page of a day names every way by which its records came, and takes the person's word on what is the same."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.records import store
from app.records.models import Calories
from tests.conftest import make_app
from tests.test_filing import API_RUN, GOOGLE, MORNING, VALUES, WATCH, Incoming, api, brought, weigh_in

DAY = "/stats/day/2026-11-24"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def section(client: FlaskClient) -> str:
    found = re.search(r'<section class="card origin-day".*?</section>', client.get(DAY).text, re.DOTALL)
    return found[0] if found else ""


def forms(html: str, action: str) -> list[dict[str, str]]:
    """What each form of the page sends when its button is pressed."""
    found = re.findall(rf'<form[^>]*action="[^"]*{action}">(.*?)</form>', html, re.DOTALL)
    sent = []
    for form in found:
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        if option := re.search(r'<option value="([^"]*)"', form):
            fields["other"] = option[1]
        sent.append(fields)
    return sent


def press(client: FlaskClient, action: str, nth: int = 0) -> Any:
    return client.post(f"/files/origins/{action}", data=forms(section(client), f"/origins/{action}")[nth])


def fill(session: Session) -> None:
    api(session)
    brought(session, WATCH, weigh_in("takeout"))
    store.save_weights(session, GOOGLE, [MORNING], None)
    brought(session, Incoming(Calories, "apple", "d", {"record_date": date(2026, 11, 24), "burned": 2400.0}))
    session.execute(text("INSERT INTO fitbit_calories (calories, record_date) VALUES (1800, '2026-11-24')"))
    session.commit()


def test_every_way_of_every_record_is_named(client: FlaskClient, session: Session) -> None:
    fill(session)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section(client)))
    for said in ("Strava’s account", "a file, imported on", "Fitbit’s account", "Entered by hand", "2,400"):
        assert said in page, said
    assert len(forms(section(client), "/origins/split")) == 4


def test_a_row_is_split_and_joined_again_by_the_pages_forms_alone(client: FlaskClient, session: Session) -> None:
    fill(session)
    assert press(client, "split").headers["Location"].endswith(DAY)
    assert "They are two from now on." in section(client)
    assert session.scalar(text("SELECT count(*) FROM strava_activity")) == 2
    session.rollback()
    assert press(client, "join").status_code == 302
    assert session.scalar(text("SELECT count(*) FROM strava_activity")) == 1


def test_what_has_changed_in_the_meantime_is_said(client: FlaskClient, session: Session) -> None:
    fill(session)
    (sent, *_) = forms(section(client), "/origins/split")
    assert client.post("/files/origins/split", data=sent).status_code == 302
    assert client.post("/files/origins/split", data=sent).status_code == 302
    assert "changed in the meantime" in section(client)


NONE = [{}, {"table": "sign_in", "row": "1"}, *({"table": "fitbit_weight", "row": row} for row in ("x", "9" * 40, "٣"))]


@pytest.mark.parametrize("data", NONE)
@pytest.mark.parametrize("action", ["split", "join"])
def test_a_form_that_names_nothing_gets_a_sentence(client: FlaskClient, action: str, data: dict[str, str]) -> None:
    answer = client.post(f"/files/origins/{action}", data=data)
    assert answer.status_code == 400
    assert "names no record" in answer.text


@pytest.mark.parametrize("action", ["split", "join"])
def test_only_a_form_of_the_page_and_who_is_signed_in_may_change_it(uri: str, session: Session, action: str) -> None:
    fill(session)
    sent = {"table": "strava_activity", "row": "4242", "name": "fit:watch", "other": "4242", "day": "2026-11-24"}
    assert (
        make_app(uri, WTF_CSRF_ENABLED=True).test_client().post(f"/files/origins/{action}", data=sent).status_code
        == 400
    )
    stranger = make_app(uri, DASHBOARD_PASSWORD="correct-horse-battery-staple-4711").test_client()
    assert stranger.post(f"/files/origins/{action}", data=sent).status_code in (302, 401, 403)
    assert session.scalar(text("SELECT count(*) FROM strava_activity")) == 1


def test_a_copy_with_a_wrong_clock_is_told_of(client: FlaskClient, session: Session) -> None:
    api(session)
    same = {"distance": API_RUN.distance, "moving_time": API_RUN.moving_time, "elapsed_time": API_RUN.elapsed_time}
    later = {"start_date": API_RUN.start_date + timedelta(hours=2)}
    brought(session, Incoming(WATCH.model, "fit", "late", VALUES | same | later))
    session.commit()
    assert "one of the two clocks seems to be wrong" in section(client)


def test_a_day_without_records_has_no_such_part(client: FlaskClient) -> None:
    assert section(client) == ""
