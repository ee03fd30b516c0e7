"""Files of chance cost sentences: no reader fails, none takes long, and all that comes out is sound."""

import logging
import math
import os

from app.files.records import Activity, WeighIn
from tests import fuzzing

COUNT, SEED = int(os.environ.get("FUZZ", "20000")), int(os.environ.get("FUZZ_SEED", "1"))


def test_mutated_files_make_no_reader_fail_and_none_takes_long(caplog):
    with caplog.at_level(logging.ERROR):
        for number, (kind, content) in enumerate(fuzzing.cases(COUNT, SEED)):
            items, took = fuzzing.read(kind, content)
            assert not caplog.records, (number, kind, caplog.text)
            assert took < fuzzing.LONGEST, (number, kind)
            assert items, (number, kind)
            assert all("\n" not in text and len(text) < 300 for text in fuzzing.sentences(items)), (number, kind)
            assert all(map(_is_sound, items)), (number, kind)


def _is_sound(item) -> bool:
    if isinstance(item, Activity):
        figures = [item.distance, item.moving_time, item.elapsed_time, item.average_speed, item.max_speed]
        figures += [item.average_heartrate, item.average_cadence, *(item.position or ())]
        sound = all(math.isfinite(figure) for figure in figures if figure is not None)
        order = item.elapsed_time is None or (item.moving_time or 0) <= item.elapsed_time + 1
        return sound and order and "\0" not in item.name
    return not isinstance(item, WeighIn) or 2 <= item.weight <= 700


def test_the_seeds_themselves_are_read_without_a_word_of_complaint():
    for kind, content in fuzzing.SEEDS.items():
        items, _ = fuzzing.read(kind, content)
        assert not fuzzing.sentences(items), kind
