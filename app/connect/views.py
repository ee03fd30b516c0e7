"""`/connect/`: a card for each source with its state, the next step, and the way out."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import stats_con
from app.connect import cards, sign_in, ways
from app.connect.forms import ClientForm
from app.extensions import db
from app.records import preferences, provenance, queries, store
from app.sources import SOURCES
from app.sources.errors import SourceError
from app.sync import standing

bp = Blueprint("connect", __name__)
SOURCE = f"/<any({', '.join(SOURCES)}):source>"
PATIENCE_SECONDS = 5.0


@bp.before_request
def at_home() -> Response | None:
    """Sends 127.0.0.1 to localhost where the provider does so too: a browser's session belongs to one of the names."""
    public, here = urlsplit(current_app.config["PUBLIC_BASE_URL"]), urlsplit(request.host_url)
    names = {public.hostname, here.hostname}
    if request.method == "GET" and len(names) == 2 and names <= {*cards.LOOPBACK} and public.port == here.port:
        path = f"{request.script_root}{request.full_path}".rstrip("?")
        return redirect(f"{public.scheme}://{public.netloc}{path}")
    return None


@bp.get("/")
def index() -> str:
    return page({})


def page(typed: dict[str, ClientForm]) -> str:
    """All cards; `typed` holds the forms that were sent and not taken, by their sources."""
    config, now = stats_con.current(current_app.config), datetime.now(UTC)
    states, chosen = queries.sync_states(db.session()), preferences.read()
    shown = [
        cards.card(
            config,
            chosen,
            source,
            [state for state in states if state.source == source],
            now,
            provenance.of_account(db.session(), source),
        )
        for source in SOURCES
    ]
    forms = {
        card.source: typed.get(card.source) or ClientForm(card.source, None, client_id=card.client_id) for card in shown
    }
    return render_template(
        "connect/index.html",
        cards=shown,
        forms=forms,
        sources=SOURCES,
        others={source: queries.of_another(db.session(), source) for source in SOURCES},
        demo=queries.demo_is_on(db.session()),
        redirects={source: stats_con.redirect_uri(config, source) for source in SOURCES},
        scopes={source: stats_con.scopes(source) for source in SOURCES},
        home=urlsplit(config["PUBLIC_BASE_URL"]),
        elsewhere=cards.elsewhere(config, urlsplit(request.host_url).hostname or ""),
        refused_by_google=cards.refused_by_google(config),
        typed=ways.typed(db.session(), chosen),
        sent=ways.sent(db.session(), chosen),
        connected=any(card.connected for card in shown),
        kept_days=stats_con.kept_days(config),
    )


@bp.post(f"{SOURCE}/client")
def client(source: str) -> Response | tuple[str, int]:
    """Keeps the client id and secret, and goes on to the provider's consent page."""
    form = ClientForm(source)
    if stats_con.set_by_environment(current_app.config, source) or not form.validate_on_submit():
        return page({source: form}), 400
    try:
        sign_in.register(source, form.client_id.data, form.client_secret.data)
    except SourceError as error:
        form.client_id.errors = [str(error)]
        return page({source: form}), 400
    return start(source) if form.client_id.data else back(f"{standing.NAMES[source]}'s client ID is forgotten.")


@bp.post(f"{SOURCE}/start")
def start(source: str) -> Response:
    try:
        return redirect(sign_in.begin(source, optional=request.form.get("food_log") != "no"))
    except SourceError as error:
        return back(str(error), "warning")


@bp.get(f"{SOURCE}/callback")
def callback(source: str) -> Response:
    """Where the provider sends the browser. What is in the address is used and left behind at once."""
    answer = request.args.to_dict()
    if answer.get("error") == "invalid_scope" and source in session.get("consents", {}):
        return redirect(sign_in.begin(source, optional=False))
    return finished(source, answer)


@bp.post(f"{SOURCE}/finish")
def finish(source: str) -> Response:
    """Takes the address that a browser on another machine ended on."""
    try:
        return finished(source, sign_in.pasted(request.form.get("address", "")))
    except SourceError as error:
        return back(str(error), "warning")


def finished(source: str, answer: dict[str, str]) -> Response:
    try:
        return back(sign_in.finish(source, answer))
    except SourceError as error:
        return back(str(error), "warning")


@bp.post(f"{SOURCE}/test")
def test(source: str) -> Response:
    """One real call; the provider's answer in words."""
    try:
        owner = stats_con.owner(stats_con.current(current_app.config), source)
    except SourceError as error:
        return back(str(error), "warning")
    return back(f"{standing.NAMES[source]} answers: this is the account of {owner}.")


@bp.post(f"{SOURCE}/others")
def remove_others(source: str) -> Response:
    """Removes what those brought who were signed in before."""
    with Session(db.engine) as db_session, db_session.begin():
        removed = store.forget_others(db_session, source)
    return back(f"{removed} rows of another {standing.NAMES[source]} account removed.")


@bp.post(f"{SOURCE}/disconnect")
def disconnect(source: str) -> Response:
    """Ends the sign-in and removes the tokens, whatever the provider answers; the rows stay or go as is asked for."""
    return back(left(source, standing.NAMES[source], keep_rows=request.form.get("rows") != "remove"))


def left(source: str, name: str, keep_rows: bool) -> str:
    """Leaves the account and says in words what was done."""
    with store.sole_writer(source, PATIENCE_SECONDS) as mine:
        if not mine:
            return f"A sync of {name} is under way. Try again when it is over."
        try:
            revoked = stats_con.disconnect(stats_con.current(current_app.config), source)
        except SourceError as error:
            return str(error)
        with Session(db.engine) as db_session, db_session.begin():
            removed = store.forget(db_session, source, keep_rows)
    rows = "its rows were kept" if keep_rows else f"{removed} rows removed"
    told = "" if revoked else f" {name} did not confirm it: remove Sevenday in your account there, too."
    return f"{name} is disconnected; {rows}.{told}"


def back(said: str, kind: str = "info") -> Response:
    flash(said, kind)
    return redirect(url_for("connect.index"))
