"""Figures in SI units as a person reads them."""

import pytest

from app import units


def plain(text: str) -> str:
    """With ordinary spaces, so that the tables below can be read."""
    return text.replace(units.NBSP, " ")


@pytest.mark.parametrize(
    ("kilograms", "system", "shown"),
    [
        (72.44, "metric", ("72.4", "kg")),
        (72.0, "metric", ("72.0", "kg")),
        (104.96, "metric", ("105.0", "kg")),
        (72.5, "imperial", ("159.8", "lb")),
        (0.45359237, "imperial", ("1.0", "lb")),
    ],
)
def test_weight(kilograms, system, shown):
    assert units.weight(kilograms, system) == shown


@pytest.mark.parametrize(
    ("metres", "system", "shown"),
    [
        (8204.3, "metric", "8.2 km"),
        (400.0, "metric", "400 m"),
        (949.4, "metric", "949 m"),
        (960.0, "metric", "1.0 km"),
        (1000.0, "metric", "1.0 km"),
        (1_234_567.0, "metric", "1,234.6 km"),
        (1609.344, "imperial", "1.0 mi"),
        (42_195.0, "imperial", "26.2 mi"),
        (400.0, "imperial", "437 yd"),
        (91.44, "imperial", "100 yd"),
    ],
)
def test_distance(metres, system, shown):
    assert plain(units.distance(metres, system)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (2530, "42:10"),
        (3800, "1:03:20"),
        (59, "0:59"),
        (60, "1:00"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (90_061, "25:01:01"),
        (0, ""),
        (None, ""),
    ],
)
def test_clock(seconds, shown):
    assert units.clock(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (2700, "45 min"),
        (3900, "1 h 05 min"),
        (3599, "1 h 00 min"),
        (3600, "1 h 00 min"),
        (90, "2 min"),
        (20, "1 min"),
        (0, ""),
        (None, ""),
    ],
)
def test_duration(seconds, shown):
    assert plain(units.duration(seconds)) == shown


@pytest.mark.parametrize(
    ("sport", "metres", "seconds", "metric", "imperial"),
    [
        ("Run", 10_000.0, 3080, "5:08 /km", "8:16 /mi"),
        ("Walk", 1609.344, 900, "9:19 /km", "15:00 /mi"),
        ("Hike", 5000.0, 18_050, "1:00:10 /km", "1:36:50 /mi"),
        ("Swim", 1500.0, 1725, "1:55 /100 m", "1:45 /100 yd"),
        ("Ride", 40_500.0, 6000, "24.3 km/h", "15.1 mph"),
        ("Rowing", 2000.0, 480, "15.0 km/h", "9.3 mph"),
        ("Parkour", 1000.0, 1800, "2.0 km/h", "1.2 mph"),
        (None, 1000.0, 1800, "2.0 km/h", "1.2 mph"),
        ("Run", 10_000.0, None, "", ""),
        ("Ride", 10_000.0, 0, "", ""),
        ("Run", 0.0, 600, "", ""),
        ("Swim", -1.0, 600, "", ""),
    ],
)
def test_pace_on_foot_and_in_water_and_speed_elsewhere(sport, metres, seconds, metric, imperial):
    assert plain(units.effort(sport, metres, seconds, "metric")) == metric
    assert plain(units.effort(sport, metres, seconds, "imperial")) == imperial


def test_a_figure_and_its_unit_are_never_torn_apart():
    texts = [units.distance(8200.0, "metric"), units.duration(3900), units.effort("Ride", 40_500.0, 6000, "metric")]
    assert not any(" " in text for text in texts)


@pytest.mark.parametrize(
    ("sport", "name", "family"),
    [
        ("Run", "Run", "run"),
        ("TrailRun", "Trail run", "run"),
        ("Walk", "Walk", "run"),
        ("Ride", "Ride", "ride"),
        ("MountainBikeRide", "Mountain bike ride", "ride"),
        ("EBikeRide", "E-bike ride", "ride"),
        ("EMountainBikeRide", "E-mountain bike ride", "ride"),
        ("HighIntensityIntervalTraining", "HIIT", "other"),
        ("StandUpPaddling", "Stand-up paddling", "other"),
        ("NordicSki", "Nordic ski", "other"),
        ("Yoga", "Yoga", "other"),
        ("Parkour", "Parkour", "other"),
        ("UnderwaterBasketWeaving", "Underwater basket weaving", "other"),
        ("", "Workout", "other"),
        (None, "Workout", "other"),
    ],
)
def test_a_sport_known_or_not_reads_well_and_has_a_colour(sport, name, family):
    assert (units.sport(sport), units.family(sport)) == (name, family)
