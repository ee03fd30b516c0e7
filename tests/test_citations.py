"""What the code cites of the providers and of file formats stands in the documents, and these hold nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOCUMENTS = ("providers", "formats")
PLACES = ("app", "benchmarks", "deploy", "migrations", "simulator", "tests", ".github")
ENDINGS = {".py", ".html", ".js", ".yml", ".yaml"}
NUMBERS = r"\d+(?:\.\d+)*(?:(?:, | and )\d+(?:\.\d+)*)*"
PART = rf"(?:Strava|Google)(?: {NUMBERS})?"
FORMS = {"providers": rf", ({PART}(?:; {PART})*)", "formats": rf" ({NUMBERS})"}
HEADING = re.compile(r"^#{2,} ((?:(?:Strava|Google) )?\d+(?:\.\d+)*):? \S", re.MULTILINE)
GONE = re.compile(r"\b(?:strava|google_health|files|stack)\.md\b|\bfacts/|\bfact sheet", re.IGNORECASE)
"""How documents that no clone holds were called."""
BARE = re.compile(r"[a-z`] \(\d{1,2}\.\d(?:, \d{1,2}\.\d)*\)[.;:]")


def texts(endings: set[str]) -> Iterator[tuple[str, str]]:
    """Every file of ours with such an ending, but this one, by its path."""
    found = [*ROOT.iterdir(), *(path for place in PLACES for path in (ROOT / place).rglob("*"))]
    for path in sorted(found):
        ours = path.suffix in endings and path.is_file() and path != Path(__file__).resolve()
        if ours and "vendor" not in path.parts:
            yield str(path.relative_to(ROOT)), path.read_text()


def headings() -> list[str]:
    """Of both documents, as they are cited: `Strava 3.5`, or `8.1` of the formats."""
    return [found for document in DOCUMENTS for found in HEADING.findall((ROOT / f"docs/{document}.md").read_text())]


def citations(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each mention of a document, also over the end of a line, with the sections that it names."""
    line = re.sub(r"\s*\n\s*(?:#|//|\*)?\s*", " ", text)
    for found in re.finditer(rf"docs/({'|'.join(DOCUMENTS)})\.md(?:#\S+)?", line):
        said = re.compile(FORMS[found[1]]).match(line, found.end())
        yield line[found.start() : said.end() if said else found.end() + 20], sections(said[1]) if said else []


def sections(said: str) -> list[str]:
    """`Strava 2, 2.4; Google` are Strava 2, Strava 2.4 and Google as a whole."""
    found = []
    for part in said.split("; "):
        name = re.match(r"[A-Z]\w+", part)
        numbers = re.findall(r"\d+(?:\.\d+)*", part)
        found += [f"{name[0]} {number}" if name else number for number in numbers] or [part]
    return found


def cited() -> dict[str, list[tuple[str, list[str]]]]:
    return {path: list(citations(text)) for path, text in texts(ENDINGS)}


def test_every_citation_leads_to_a_section():
    known = {*headings(), *(heading.split()[0] for heading in headings())}
    wrong = [
        f"{path}: {quoted}"
        for path, found in cited().items()
        for quoted, named in found
        if not named or not set(named) <= known
    ]
    assert wrong == []


def test_every_section_is_cited_by_itself_or_in_its_parts():
    named = {section for found in cited().values() for _, sections in found for section in sections}
    unused = [
        heading
        for heading in headings()
        if heading not in named and not any(section.startswith(f"{heading}.") for section in named)
    ]
    assert unused == []


def test_a_section_has_one_heading():
    assert sorted(headings()) == sorted(set(headings()))


def test_nothing_mentions_a_document_that_no_clone_holds():
    assert [path for path, text in texts({*ENDINGS, ".md", ".css", ".toml"}) if GONE.search(text)] == []


def test_the_readers_cite_no_number_without_its_document():
    assert [
        path for path, text in texts({".py"}) if path.startswith(("app/files", "app/sources")) and BARE.search(text)
    ] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"""Reads it (docs/formats.md 8.1, 10)."""', ["8.1", "10"]),
        ('"""Reads it (docs/formats.md 8.1).\n\n10 is more."""', ["8.1"]),
        ("# Refused (docs/providers.md, Strava 2.4, 6; Google 4).", ["Strava 2.4", "Strava 6", "Google 4"]),
        ("    # Odd (docs/providers.md,\n    # Google 3\n    # and 4).", ["Google 3", "Google 4"]),
        ('"""All of it (docs/providers.md, Strava)."""', ["Strava"]),
        ("// as in docs/formats.md", []),
        ("see docs/formats.md#81-what-holds", []),
        ("docs/providers.md 3.5", []),
    ],
)
def test_a_citation_names_its_sections(text, found):
    assert [named for _, named in citations(text)] == [found]
