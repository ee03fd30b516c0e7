"""Another user of the same machine, where the tests run as root and can become one."""

import os
import pickle
from collections.abc import Callable
from typing import Any

import pytest

NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root")


def as_nobody(act: Callable[[], Any]) -> Any:
    """What `act` returns, or the OSError or SystemExit that it raises, in a process of the user nobody's."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        try:
            said = act()
        except (OSError, SystemExit) as error:
            said = error
        os.write(writer, pickle.dumps(said))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        said = pickle.load(answer)
    os.waitpid(child, 0)
    return said
