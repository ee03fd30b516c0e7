"""Every metric, row, source and record table is everywhere: each test walks a list and names what is missing where."""

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import UniqueConstraint, func, select, text
from sqlalchemy.orm import Session

import backup
import run
import stats_con
import tasks
from app.extensions import db
from app.records import models, preferences, queries, store
from app.records.rows import ROW_NAMES, WeekRows
from app.sources import SOURCES, records
from app.sources.oauth import authorize_url
from app.sources.source import Metric
from app.stats import changes, payload
from app.stats.rows import PAGES, ROWS, Row
from app.sync import application
from app.sync.readings import Reading
from app.web.headers import origin
from config import Config
from environment import KEPT
from simulator.server import Serving, serve
from tests.conftest import ROOT
from tests.test_pages import words

DAY = date(2026, 11, 25)
NOON = datetime.combine(DAY, time(12), UTC)
METRICS = [(source, metric) for source, declared in SOURCES.items() for metric in declared.METRICS.values()]
NO_RECORDS = {
    "sync_state",
    "preferences",
    "sign_in",
    "file_import",
    "origin",
    "choice",
    "api_token",
    "review",
    "notice",
    "notice_trouble",
}
"""Tables that hold nothing which a source has told."""

each_metric = pytest.mark.parametrize(("source", "metric"), METRICS, ids=[metric.name for _, metric in METRICS])
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.NAME)
each_source = pytest.mark.parametrize("source", SOURCES)
each_table = pytest.mark.parametrize("model", models.RECORDS, ids=lambda model: model.__tablename__)


@pytest.fixture
def told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """It is noon of DAY, in UTC."""
    app.config["TIMEZONE"] = "UTC"
    monkeypatch.setattr(payload, "now", lambda: NOON)
    for module in (tasks, application):
        monkeypatch.setattr(module, "flask_app", lambda: app)
    monkeypatch.setattr(tasks, "today", lambda: DAY)
    return app


def record(metric: Metric, day: date) -> Any:
    """One of the kind that the metric brings."""
    at = datetime.combine(day, time(7))
    if metric.record is records.Activity:
        return records.Activity(int(f"{day:%d}"), 7, "Run", "Canal", 8200.0, 2530, 2600, at.replace(tzinfo=UTC), at)
    if metric.record is records.Weight:
        return records.Weight(f"point-{day}", 72.4, day, at.time())
    return metric.record(day, 2100.0)


def bring(source: str, metric: Metric, *days: date) -> None:
    """What the sync does with a reading that is complete for these days."""
    found = [record(metric, day) for day in days]
    with Session(db.engine) as session, session.begin():
        tasks.store_reading(session, source, metric.name, Reading(f"{source}:7", found, DAY, DAY))


def stored(session: Session, source: str, metric: Metric) -> set[Any]:
    """The keys by which the sync compares what is stored of a metric with what it reads."""
    account, first, last = f"{source}:7", DAY - timedelta(days=40), DAY
    if metric.record is records.Activity:
        span = (datetime.combine(day, time(), UTC) for day in (first, last + timedelta(days=1)))
        return queries.activity_ids(session, account, *span)
    return queries.fitbit_keys(session, metric.name, account, first, last)


def row_of(model: Any, account: str) -> Any:
    """A row with no more in it than its table asks for."""
    made = {date: DAY, datetime: NOON.replace(tzinfo=None), float: 72.4, int: 1, str: "x"}
    asked = (column for column in model.__table__.columns if not (column.nullable or column.server_default))
    return model(account=account, **{column.name: made[column.type.python_type] for column in asked})


def count(session: Session, model: Any) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


# Metrics


@each_metric
def test_the_rows_of_a_metric_are_its_own_where_a_reading_looks_for_what_is_gone(told, session, source, metric):
    bring(source, metric, DAY)
    found = {one.name: stored(session, source, one) for whose, one in METRICS if whose == source}
    assert [name for name, keys in found.items() if keys] == [metric.name]
    bring(source, metric)
    session.rollback()
    assert stored(session, source, metric) == ({25} if metric.record is records.Activity else set())


@each_metric
def test_a_metric_is_what_a_row_of_the_board_shows_or_tells_until_when_its_device_has_synced(source, metric):
    assert (source, metric.name) in {one for row in ROWS for one in (row.METRIC, row.DEVICE)}


@each_metric
def test_a_metric_has_its_scope_asked_for_and_its_words_in_what_stays_away(source, metric):
    assert metric.scope in {*stats_con.scopes(source), *SOURCES[source].NEEDED}
    assert {metric.scope} <= SOURCES[source].NEEDED
    away = " and ".join(stats_con.not_granted(source, ["another"]))
    assert metric.words in away


@each_metric
def test_a_metric_is_named_in_the_consent_on_the_page_and_in_the_readme(told, source, metric):
    assert re.search(rf"\b{metric.name}\b", SOURCES[source].CONSENT)
    assert SOURCES[source].CONSENT in words(told.test_client().get("/connect/").text)
    assert re.search(rf"\b{metric.name}\b", (ROOT / "README.md").read_text())


@each_metric
def test_an_accounts_card_and_the_deep_health_tell_how_a_metric_stands(told, uri, tmp_path, source, metric):
    told.config |= {"CREDS_DIR": str(tmp_path), f"{source.upper()}_CLIENT_ID": "1"}
    (tmp_path / f"{source}.json").write_text('{"access_token": "a", "refresh_token": "r", "expires_at": 0}')
    tasks.remember(source, metric.name, state="ok", newest=DAY, last_attempt=NOON, account=f"{source}:7")
    assert f"{metric.name.capitalize()}: to 25 November 2026" in words(told.test_client().get("/connect/").text)
    said = told.test_client().get("/healthz?deep=1").json["sync"]
    assert [(state["source"], state["metric"]) for state in said] == [(source, metric.name)]


@each_metric
def test_a_retention_removes_what_a_metric_brought_too_long_ago(told, session, source, metric):
    setting = SOURCES[source].RETENTION
    if not setting:
        assert stats_con.kept_days(told.config)[source] == 0
        return
    bring(source, metric, DAY - timedelta(days=20), DAY)
    told.config[setting] = 7
    bring(source, metric, DAY)
    assert len(stored(session, source, metric)) == 1


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, dict[str, Any]]]:
    """The simulator, and the settings of a demo that has signed in there."""
    folder: Path = tmp_path_factory.mktemp("demo")
    with serve() as served:
        config = {"DEMO": True, "SIMULATOR_URL": served.url, "INSTANCE_DIR": str(folder), "CREDS_DIR": str(folder)}
        config |= {"PUBLIC_BASE_URL": "http://localhost:5000"}
        stats_con.connect_demo(config)
        yield served, config


@each_metric
def test_the_simulators_athlete_has_something_of_a_metric(demo, source, metric):
    served, config = demo
    last = datetime.fromtimestamp(served.world.now(), UTC)
    span = (last - timedelta(days=14), last)
    client = stats_con.api(config, source)
    found = list(metric.read(client, *(span if metric.step is None else (moment.date() for moment in span))))
    assert len(found) > 3
    assert {type(one) for one in found} == {metric.record}
    if metric.older:
        assert metric.older(client, last.date()) >= last.date() - timedelta(days=14)


# Rows of the board


def test_the_rows_have_one_order_and_the_names_of_the_weeks_fields():
    assert [row.NAME for row in ROWS] == list(ROW_NAMES) == [field.name for field in fields(WeekRows)]
    assert sorted(row.NAME for row in PAGES) == sorted(queries.LATEST) == sorted(ROW_NAMES)


@each_row
def test_a_row_has_its_drawing_on_every_page_and_its_records_in_the_api(told, row):
    for address in ("/stats/livefeed", f"/stats/day/{DAY}", "/stats/", "/settings/"):
        page = told.test_client().get(address).text
        assert f'href="#i-{row.NAME}"' in page
        assert set(re.findall(r'href="#i-(\w+)"', page)) <= set(re.findall(r'id="i-(\w+)"', page))
    drawing = re.search(rf'<symbol id="i-{row.NAME}"[^>]*>(.*?)</symbol>', told.test_client().get("/settings/").text)
    assert drawing
    assert drawing[1]
    assert f"/api/v1/{row.NAME}" in {rule.rule for rule in told.url_map.iter_rules()}


@each_row
def test_a_rows_metrics_are_declared_by_their_sources(row):
    assert all(one in [(source, metric.name) for source, metric in METRICS] for one in (row.METRIC, row.DEVICE) if one)


@each_row
def test_what_a_rows_metric_brings_is_in_the_push_on_every_page_and_said(told, row):
    source, name = row.METRIC
    chosen = preferences.read()
    empty = payload.stats_vals(chosen, DAY)
    bring(source, SOURCES[source].METRICS[name], DAY)
    full = payload.stats_vals(chosen, DAY)
    assert [name for name in full["data"] if full["data"][name]] == [row.NAME]
    (shown,) = full["data"][row.NAME]
    assert (shown["index"], shown["date"]) == (3, "2026-11-25")
    assert full["cells"][f"{row.NAME}-3"]["class"].split()[0] in ("value", "partial")
    assert full["numbers"][row.NAME] != empty["numbers"][row.NAME]
    (change,) = changes.between(empty["data"], full["data"], "metric")
    assert change.cell == f"{row.NAME}-3"
    on_every_page(told, row)


def on_every_page(app: Flask, row: Row) -> None:
    """The board, the page of the day, and the latest records show the one row that has something."""
    label = ROW_NAMES[row.NAME]
    pages = {page: app.test_client().get(page).text for page in ("/stats/livefeed", f"/stats/day/{DAY}", "/stats/")}
    assert all(label in page for page in pages.values())
    day, latest = words(pages[f"/stats/day/{DAY}"]), words(pages["/stats/"])
    assert [one.NAME for one in PAGES if one.NOTHING not in day] == [row.NAME]
    assert " ".join([label, *row.HEADS, "2026-11-25"]) in latest
    assert latest.count("No records yet.") == len(ROWS) - 1


@each_row
def test_a_row_of_days_figures_has_one_so_far_today_and_a_device_that_tells_until_when_it_synced(row):
    source, name = row.METRIC
    of_days = SOURCES[source].METRICS[name].record is records.DayFigure
    assert row.GROWS is of_days
    assert bool(row.DEVICE) is of_days


@each_row
def test_a_row_can_be_hidden_and_renamed_and_stands_in_the_readme_and_the_changelog(told, row):
    page = told.test_client().get("/settings/").text
    assert {f"show_{row.NAME}", f"name_{row.NAME}"} <= set(re.findall(r'name="(\w+)"', page))
    assert f'placeholder="{ROW_NAMES[row.NAME]}"' in page
    assert ROW_NAMES[row.NAME].lower() in (ROOT / "README.md").read_text().partition("## Run it")[0]
    news = [entry.lower() for entry in (ROOT / "CHANGELOG.md").read_text().split("\n- ")]
    of_rows = [entry for entry in news if re.search(r"\brow of\b|\blive page\b", entry)]
    assert any(re.search(rf"\b{ROW_NAMES[row.NAME].lower()}\b", entry) for entry in of_rows)


# Record tables


def test_every_table_that_knows_its_account_is_one_of_records_and_every_other_is_known_to_hold_none():
    owned = {one.class_ for one in db.Model.registry.mappers if issubclass(one.class_, models.Provenance)}
    assert owned == set(models.RECORDS)
    assert set(db.metadata.tables) == NO_RECORDS | {model.__tablename__ for model in models.RECORDS}


@each_table
def test_the_database_announces_each_change_of_a_record_table_by_its_day(session, model):
    fired = text(
        "SELECT tgname, encode(tgargs, 'escape') FROM pg_trigger WHERE tgrelid = CAST(:name AS regclass)"
        " AND NOT tgisinternal"
    )
    triggers = dict(session.execute(fired, {"name": model.__tablename__}).all())
    assert triggers.keys() == {"sevenday_row", "sevenday_update", "sevenday_truncate"}
    (day,) = {arguments.removesuffix("\\000") for arguments in triggers.values()}
    assert issubclass(model.__table__.columns[day].type.python_type, date)


@each_table
def test_a_table_has_the_index_by_which_an_accounts_first_day_is_found(model):
    indexes = [[column.name for column in index.columns] for index in model.__table__.indexes]
    assert [one for one in indexes if one[:2] in (["account", "record_date"], ["account", "start_date_local"])]


@pytest.mark.parametrize("metric", models.FIGURES)
def test_an_account_has_one_row_a_day_for_its_figures(metric):
    table = models.figure(metric).class_.__table__
    unique = [set(one.columns.keys()) for one in table.constraints if isinstance(one, UniqueConstraint)]
    assert {"record_date", "account"} in unique


@each_table
@each_source
def test_disconnecting_with_its_rows_leaves_none_of_them_in_a_table(session, model, source):
    session.add_all(
        [
            row_of(model, f"{source}:7"),
        ]
    )
    session.flush()
    assert store.forget(session, source, keep_rows=False) == 1
    assert count(session, model) == 0


@each_table
def test_the_demo_leaves_with_its_rows_and_never_starts_beside_anothers(session, model):
    session.add(row_of(model, models.DEMO))
    session.flush()
    assert store.remove_demo(session) == 1
    session.add(row_of(model, ""))
    session.flush()
    assert not store.demo_may_start(session)


@each_table
def test_a_table_is_in_the_backup_and_some_metric_fills_it(told, session, model):
    for source, metric in METRICS:
        bring(source, metric, DAY)
    assert count(session, model) > 0
    saved = backup.contents()[0][f"tables/{model.__tablename__}.csv"].decode()
    assert DAY.isoformat() in saved


# Sources


def test_every_retention_that_can_be_set_is_some_sources():
    settings = {name for name in vars(Config) if name.endswith("RETENTION_DAYS")}
    assert settings == {declared.RETENTION for declared in SOURCES.values()} - {""}


@each_source
def test_a_source_has_its_settings_explained_and_a_double_at_the_simulator(source):
    readme, example = ((ROOT / name).read_text() for name in ("README.md", ".env.example"))
    for name in (f"{source.upper()}_CLIENT_ID", f"{source.upper()}_CLIENT_SECRET"):
        assert hasattr(Config, name)
        assert name in readme
        assert name in example
    assert f"{source.upper()}_CLIENT_SECRET" in run.SECRETS
    assert KEPT.fullmatch(f"{source}.json")
    doubles = Serving("http://simulator", SimpleNamespace()).env()  # type: ignore[arg-type]
    demo = {"DEMO": True, "SIMULATOR_URL": "http://simulator"}
    for name in SOURCES[source].ADDRESSES:
        assert hasattr(Config, name)
        assert name in readme
        assert stats_con.base(demo, source, name) == doubles[name]
    if SOURCES[source].RETENTION:
        assert all(SOURCES[source].RETENTION in text for text in (readme, example))


@each_source
def test_a_source_is_on_the_page_in_the_docs_and_where_a_browser_may_be_sent(told, source):
    declared = SOURCES[source]
    answer = told.test_client().get("/connect/")
    card = re.search(rf'<section class="card" id="{source}".*?</section>', answer.text, re.DOTALL)
    assert card
    said = words(card[0])
    assert said.startswith(declared.NAME)
    assert f"/connect/{source}/callback" in said
    assert all(scope in said for scope in stats_con.scopes(source))
    way_out = authorize_url(stats_con.oauth_app(told.config, source), "http://localhost", "s", [])
    assert origin(way_out) in answer.headers["Content-Security-Policy"]
    assert f"{source}.json" in (ROOT / "creds/README.md").read_text()
    assert declared.NAME in (ROOT / "docs/reliability.md").read_text()
