"""The pages: the index of latest records, the live week, and one day."""

from datetime import date, timedelta

from flask import Blueprint, render_template, request, url_for
from werkzeug.exceptions import BadRequest

from app import units
from app.extensions import db
from app.records import preferences, queries
from app.records.rows import ROW_NAMES
from app.stats import day_page, payload, week
from app.stats.rows import PAGES

ONE_DAY = timedelta(days=1)

bp = Blueprint("stats", __name__)


@bp.get("/")
@bp.get("/index")
def index() -> str:
    session, system = db.session(), preferences.read().units
    return render_template(
        "stats/index.html",
        tables=[
            (
                row.NAME,
                ROW_NAMES[row.NAME],
                row.HEADS,
                [row.latest(one, system) for one in queries.latest(session, row.NAME)],
            )
            for row in PAGES
        ],
        from_strava=payload.is_from_strava(queries.sync_states(session)),
        demo=queries.demo_is_on(session),
    )


@bp.get("/livefeed")
def livefeed() -> str:
    chosen = preferences.read()
    today = payload.today(chosen)
    asked = request.args.get("week")
    shown = today if asked is None else asked_day("week", asked, today, chosen.week_start)
    view = payload.page(chosen, shown, today)
    wall = request.args.get("wall") == "1"
    return render_template(
        "stats/livefeed.html",
        begins=not wall and not view["demo"] and not queries.real_rows_exist(db.session()),
        current=today in view["days"],
        pinned=asked is not None,
        mass_unit=units.weight(0, chosen.units)[1],
        wall=wall,
        night=chosen.night,
        clock=payload.clock(chosen),
        reordered=preferences.reordered(chosen.rows),
        chain_links=view["chain"],
        looks=week.looks,
        version=payload.version(chosen),
        **view | {"rows": chosen.rows, "later": later_address(view["later"], today)},
    )


def later_address(later: date | None, today: date) -> str | None:
    """The address of the week after; the current week's own is the one that follows the calendar."""
    if later is None:
        return None
    is_current = today - later < week.WEEK
    return url_for("stats.livefeed") if is_current else url_for("stats.livefeed", week=later)


@bp.get("/day/<day>")
def day(day: str) -> str:
    """One day's details; 400 with one line for what is no day."""
    chosen = preferences.read()
    today = payload.today(chosen)
    asked = asked_day("The address", day, today, chosen.week_start)
    session = db.session()
    return render_template(
        "stats/day.html",
        day=asked,
        week=asked.isoformat(),
        earlier=asked - ONE_DAY if asked > date.min else None,
        later=asked + ONE_DAY if asked < today else None,
        demo=queries.demo_is_on(session),
        **day_page.view(session, chosen, asked, today),
    )


def asked_day(what: str, text: str, today: date, week_start: str) -> date:
    """The day that `text` names; 400 with one line for what is no day."""
    try:
        return week.asked(text, week_start)
    except ValueError:
        raise BadRequest(f"{what} takes a day such as {today.isoformat()}, not “{text[:40]}”.") from None
