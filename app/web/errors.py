"""Error pages: one clear sentence each, and for what passes by itself a page that tries again."""

from flask import Flask, Response, current_app, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError, SQLAlchemyError, TimeoutError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.web import access, callers, problems, theme
from logs import first_line

EXPIRED = "That form has expired"


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(RequestEntityTooLarge, too_large)
    app.register_error_handler(CSRFError, refused_form)
    for error in (OperationalError, InterfaceError, TimeoutError):
        app.register_error_handler(error, no_database)
    app.register_error_handler(ProgrammingError, no_tables)


def http(error: HTTPException) -> tuple[str, int] | Response:
    if problems.is_api_request():
        return problems.of(error)
    return render_template("error.html", title=error.name, text=error.description, retry=False), error.code or 500


def too_large(error: RequestEntityTooLarge) -> tuple[str, int] | Response:
    most = (request.max_content_length or 0) // 1024
    text = f"This page takes {most} KB at the most, and that was more, so nothing was changed."
    if error.description != RequestEntityTooLarge.description:  # the page knows what to do instead
        text = str(error.description)
    if problems.is_api_request():
        return problems.problem(413, text)
    return render_template("error.html", title="Too much", text=text, retry=False), 413


def refused_form(error: CSRFError) -> tuple[str, int]:
    """The cause and the way out, on the page and in the log: most of the causes are somebody's settings."""
    title, text = why(str(error.description))
    current_app.logger.warning("A form was refused (%s): %s", error.description, text)
    text = f"Nothing was changed. {text}"
    return render_template("error.html", title=title, text=text, back=access.page_before(), retry=False), 400


def why(said: str) -> tuple[str, str]:
    """By the check's own words (flask_wtf.csrf): a title, and what to do."""
    public = current_app.config["PUBLIC_BASE_URL"]
    if "referrer does not match" in said:
        there = callers.parts(request.referrer or "").netloc[:60]
        return "The form came from another address", (
            f"The page was at “{there}”, and the form came for “{request.host[:60]}”. A proxy before the board has to"
            " pass on the Host that it was asked for (nginx: proxy_set_header Host $http_host;)."
        )
    if "referrer header is missing" in said:
        return "The browser does not say where the form came from", (
            "Under https a form needs a Referer of this board, and this browser sent none. Allow it for this site:"
            " a privacy setting, an extension or a proxy takes it away."
        )
    if current_app.config["SESSION_COOKIE_SECURE"] and not request.is_secure and not request.cookies:
        return "The browser keeps no cookie here", (
            f"The board's address is {public}, so its cookie goes by https only, and this page came by http."
            f" Open {public}. If you did, set TRUSTED_PROXIES=1, and have your proxy pass on X-Forwarded-Proto."
        )
    if "session token is missing" in said:
        return EXPIRED, (
            "This browser sent no cookie, without which a form is not taken: allow cookies for this site, open the page"
            " again, and send the form once more."
        )
    return EXPIRED, (
        "The page had been open since before you signed in or out. Open the page again, and send the form once more."
    )


def no_database(error: SQLAlchemyError) -> tuple[str, int] | Response:
    current_app.logger.warning("The database does not answer: %s", first_line(error))
    return unavailable("The database does not answer. This page tries again by itself.")


def no_tables(error: ProgrammingError) -> tuple[str, int] | Response:
    current_app.logger.error("The database refused a query: %s", first_line(error))
    return unavailable(
        "The database has not this program's tables, or older ones. Run “flask db upgrade” on the server."
    )


def unavailable(text: str) -> tuple[str, int] | Response:
    if problems.is_api_request():
        return problems.problem(503, text)
    return render_template("error.html", title="Not just now", text=text, retry=True, theme=theme.remembered_theme), 503
