"""Google Health's filter language, as strict as the real one (docs/providers.md, Google 3.3)."""

import re
from datetime import datetime

Restriction = tuple[str, str, datetime]  # clock (physical or civil), operator, limit: aware UTC or naive local
TERM = re.compile(r'([a-z_]+)\.([a-z_.]+)\s*(>=|<=|!=|=|>|<|:)\s*"([^"]*)"')
LITERALS = {
    "physical": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)"),
    "civil": re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?"),
}


class FilterError(ValueError):
    """`reason` is the detailed one of the error body, or empty where none is known."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = f"INVALID_DATA_POINT_FILTER_{reason}" if reason else ""


def sample_fields(data_type: str) -> dict[str, str]:
    """Member -> clock, for a type that is measured at an instant."""
    return {f"{data_type}.sample_time.{clock}_time": clock for clock in ("physical", "civil")}


def session_fields(data_type: str) -> dict[str, str]:
    return {f"{data_type}.interval.civil_start_time": "civil"}


def parse(text: str, fields: dict[str, str]) -> list[Restriction]:
    """The restrictions of a filter, which all hold; an empty filter has none. Raises FilterError."""
    terms = [_term(term, fields) for term in text.split(" AND ")] if text else []
    if len({clock for clock, _, _ in terms}) > 1:
        raise FilterError("physical and civil times must not be mixed.", "MIXED_TIME_RESTRICTIONS")
    return terms


def _term(text: str, fields: dict[str, str]) -> Restriction:
    match = TERM.fullmatch(text.strip())
    if match is None:
        raise FilterError(f"cannot parse {text!r}.")
    data_type, member, operator, literal = match.groups()
    if not any(field.startswith(f"{data_type}.") for field in fields):
        raise FilterError(f"{data_type} is not the data type of this collection.", "DATA_TYPE_RESTRICTION")
    if f"{data_type}.{member}" not in fields:
        raise FilterError(f"{data_type} cannot be restricted by {member}.", "DATA_TYPE_MEMBER")
    if operator not in (">=", "<"):
        raise FilterError(f"comparator {operator} is not supported.", "RESTRICTION_COMPARATOR")
    clock = fields[f"{data_type}.{member}"]
    return clock, operator, _limit(clock, literal)


def _limit(clock: str, literal: str) -> datetime:
    if not LITERALS[clock].fullmatch(literal):
        raise FilterError(f"{literal!r} is not a {clock} time.")
    try:
        return datetime.fromisoformat(literal)
    except ValueError as error:
        raise FilterError(f"{literal!r} is not a {clock} time.") from error
