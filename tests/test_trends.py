"""The trends page: its spans, its charts with the tables behind them, and ten years of records."""

import gzip
import html
import re
from typing import Any

import psycopg2
import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient

from app.stats import payload
from tests import years
from tests.conftest import execute, make_app

CHARTS = ("weight", "distance", "time", "load", "calories")
RUN = "INSERT INTO strava_activity (start_date_local, activity_type, distance, moving_time) VALUES"
WEIGH_IN = "INSERT INTO fitbit_weight (record_date, record_time, weight, account) VALUES"
EATEN = "INSERT INTO fitbit_calories (record_date, calories, burned) VALUES"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "today", lambda _chosen: years.TODAY)


@pytest.fixture
def client(uri: str) -> FlaskClient:
    return make_app(uri).test_client()


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def places(page: str, key: str) -> list[int]:
    """Where a drawn chart has the rows of its table; empty where nothing is drawn."""
    found = re.search(rf'data-reach="([\d ]*)" data-table="{key}-table"', page)
    return [int(gap) for gap in found[1].split()] if found else []


def table(page: str, key: str) -> list[list[str]]:
    """The heads and rows behind a chart, newest first; empty where there is no table."""
    found = re.search(rf'id="{key}-table">(.*?)</table>', page, re.DOTALL)
    return [
        [words(cell) for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", found[1] if found else "")
    ]


def facts(page: str, key: str) -> str:
    """What the picture says to who does not see it, without its title and where its figures are."""
    found = re.search(rf'data-table="{key}-table">\s*<svg role="img" aria-label="(.*?)">', page)
    said = words(found[1]) if found else ""
    return said.partition(". ")[2].removesuffix(" The figures are in the table below.")


def figure(text: str) -> float | None:
    """A cell's words as the chart's figure."""
    if text == "–":
        return None
    hours = re.fullmatch(r"(?:([\d,]+) h )?(\d+) min", text)
    if hours:
        return int((hours[1] or "0").replace(",", "")) + int(hours[2]) / 60
    return float(re.sub(r"[^\d.]", "", text))


def no_inline(page: str) -> list[str]:
    """Scripts without an address, handlers and styles in the text of a page."""
    return re.findall(r"<script(?![^>]*src=)(?![^>]*application/json)|\son\w+=|\sstyle=|<style", page)


def test_an_empty_database_says_so_in_every_place(client):
    for asked in ("3m", "1y", "all"):
        page = client.get(f"/stats/trends?range={asked}").text
        assert [(places(page, key), table(page, key)) for key in CHARTS] == [([], [])] * 5
        assert len(re.findall(r'<p class="none">(?:No|Nothing) ', page)) == 5
        assert "0 active days since December 2025." in words(page)


@pytest.mark.parametrize("asked", ["", "banana", "3M", "2y", "\0", "\"><script>alert('1')</script>" + "x" * 5000])
def test_what_is_no_span_gets_one_clear_sentence(client, asked):
    answer = client.get("/stats/trends", query_string={"range": asked})
    assert answer.status_code == 400
    assert "range takes 3m, 1y, all, not “" in words(answer.text)
    assert "<script>alert" not in answer.text
    assert len(answer.text) < 4000


@pytest.mark.parametrize(
    ("asked", "start", "weeks", "oldest"),
    [
        ("", "sunday", 13, "30 August 2026"),
        ("?range=3m", "monday", 13, "31 August 2026"),
        ("?range=3m", "saturday", 13, "29 August 2026"),
        ("?range=1y", "sunday", 53, "23 November 2025"),
        ("?range=all", "sunday", 157, "26 November 2023"),
    ],
)
def test_each_span_is_whole_weeks_to_today(uri, asked, start, weeks, oldest):
    execute(uri, f"{RUN} ('2023-11-26 23:59', 'Run', 5000, 1500), ('2026-11-25 07:00', 'Run', 5000, 1500)")
    page = make_app(uri, WEEK_START=start).test_client().get(f"/stats/trends{asked}").text
    rows = table(page, "distance")
    assert (len(rows) - 1, rows[-1][0]) == (weeks, oldest)
    assert len(places(page, "distance")) == weeks
    current = re.findall(r'<a [^>]*range=(\w+)"[^>]* aria-current="page"', page)
    assert current == [asked.partition("=")[2] or "3m"]


def test_the_last_weigh_in_of_a_day_counts_and_own_rows_come_before_the_demos(client, uri):
    execute(
        uri,
        f"{WEIGH_IN} ('2026-11-24', '07:00', 70, ''), ('2026-11-24', '21:00', 71, ''), ('2026-11-25', '07:00', 72, ''),"
        " ('2026-11-25', '22:00', 99, 'demo'), ('2026-11-26', '07:00', 99, '')",
    )
    assert table(client.get("/stats/trends").text, "weight")[1:] == [
        ["25 November 2026", "72.0 kg", "71.1 kg"],
        ["24 November 2026", "71.0 kg", "71.0 kg"],
    ]


def test_an_activity_over_midnight_counts_on_the_day_it_began(client, uri):
    execute(uri, f"{RUN} ('2026-11-21 23:30', 'Ride', 40000, 7200)")
    page = client.get("/stats/trends").text
    assert [row for row in table(page, "time") if row[1] != "–"] == [
        ["Week of", "Ride", "All"],
        ["15 November 2026", "2 h 00 min", "2 h 00 min"],
    ]
    assert re.findall(r'<td class="active"[^>]*>(\d+)', page) == ["21"]


def test_the_load_counts_by_the_highest_rate_of_all_time_without_faults_of_a_sensor(client, uri):
    execute(uri, f"{RUN} ('2026-11-25 07:00', 'Run', 8000, 3600)")
    execute(
        uri,
        "INSERT INTO strava_activity (start_date_local, moving_time, average_heartrate, max_heartrate) VALUES"
        " ('2020-01-01', 60, 150, 190), ('2020-01-02', 60, 150, 255), ('2020-01-03', 60, 'NaN', 'NaN'),"
        " ('2026-11-24', 3600, 142.5, NULL)",
    )
    page = client.get("/stats/trends").text
    assert table(page, "load")[1][1] == "45"
    assert "(190 bpm)" in facts(page, "load")
    assert "1 of 2 activities had no heart rate and are left out." in facts(page, "load")


def test_goals_are_lines_and_words_and_absent_without_one(client, uri):
    execute(uri, f"{WEIGH_IN} ('2026-11-24', '07:00', 72, ''), ('2026-11-25', '07:00', 72, '')")
    execute(uri, f"{EATEN} ('2026-11-23', 2100, 2500), ('2026-11-24', 2300, 2600), ('2026-11-25', 300, 900)")
    page = client.get("/stats/trends").text
    assert "goal" not in page.lower()
    execute(uri, "UPDATE preferences SET calorie_goal = 2200, goal_weight = 70, units = 'imperial'")
    page = client.get("/stats/trends").text
    assert facts(page, "weight") == "Smoothed 158.7 lb on 25 November 2026. 4.4 lb above the goal of 154.3 lb."
    assert facts(page, "calories").endswith("The goal is 2,200 kcal eaten.")
    assert table(page, "calories")[:2] == [
        ["Day", "Eaten", "Burned", "Goal"],
        ["24 November 2026", "2,300 kcal", "2,600 kcal", "2,200 kcal"],
    ]


@pytest.mark.parametrize("day", ["0001-01-01", "1990-01-01", "9999-12-31"])
def test_a_device_whose_clock_was_never_set_does_not_stretch_the_charts(client, uri, day):
    execute(uri, f"{RUN} ('{day}', 'Run', 5000, 1500), ('2026-11-25 07:00', 'Run', 5000, 1500)")
    answer = client.get("/stats/trends?range=all")
    assert answer.status_code == 200
    assert len(table(answer.text, "distance")) <= 1 + 30 * 53


@pytest.mark.parametrize("asked", ["3m", "1y", "all"])
@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_ten_years_are_drawn_and_every_table_holds_what_its_chart_draws(uri, asked, units):
    years.load(uri)
    execute(uri, "UPDATE preferences SET calorie_goal = 2200, goal_weight = 70")
    app, charts = make_app(uri, UNITS=units), {}

    def rendered(_app: Flask, context: dict[str, Any], **_: Any) -> None:
        charts.update(context["charts"])

    with template_rendered.connected_to(rendered, app):
        page = app.test_client().get(f"/stats/trends?range={asked}").text
    for key, exact in {"weight": 0.06, "distance": 0.06, "time": 0.01, "load": 0.51, "calories": 0.51}.items():
        heads, *rows = table(page, key)
        drawn = charts[key].spec["series"]
        assert len(places(page, key)) == len(rows)
        assert [one["label"] for one in drawn] == heads[1 : 1 + len(drawn)]
        for n, one in enumerate(drawn):
            column = [figure(row[n + 1]) for row in reversed(rows)]
            assert len(column) == len(one["values"])
            for told, value in zip(column, one["values"], strict=True):
                assert (told or 0) == pytest.approx(value or 0, abs=exact), (key, told, value)
    assert no_inline(page) == []


def test_ten_years_add_up(client, uri):
    """Sums that PostgreSQL makes another way, and the days that are known from how the rows were made."""
    years.load(uri)
    page = client.get("/stats/trends?range=all").text
    assert len(table(page, "weight")) == 1 + 3653 - 14
    assert len(table(page, "distance")) == 1 + 523
    assert table(page, "distance")[-1][0] == "20 November 2016"
    assert facts(page, "weight") == "Smoothed 72.1 kg on 25 November 2026. Falling by 0.1 kg a week."
    sums = asked(
        uri, "SELECT sum(distance) / 1000, sum(moving_time), count(*), count(average_heartrate) FROM strava_activity"
    )
    kilometres, seconds, count, with_heart = sums
    hours, minutes = divmod(round(seconds / 60), 60)
    assert facts(page, "distance") == f"{kilometres:,.1f} km in all."
    assert facts(page, "time") == f"{hours:,} h {minutes:02} min in all."
    assert f"{count - with_heart:,} of {count:,} activities had no heart rate" in facts(page, "load")
    eaten, burned = asked(
        uri, f"SELECT avg(calories), avg(burned) FROM fitbit_calories WHERE record_date < '{years.TODAY}'"
    )
    assert facts(page, "calories").startswith(f"Eaten {eaten:,.0f} kcal, burned {burned:,.0f} kcal on a mean day")
    (active,) = asked(
        uri, "SELECT count(DISTINCT start_date_local::date) FROM strava_activity WHERE start_date_local >= '2025-12-01'"
    )
    assert f"{active} active days since December 2025." in words(page)
    heads = table(page, "time")[0]
    assert (heads[:2], heads[-2:], len(heads)) == (["Week of", "Run"], ["Other sports", "All"], 7)


def test_twenty_years_are_months_and_a_small_page(client, uri):
    for statement in years.STATEMENTS:
        execute(uri, statement.replace("3652", "7304"))
    answer = client.get("/stats/trends?range=all", headers={"Accept-Encoding": "gzip"})
    assert answer.content_encoding == "gzip"
    assert len(answer.data) < 60_000
    page = gzip.decompress(answer.data).decode()
    for key in CHARTS:
        heads, newest, *_, oldest = table(page, key)
        assert (heads[0], newest[0].partition(",")[0], oldest[0]) == ("Month", "November 2026", "November 2006")
    metres, seconds, count, with_heart = asked(
        uri, "SELECT sum(distance), sum(moving_time), count(*), count(average_heartrate) FROM strava_activity"
    )
    hours, minutes = divmod(round(seconds / 60), 60)
    assert facts(page, "distance") == f"{metres / 1000:,.1f} km in all."
    assert facts(page, "time") == f"{hours:,} h {minutes:02} min in all."
    assert f"{count - with_heart:,} of {count:,} activities had no heart rate" in facts(page, "load")
    (load,) = asked(uri, "SELECT sum(moving_time / 60.0 * average_heartrate / 188) FROM strava_activity")
    assert facts(page, "load").startswith(f"{load:,.0f} in all.")


def test_the_highest_heart_rate_is_read_from_its_index(client, uri):
    execute(uri, f"{RUN.replace('(', '(max_heartrate, ')} (180, '2026-11-25', 'Run', 5000, 1500)")
    asking = "SELECT max(greatest(max_heartrate, average_heartrate)) FROM strava_activity"
    plan = f"EXPLAIN {asking} WHERE greatest(max_heartrate, average_heartrate) <= 220"
    execute(
        uri,
        "INSERT INTO strava_activity (start_date_local, max_heartrate) SELECT now(), 150 + mod(n, 40)"
        " FROM generate_series(1, 20000) n; ANALYZE strava_activity",
    )
    lines = " ".join(line for (line,) in every(uri, plan))
    assert "ix_strava_activity_highest_heartrate" in lines
    assert "Seq Scan" not in lines


def every(uri: str, query: str) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()
    finally:
        connection.close()


def asked(uri: str, query: str) -> tuple[Any, ...]:
    return every(uri, query)[0]


def test_the_calendar_can_be_read_without_seeing_it(client, uri):
    execute(uri, f"{RUN} ('2026-11-24 07:00', 'Run', 5000, 1500), ('2026-11-24 19:00', 'UnderwaterHockey', NULL, 1500)")
    page = client.get("/stats/trends").text
    calendar = page.partition('id="calendar"')[2].partition("</section>")[0]
    months = re.findall(r"<table>(.*?)</table>", calendar, re.DOTALL)
    assert len(months) == 12
    assert words(months[-1]).startswith("November 2026 1 active day Su Sunday Mo Monday")
    assert "24 , 2 activities" in words(months[-1])
    assert calendar.count('class="active"') == 1


def test_the_page_needs_the_password_where_there_is_one(uri):
    answer = make_app(uri, DASHBOARD_PASSWORD="hunter2").test_client().get("/stats/trends?range=1y")
    assert (answer.status_code, answer.location) == (302, "/login?next=/stats/trends?range%3D1y")


def test_the_page_says_when_the_database_does_not_answer():
    nobody = "postgresql+psycopg2://postgres@127.0.0.1:1/none"
    answer = make_app(nobody).test_client().get("/stats/trends")
    assert answer.status_code == 503
    assert "The database does not answer." in answer.text
