"""Every vendor's word for a sport is told in Strava's words, and outings that may be one are of one family."""

import pytest

from app.files import sports

STRAVA_TYPES = [name for names in sports._FAMILIES.values() for name in names.split()] + ["Workout"]


@pytest.mark.parametrize("name", STRAVA_TYPES)
def test_stravas_own_types_are_understood_with_spaces_hyphens_and_in_any_case(name):
    spaced = "".join(" " + letter if letter.isupper() else letter for letter in name).strip()
    assert {sports.of_word(word) for word in (name, name.lower(), spaced, spaced.replace(" ", "_").upper())} == {name}


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("HIIT", "HighIntensityIntervalTraining"),
        ("Football (Soccer)", "Soccer"),
        ("Stair-Stepper", "StairStepper"),
        ("E-Bike-Fahrt", "EBikeRide"),
        ("Fußball", "Soccer"),
        ("Course à pied", "Run"),
        ("Hardloopsessie", "Run"),
        ("Entrenamiento con pesas", "WeightTraining"),
        ("trail_running", "TrailRun"),
        ("Biking", "Ride"),
        ("unbekannt", "Workout"),
        ("Kwidditch", None),
    ],
)
def test_words_of_apps_and_languages_are_understood(word, name):
    assert sports.of_word(word) == name


@pytest.mark.parametrize(
    ("sport", "sub_sport", "name"),
    [
        (1, 0, "Run"),
        (1, 3, "TrailRun"),
        (2, 48, "Ride"),
        (2, 58, "VirtualRide"),
        (21, 47, "EMountainBikeRide"),
        (4, 14, "Rowing"),
        (10, 43, "Yoga"),
        (64, 97, "TableTennis"),
        (82, None, "Workout"),
        (3, 0, None),
    ],
)
def test_the_fit_profiles_numbers_are_understood(sport, sub_sport, name):
    assert sports.of_fit(sport, sub_sport) == name


def test_stravas_numbers_in_gpx_and_apples_types_are_understood():
    assert [sports.of_gpx(text) for text in ("1", " 9 ", "cycling", "77")] == ["Ride", "Run", "Ride", None]
    words = ["FunctionalStrengthTraining", "DownhillSkiing", "3000", "Curling", "Transition"]
    assert [sports.of_apple("HKWorkoutActivityType" + word) for word in words] == [
        *("WeightTraining", "AlpineSki", "Workout", "Curling", None)
    ]


def test_a_name_or_a_note_may_tell_the_sport():
    texts = ["Evening run", "sup-two-laps.tcx", "2024_trail-running.gpx", "Home workout", "activity_77.fit"]
    assert [sports.in_text(text) for text in texts] == ["Run", "StandUpPaddling", "TrailRun", None, None]


def test_a_workout_may_be_any_outing_and_a_ride_is_no_run():
    assert sports.same_family("Workout", "Ride")
    assert sports.same_family("GravelRide", "VirtualRide")
    assert sports.same_family("WeightTraining", "Yoga")
    assert not sports.same_family("Ride", "Run")
    assert not sports.same_family("Tennis", "Soccer")


def test_only_a_sport_without_a_way_takes_nought_metres_for_nothing():
    assert not any(sports.has_distance(name) for name in ("Yoga", "WeightTraining", "Workout"))
    assert all(sports.has_distance(name) for name in ("Run", "Swim", "Ride", "Rowing"))
