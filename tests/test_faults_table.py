"""docs/reliability.md and the tests say the same: every row is a test, and every test of a fault has its row."""

import re
from types import ModuleType

from tests import (
    test_faults_answers,
    test_faults_kill,
    test_faults_machine,
    test_faults_pages,
    test_faults_records,
)
from tests.conftest import ROOT
from tests.refusals import FAULTS

FILES = (test_faults_answers, test_faults_pages, test_faults_records, test_faults_machine, test_faults_kill)
PAGE = (ROOT / "docs" / "reliability.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in PAGE.splitlines() if line.startswith("| ")]
TESTS = [row[3].strip("`") for row in ROWS if len(row) == 4 and row[3] != "test"]


def names_in(module: ModuleType) -> set[str]:
    return {name for name in vars(module) if name.startswith("test_")}


def test_every_row_names_a_test_and_every_test_of_a_fault_has_a_row() -> None:
    ours = set().union(*map(names_in, FILES))
    refusals = {fault.id for fault in FAULTS}
    elsewhere = {name for name in TESTS if "::" in name}
    assert set(TESTS) - refusals - elsewhere == ours - {"test_a_refusal_is_told_and_loses_nothing"}
    for name in elsewhere:
        file, _, test = name.partition("::")
        assert f"def {test}(" in (ROOT / "tests" / file).read_text()


def test_the_page_says_of_every_refusal_what_the_person_sees() -> None:
    told = {row[3].strip("`"): row[2] for row in ROWS if len(row) == 4}
    for fault in FAULTS:
        assert told[fault.id] == f"`{fault.line}` {fault.message}"


def test_the_cases_in_brackets_are_those_of_the_tests() -> None:
    named = set(re.findall(r"`([^`]+)`", " ".join(re.findall(r"\[([^\]]*)\]", PAGE))))
    assert named == {*test_faults_records.ODD, *test_faults_kill.STEPS}
