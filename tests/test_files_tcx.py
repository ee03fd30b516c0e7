"""TCX files become activities by their laps, and by their points where the laps say nothing or what cannot be."""

from datetime import timedelta

import pytest

from app.files import tcx, zones
from app.files.records import Activity, Refusal
from tests.filing import BERLIN, member, of, said
from tests.tracks_writer import START, at, lap, outing
from tests.tracks_writer import tcx as written


def read(content: str, name: str = "x.tcx"):
    return list(tcx.read(member(name, content), BERLIN))


def one(*outings: str, name: str = "x.tcx") -> Activity:
    (found,) = of(Activity, read(written(*outings), name))
    return found


def beats(tag: str, value: float) -> str:
    return f"<{tag}><Value>{value}</Value></{tag}>"


def test_laps_are_summed_up():
    about = "<MaximumSpeed>4.5</MaximumSpeed><Calories>99.5</Calories>" + beats("MaximumHeartRateBpm", 171.0)
    found = one(outing(lap(0, 100, about=about), lap(100, 50, timer=40)))
    assert (found.activity_type, found.start, found.distance) == ("Run", START, 450)
    assert (found.elapsed_time, found.moving_time, found.max_speed, found.max_heartrate) == (150, 140, 4.5, 171)
    assert found.average_speed == pytest.approx(450 / 140)
    assert zones.local(found, BERLIN.zone).offset == 7200


def test_heart_rate_is_of_the_points_else_of_the_laps_by_their_times():
    rates = [beats("AverageHeartRateBpm", rate) for rate in (120, 150)]
    assert one(outing(lap(0, 100, about=rates[0]), lap(100, 50, about=rates[1]))).average_heartrate == 130
    inside = beats("HeartRateBpm", 140)
    found = one(outing(lap(0, 100, about=rates[0], inside=inside), lap(100, 50)))
    assert (found.average_heartrate, found.max_heartrate) == (140, 140)


def test_a_lap_that_says_nought_metres_but_moves_is_measured_by_its_points():
    assert one(outing(lap(0, 100, distance=0), lap(100, 50))).distance == 450


def test_a_timer_far_over_the_wall_time_is_not_believed():
    found = one(outing(lap(0, 20, timer=7210)))
    assert (found.elapsed_time, found.moving_time) == (20, 20)


def test_laps_without_points_and_points_without_places_are_normal():
    found = one(outing(lap(0, 100, points=False), lap(100, 50, points=False), sport="Biking"))
    assert (found.activity_type, found.distance, found.elapsed_time, found.position) == ("Ride", 450, 150, None)
    found = one(outing(lap(0, 100, place=False, distance=0)))
    assert (found.distance, found.moving_time) == (300, 100)


@pytest.mark.parametrize(
    ("sport", "about", "name", "kind"),
    [
        ("Other", "", "x.tcx", "Workout"),
        ("Other", "<Notes>Open water swim in the lake</Notes>", "x.tcx", "Swim"),
        ("Other", "", "sup-evening.tcx", "StandUpPaddling"),
        ("Other", "<Creator><Name>Garmin Swim 2</Name></Creator>", "x.tcx", "Swim"),
        ("CrossCountrySkiing", "", "x.tcx", "NordicSki"),
        ("Curling", "", "x.tcx", "Curling"),
        ("Running", "<Notes>before the swim</Notes>", "x.tcx", "Run"),
    ],
)
def test_other_is_sharpened_by_what_stands_around_it(sport, about, name, kind):
    assert one(outing(lap(0, 9), sport=sport, about=about), name=name).activity_type == kind


def test_several_activities_in_a_file_are_several_and_the_same_one_twice_is_one():
    multisport = f"<MultiSportSession><FirstSport>{outing(lap(0, 9))}</FirstSport><NextSport>"
    multisport += outing(lap(60, 9), sport="Biking", id=at(60)) + "</NextSport></MultiSportSession>"
    found = of(Activity, read(written(multisport, outing(lap(0, 9)))))
    assert [(each.activity_type, each.start - START) for each in found] == [
        ("Run", timedelta(0)),
        ("Ride", timedelta(seconds=60)),
    ]


def test_an_id_of_another_day_or_none_gives_way_to_the_points():
    assert one(outing(lap(0, 9), id="2011-01-01T00:00:00Z")).start == START
    assert one(outing(lap(0, 9), id="soon")).start == START


def test_run_cadence_is_one_foot_and_both_feet_are_halved():
    strides = "<Extensions><TPX><RunCadence>86</RunCadence></TPX></Extensions>"
    assert one(outing(lap(0, 9, inside=strides))).average_cadence == 86
    about = "<Extensions><LX><AvgRunCadence>88</AvgRunCadence></LX></Extensions>"
    assert one(outing(lap(0, 9, about=about))).average_cadence == 88
    steps = written(outing(lap(0, 9, inside="<Cadence>172</Cadence>")))
    assert (of(Activity, read(steps))[0].average_cadence, "both feet" in said(read(steps))) == (86, True)
    assert one(outing(lap(0, 9, about="<Cadence>130</Cadence>"), sport="Biking")).average_cadence == 130


def test_short_notes_are_a_name_and_long_ones_are_not():
    assert one(outing(lap(0, 9), about="<Notes>Round the lake</Notes>")).name == "Round the lake"
    assert one(outing(lap(0, 9), about=f"<Notes>{'so tired ' * 50}</Notes>")).name == ""


def test_spaces_before_the_declaration_and_times_of_other_forms_are_read():
    content = " " * 10 + written(outing(lap(0, 9)))
    assert of(Activity, read(content)) == of(Activity, read(content.strip()))
    assert of(Activity, read(content.replace("Z<", ".123456+00:00<")))[0].offset is None


def test_a_cut_file_loses_points_but_not_its_last_laps_totals_which_stand_first():
    content = written(outing(lap(0, 100), lap(100, 100)))
    items = read(content[: len(content) * 3 // 4])
    (found,) = of(Activity, items)
    assert (found.moving_time, found.distance, "cut off" in said(items)) == (200, 600, True)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (written().replace("<Activities>", "<Courses><Course><Name>x</Name></Course></Courses><Activities>"), "course"),
        (written(outing()), "no workout"),
        (written(), "no workout"),
        ("<TrainingCenterDatabase><Activities", "broken"),
        (written(outing("<Lap/>" * 20_001)), "no device"),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + written(outing(lap(0, 9))), "no device"),
    ],
)
def test_what_is_no_workout_is_refused_in_one_sentence(content, sentence):
    (refused,) = read(content)
    assert isinstance(refused, Refusal)
    assert sentence in refused.why
