"""The part of `/settings/` that says where and when to tell; an address typed in is never shown again."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Any

from flask import current_app, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.extensions import db
from app.notify import addresses, check
from app.notify.outbox import FailedAddress
from app.notify.send import Result, places
from app.records import preferences
from app.settings.views import bp, kept_page
from app.sources.errors import SourceError

CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?")
ONE_TIME = "Enter both times, such as 22:00 and 07:00, or neither."
NUMBERS = ("first", "second", "third", "fourth", "fifth")


@dataclass(frozen=True)
class Address:
    """One of those that are told: by its kind and host, what it does wrong, and its number among those typed in."""

    place: str
    failure: str
    number: int | None


@bp.context_processor
def add_to_templates() -> dict[str, Any]:
    return {"notifications": told}


def told() -> dict[str, Any]:
    stored, config = preferences.stored(), current_app.config
    return {
        "addresses": all_addresses(),
        "damage": addresses.damage(config),
        "quiet_from": f"{stored.quiet_from:%H:%M}" if stored.quiet_from else "",
        "quiet_to": f"{stored.quiet_to:%H:%M}" if stored.quiet_to else "",
        "week_review": bool(stored.week_review),
    }


def all_addresses() -> list[Address]:
    config, typed = current_app.config, addresses.typed(current_app.config)
    urls = addresses.all_of(config)
    failures = {row.place: row.why for row in db.session.query(FailedAddress)}
    return [
        Address(
            result.place or "An address of no kind that is known",
            (result.why and "cannot be told") or failures.get(result.place, ""),
            typed.index(url) if url in typed and url not in config["NOTIFY_URLS"] else None,
        )
        for url, result in zip(urls, places(tuple(urls)), strict=True)
    ]


@bp.post("/notifications")
def save_notifications() -> Response | tuple[str, int]:
    """Keeps what makes sense; beside what does not, a sentence."""
    wrong = {"wrong_address": keep_addresses(request.form.get("addresses", "").split()), "wrong_hours": keep_hours()}
    if any(wrong.values()):
        return kept_page(**wrong), 422
    flash("Saved.")
    return redirect(url_for("settings.index", _anchor="notifications"))


def keep_addresses(urls: list[str]) -> str:
    """What is wrong with some of them, in a sentence; the others are kept."""
    if not urls:
        return ""
    if len(urls) + len(addresses.typed(current_app.config)) > addresses.MOST:
        return f"There can be {addresses.MOST} addresses at the most: remove some first."
    results = places(tuple(urls))
    good = [url for url, result in zip(urls, results, strict=True) if result.ok]
    try:
        if good:
            addresses.add(current_app.config, good)
    except SourceError as error:
        return str(error)
    return fault(urls, results)


def fault(urls: list[str], results: tuple[Result, ...]) -> str:
    """By their places, as an address may hold a secret."""
    bad = [number for number, result in enumerate(results) if not result.ok]
    if not bad:
        return ""
    which = " and ".join(NUMBERS[n] if n < len(NUMBERS) else f"{n + 1}th" for n in bad)
    one = f"The {which} address is" if len(bad) == 1 else f"The {which} addresses are"
    subject = "This is" if len(urls) == 1 else one
    kept = "" if len(bad) == len(urls) else " The others are kept."
    return (
        f"{subject} not complete, or of no kind that Apprise knows: it takes such as ntfy://ntfy.sh/a-topic or "
        f"mailto://name:password@gmail.com.{kept}"
    )


def keep_hours() -> str:
    given = [request.form.get(name, "").strip() for name in ("quiet_from", "quiet_to")]
    clocks = [CLOCK.fullmatch(text) for text in given]
    if not all(clocks) and any(given):
        return ONE_TIME
    begin, end = (time(int(clock[1]), int(clock[2])) if clock else None for clock in clocks)
    wanted = {"quiet_from": begin, "quiet_to": end, "week_review": bool(request.form.get("week_review"))}
    preferences.save(wanted)
    return ""


@bp.post("/notifications/<int:number>/remove")
def remove_address(number: int) -> Response:
    try:
        addresses.remove(current_app.config, number)
        flash("Removed: nothing is told there any more.")
    except SourceError as error:
        flash(str(error))
    return redirect(url_for("settings.index", _anchor="notifications"))


@bp.post("/notifications/test")
def send_test() -> Response:
    flash(outcome(check.test(current_app.config)))
    return redirect(url_for("settings.index", _anchor="notifications"))


def outcome(results: list[Result]) -> str:
    """`The test went to Telegram and JSON on box, but ntfy on ntfy.example does not answer.`"""
    if not results:
        return "There is no address to send a test to: add one first."
    took = joined([result.place for result in results if result.ok])
    failed = joined(
        [f"{result.place or 'an address of no known kind'} {said(result)}" for result in results if result.why]
    )
    if not failed:
        return f"The test went to {took}."
    return f"The test went to {took}, but {failed}." if took else f"The test went nowhere: {failed}."


def said(result: Result) -> str:
    return result.why if result.place else "cannot be told"


def joined(words: list[str]) -> str:
    return ", ".join(words[:-1]) + (" and " if words[1:] else "") + words[-1] if words else ""
