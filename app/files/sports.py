"""The sports' names of every vendor, told in Strava's words, so that one outing has one name however it came."""

import itertools
import re
import unicodedata

WORKOUT = "Workout"

# What different vendors may call one and the same outing.
_FAMILIES = {
    "run": "Run TrailRun VirtualRun",
    "walk": "Walk Hike",
    "ride": "Ride MountainBikeRide GravelRide VirtualRide EBikeRide EMountainBikeRide Handcycle Velomobile",
    "swim": "Swim",
    "row": "Rowing VirtualRow",
    "ski": "AlpineSki BackcountrySki NordicSki RollerSki Snowboard Snowshoe",
    "indoor": "WeightTraining HighIntensityIntervalTraining Crossfit Yoga Pilates Elliptical StairStepper",
    "water": "Canoeing Kayaking StandUpPaddling Surfing Windsurf Kitesurf Sail",
    "skate": "IceSkate InlineSkate Skateboard",
    "racket": "Tennis TableTennis Badminton Squash Racquetball Pickleball Padel",
    "climb": "RockClimbing",
    "soccer": "Soccer",
    "basketball": "Basketball",
    "volleyball": "Volleyball",
    "cricket": "Cricket",
    "golf": "Golf",
    "dance": "Dance",
    "wheelchair": "Wheelchair",
}
_FAMILY = {name: family for family, names in _FAMILIES.items() for name in names.split()}
ANY = "any"  # matches every family: Workout, and words that nobody here knows

_WITHOUT_DISTANCE = {"indoor", "racket", "climb", "soccer", "basketball", "volleyball", "cricket", "dance", ANY}

# Words by the type that they mean, separated by commas; compared without case, accents, spaces and signs. English words
# of Garmin, Apple, Fitbit, GPX and TCX, then German, Dutch, French, Spanish as Strava's export writes them.
_WORDS = {
    "Run": "running, jogging, street running, road running, track running, treadmill, treadmill running, "
    "indoor running, treadmill run, outdoor run, lauf, laufen, hardloopsessie, hardlopen, course à pied, carrera",
    "TrailRun": "trail running, trail, traillauf, ultra run, obstacle run",
    "VirtualRun": "virtual running, virtueller lauf, virtuele hardloopsessie",
    "Ride": "biking, cycling, bike, bicycle, road biking, road cycling, outdoor bike, outdoor cycling, indoor cycling, "
    "indoor bike, spinning, spin, stationary bike, recumbent cycling, commuting, track cycling, road bike, bike ride, "
    "radfahrt, radfahren, fietsrit, fietsen, vélo, vuelta ciclista, ciclismo",
    "MountainBikeRide": "mountain biking, mountain bike, mtb, bmx, downhill biking, mountainbikefahrt, mountainbikerit",
    "GravelRide": "gravel cycling, gravel biking, gravel, cyclocross, gravelfahrt, gravelrit",
    "VirtualRide": "virtual cycling, virtual biking, virtuelle radfahrt, virtuele fietsrit",
    "EBikeRide": "e biking, ebiking, e bike, e bike fitness, e bike fahrt",
    "EMountainBikeRide": "e bike mountain, e mountainbikefahrt",
    "Handcycle": "hand cycling, handcycling",
    "Velomobile": "velomobil",
    "Walk": "walking, power walking, casual walking, speed walking, indoor walking, nordic walking, spaziergang, "
    "gehen, wandeling, wandelen, marche, caminata",
    "Hike": "hiking, mountaineering, trekking, backpacking, wanderung, wandern, hiken, randonnée, senderismo",
    "Swim": "swimming, lap swimming, pool swimming, pool swim, open water swimming, open water, openwater swim, "
    "schwimmen, zwemmen, natation, natación",
    "WeightTraining": "strength training, weights, weightlifting, strength, traditional strength training, "
    "functional strength training, krafttraining, gewichtstraining, krachttraining, entrenamiento con pesas",
    WORKOUT: "other, unknown, unbekannt, generic, training, sport, aerobic workout, interval workout, cardio, "
    "indoor cardio, cardio training, mixed cardio, core training, cross training, circuit training, fitness equipment, "
    "cooldown, flexibility, bootcamp, boxing, kickboxing, martial arts, stretching, meditation, uncategorized, "
    "entrenamiento",
    "HighIntensityIntervalTraining": "hiit, high intensity interval training",
    "Crossfit": "",
    "Elliptical": "elliptical trainer, ellipsentrainer",
    "StairStepper": "stair climbing, stairclimber, stairs, stair climber, stair stepping, floor climbing, stairmaster",
    "Rowing": "row, indoor rowing, rowing machine, rower, rudern, roeien",
    "VirtualRow": "virtual rowing",
    "Canoeing": "canoe, kanufahrt, kanusport",
    "Kayaking": "kayak, paddling, paddle sports, rafting, whitewater rafting kayaking, kajakfahren",
    "StandUpPaddling": "stand up paddleboarding, stand up paddle boarding, paddleboarding, sup, stand up paddle",
    "Surfing": "surf, surfing sports, surfen",
    "Windsurf": "windsurfing, windsurfen",
    "Kitesurf": "kitesurfing, kiteboarding, kitesurfen",
    "Sail": "sailing, segeln",
    "IceSkate": "ice skating, skating sports, eislaufen",
    "InlineSkate": "inline skating, roller skating, skating, inlineskaten",
    "Skateboard": "skateboarding",
    "AlpineSki": "alpine skiing, downhill skiing, skiing, resort skiing, resort skiing snowboarding, ski alpin",
    "BackcountrySki": "backcountry skiing, ski touring, skitouren, backcountry skiing snowboarding",
    "NordicSki": "nordic skiing, cross country skiing, cross country ski, skate skiing, langlauf",
    "RollerSki": "roller skiing",
    "Snowboard": "snowboarding, snowboarden",
    "Snowshoe": "snowshoeing, snow shoeing, schneeschuhwanderung",
    "RockClimbing": "climbing, indoor climbing, bouldering, klettern",
    "Soccer": "football soccer, football, fußball",
    "TableTennis": "",
    "Wheelchair": "wheelchair run pace, wheelchair walk pace, wheelchair push run, wheelchair push walk",
    "Dance": "dancing, cardio dance, social dance",
    **dict.fromkeys(["Yoga", "Pilates", "Tennis", "Badminton", "Squash", "Racquetball", "Pickleball", "Padel"], ""),
    **dict.fromkeys(["Basketball", "Volleyball", "Cricket", "Golf"], ""),
}

# The public FIT profile's sports; a pair (sport, sub sport) is looked up before the sport alone.
_FIT_SPORTS = {
    **{1: "Run", 2: "Ride", 5: "Swim", 6: "Basketball", 7: "Soccer", 8: "Tennis", 11: "Walk", 12: "NordicSki"},
    **{13: "AlpineSki", 14: "Snowboard", 15: "Rowing", 16: "Hike", 17: "Hike", 19: "Kayaking", 21: "EBikeRide"},
    **{25: "Golf", 30: "InlineSkate", 31: "RockClimbing", 32: "Sail", 33: "IceSkate", 35: "Snowshoe"},
    **{37: "StandUpPaddling", 38: "Surfing", 41: "Kayaking", 42: "Kayaking", 43: "Windsurf", 44: "Kitesurf"},
    **{48: "StairStepper", 62: "HighIntensityIntervalTraining", 65: "Wheelchair", 66: "Wheelchair", 71: "Cricket"},
    **{75: "Volleyball", 83: "Dance", 88: "Canoeing"},
}
_FIT_SUB_SPORTS = {
    1: {3: "TrailRun", 58: "VirtualRun"},
    2: {8: "MountainBikeRide", 9: "MountainBikeRide", 29: "MountainBikeRide", 46: "GravelRide", 11: "GravelRide"}
    | {58: "VirtualRide", 28: "EBikeRide", 47: "EMountainBikeRide", 127: "EMountainBikeRide", 12: "Handcycle"},
    21: {8: "EMountainBikeRide", 47: "EMountainBikeRide"},
    4: {14: "Rowing", 15: "Elliptical", 16: "StairStepper", 20: "WeightTraining", 1: "Run", 27: "Walk", 6: "Ride"},
    10: {20: "WeightTraining", 43: "Yoga", 44: "Pilates", 70: "HighIntensityIntervalTraining"},
    13: {37: "BackcountrySki"},
    15: {58: "VirtualRow"},
    64: {84: "Pickleball", 85: "Padel", 94: "Squash", 95: "Badminton", 96: "Racquetball", 97: "TableTennis"},
}
FIT_TRANSITION, FIT_MULTISPORT = 3, 18

_STRAVA_GPX_NUMBERS = {"1": "Ride", "4": "Hike", "9": "Run", "10": "Walk", "16": "Swim"}


def _squeezed(text: str) -> str:
    """The letters and digits alone, without case and accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


_TYPE = {_squeezed(name): name for name in (*_FAMILY, WORKOUT)} | {
    _squeezed(word): name for name, words in _WORDS.items() for word in words.split(",") if word.strip()
}


def family(activity_type: str) -> str:
    """Types of one family may be the same outing; `ANY` (Workout, unknown words) may be the same as any."""
    return _FAMILY.get(activity_type, ANY)


def same_family(one: str, other: str) -> bool:
    """Whether two types may be the same outing."""
    return ANY in (pair := {family(one), family(other)}) or len(pair) == 1


def has_distance(activity_type: str) -> bool:
    """Whether a distance of 0 m says something (a run), or only that none was measured (yoga)."""
    return family(activity_type) not in _WITHOUT_DISTANCE


def of_word(text: str) -> str | None:
    """Any vendor's word in Strava's words, in English, German, Dutch, French or Spanish; None for a word not known."""
    return _TYPE.get(_squeezed(text))


def of_fit(sport: int, sub_sport: int | None = None) -> str | None:
    """The public FIT profile's numbers in Strava's words; None for a transition, which is no activity."""
    if sport == FIT_TRANSITION:
        return None
    return _FIT_SUB_SPORTS.get(sport, {}).get(sub_sport or 0) or _FIT_SPORTS.get(sport, WORKOUT)


def of_gpx(text: str) -> str | None:
    """What a GPX track calls its type: a word, or one of Strava's numbers."""
    return _STRAVA_GPX_NUMBERS.get(text.strip()) or of_word(text)


def of_apple(text: str) -> str | None:
    """`HKWorkoutActivityTypeRunning` in Strava's words; None for a transition. A word not known stays as it is."""
    word = text.removeprefix("HKWorkoutActivityType")
    if word == "Transition":
        return None
    return WORKOUT if not word or word.isdigit() else of_word(word) or word


def in_text(text: str) -> str | None:
    """The first sport that a name or a note speaks of (`Evening run`, `trail-running_12.gpx`); None without one."""
    words = re.findall(r"[^\W\d_]+", text)
    pairs = [first + " " + second for first, second in itertools.pairwise(words)]
    found = (of_word(phrase) for phrase in [*pairs, *words])
    return next((name for name in found if name not in (None, WORKOUT)), None)
