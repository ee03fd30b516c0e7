"""A scale's FIT files become weigh-ins, and where several people stood on it one is asked for."""

from datetime import UTC, date, datetime, time

import pytest

from app.files import fit
from app.files.fit_weight import QUESTION
from app.files.records import Question, Refusal, WeighIn
from tests.filing import BERLIN, answering, member, of
from tests.fit_writer import Fit, seconds

T0 = seconds(datetime(2026, 5, 9, 22, 30, tzinfo=UTC))


def read(made: Fit, how=BERLIN):
    return list(fit.read(member("weight.fit", made.bytes()), how))


def two_people() -> Fit:
    made = Fit().add("file_id", type=9)
    for name, user, weight in (("Ann", 0, 75.8), ("Ben", 1, 58.2)):
        made.add("user_profile", name=name).add("weight_scale", stamp=T0 + user, weight=weight, user=user)
    return made


def test_a_weigh_in_is_of_the_persons_own_day():
    made = Fit().add("file_id", type=9).add("weight_scale", stamp=T0, weight=75.8, fat=21.5, bmi=23.4)
    (found,) = read(made)
    assert (found.date, found.time, found.weight) == (date(2026, 5, 10), time(0, 30), 75.8)
    assert (found.fat, found.bmi, found.at) == (21.5, 23.4, datetime(2026, 5, 9, 22, 30, tzinfo=UTC))


def test_what_the_scale_did_not_measure_is_unknown():
    made = Fit().add("file_id", type=9).add("weight_scale", stamp=T0, weight=75.8, fat=655.35)
    assert [(found.fat, found.bmi) for found in read(made)] == [(None, None)]


def test_a_scale_that_is_still_calculating_gives_no_weigh_in():
    made = Fit().add("file_id", type=9).add("weight_scale", stamp=T0, weight=655.34)
    assert [type(item) for item in read(made)] == [Refusal]


def test_of_two_people_one_is_asked_for():
    (question,) = read(two_people())
    assert isinstance(question, Question)
    assert question.options == (("0", "Ann 75.8 kg"), ("1", "Ben 58.2 kg"), ("none", "None of them"))


@pytest.mark.parametrize(("answer", "weights"), [("0", [75.8]), ("1", [58.2]), ("none", [])])
def test_the_answer_takes_one_persons_weigh_ins(answer, weights):
    items = read(two_people(), answering(**{QUESTION: answer}))
    assert [found.weight for found in of(WeighIn, items)] == weights
    assert len(of(Refusal, items)) == (not weights)


def test_several_profiles_without_a_users_number_are_a_question_too():
    made = Fit().add("file_id", type=9).add("user_profile", name="A").add("user_profile", name="B")
    made.add("weight_scale", stamp=T0, weight=75.8).add("weight_scale", stamp=T0 + 60, weight=58.2)
    assert [type(item) for item in read(made)] == [Question]
