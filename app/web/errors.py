"""Error pages: one clear sentence each, and for what passes by itself a page that tries again."""

from flask import Flask, Response, current_app, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError, SQLAlchemyError, TimeoutError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.web import access, problems
from logs import first_line


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(RequestEntityTooLarge, too_large)
    app.register_error_handler(CSRFError, stale_form)
    for error in (OperationalError, InterfaceError, TimeoutError):
        app.register_error_handler(error, no_database)
    app.register_error_handler(ProgrammingError, no_tables)


def http(error: HTTPException) -> tuple[str, int] | Response:
    if problems.wanted():
        return problems.of(error)
    return render_template("error.html", title=error.name, text=error.description, retry=False), error.code or 500


def too_large(error: RequestEntityTooLarge) -> tuple[str, int] | Response:
    most = (request.max_content_length or 0) // 1024
    text = f"This page takes {most} KB at the most, and that was more, so nothing was changed."
    if error.description != RequestEntityTooLarge.description:  # the page knows what to do instead
        text = str(error.description)
    if problems.wanted():
        return problems.problem(413, text)
    return render_template("error.html", title="Too much", text=text, retry=False), 413


def stale_form(_error: CSRFError) -> tuple[str, int]:
    text = (
        "Nothing was changed. The page had been open since before you signed in or out, or this browser keeps no"
        " cookies. Open the page again, and send the form once more."
    )
    back = access.page_before()
    return render_template("error.html", title="That form has expired", text=text, back=back, retry=False), 400


def no_database(error: SQLAlchemyError) -> tuple[str, int] | Response:
    current_app.logger.warning("The database does not answer: %s", first_line(error))
    return unavailable("The database does not answer. This page tries again by itself.")


def no_tables(error: ProgrammingError) -> tuple[str, int] | Response:
    current_app.logger.error("The database refused a query: %s", first_line(error))
    return unavailable(
        "The database has not this program's tables, or older ones. Run “flask db upgrade” on the server."
    )


def unavailable(text: str) -> tuple[str, int] | Response:
    if problems.wanted():
        return problems.problem(503, text)
    return render_template("error.html", title="Not just now", text=text, retry=True), 503
