"""What has started other programs ends them, however it ends itself; and a later start ends what is left."""

import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import supervisor
from tests.conftest import ROOT
from tests.serving import PATIENCE, Board, answers, free_port, wait_until
from tests.test_run import everything_of, start, stop

SLEEPS = "import os, time; print('begun', os.getpid(), flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
"""Ends only by force."""
SUPERVISES = """
import sys, supervisor
supervisor.STOP_SECONDS = 1
supervisor.stop_on_signals()
try:
    say = lambda name, text: print(name, text, flush=True)
    commands = {str(n): supervisor.Command([sys.executable, "-c", code], {}) for n, code in enumerate(sys.argv[1:])}
    sys.exit(supervisor.run(commands, say))
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


def supervise(*programs: str, **how: object) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", SUPERVISES, *programs]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, **how)  # type: ignore[call-overload,no-any-return]


def begun(process: "subprocess.Popen[str]") -> psutil.Process:
    assert process.stdout is not None
    return psutil.Process(int(process.stdout.readline().split()[-1]))


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("code", [SLEEPS, STUBBORN], ids=["willing", "stubborn"])
def test_a_signal_that_asks_to_end_ends_every_program_first(number: signal.Signals, code: str) -> None:
    with supervise(code, SLEEPS) as process:
        programs = [begun(process), begun(process)]
        process.send_signal(number)
        assert process.wait(timeout=PATIENCE) == 0
        assert not any(program.is_running() for program in programs)


def test_a_program_that_ends_takes_the_others_along_and_its_code_is_passed_on() -> None:
    with supervise("raise SystemExit(7)", SLEEPS) as process:
        assert process.wait(timeout=PATIENCE) == 7
    assert not [one for one in psutil.process_iter() if is_child_of(one, process.pid)]


def is_child_of(process: psutil.Process, pid: int) -> bool:
    with suppress(psutil.Error):
        return process.environ().get(supervisor.MARK) == str(pid)
    return False


def test_who_has_asked_by_nohup_to_outlive_the_terminal_does() -> None:
    with supervise(SLEEPS, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as process:
        program = begun(process)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)  # of two that wait, the kernel brings this one after
        assert process.wait(timeout=PATIENCE) == 0
        assert not program.is_running()


def test_only_what_a_start_that_is_gone_has_left_on_this_very_instance_is_ended(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    ours, others = str(tmp_path / "ours"), str(tmp_path / "others")
    lives = subprocess.Popen([sys.executable, "-c", SLEEPS, Path(sys.argv[0]).name], stdout=subprocess.PIPE, text=True)
    left = {
        name: subprocess.Popen([sys.executable, "-c", SLEEPS], env={"INSTANCE_DIR": place, supervisor.MARK: starter})
        for name, place, starter in [
            ("left", ours, str(gone.pid)),
            ("another's", others, str(gone.pid)),
            ("supervised", ours, str(lives.pid)),
            ("by hand", ours, ""),
        ]
    }
    begun(lives)
    try:
        supervisor.end_what_is_left(ours)
        assert {name for name, process in left.items() if process.poll() is not None} == {"left"}
    finally:
        for process in [lives, *left.values()]:
            process.kill()
            process.wait()
        assert lives.stdout is not None
        lives.stdout.close()


def in_a_terminal(folder: Path, port: int) -> tuple[Board, int]:
    """`run.py` as the first program of a terminal; what is returned besides is the terminal's other end."""
    terminal, inside = pty.openpty()
    environment = os.environ | {"INSTANCE_DIR": str(folder / "instance"), "PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-c", f"import os; os.setsid(); os.close(os.open({os.ttyname(inside)!r}, os.O_RDWR));"
         " os.execv(os.sys.executable, [os.sys.executable, 'run.py'])"],
        cwd=ROOT, env=environment, stdin=inside, stdout=inside, stderr=inside,
    )  # fmt: skip
    os.close(inside)
    board = Board(f"http://127.0.0.1:{port}", process, folder / "no.log")
    board.log_file.write_text("")
    wait_until(lambda: answers(board))
    return board, terminal


def closed(board: Board, terminal: int) -> None:
    os.close(terminal)


def killed(board: Board, terminal: int) -> None:
    board.process.kill()


@pytest.mark.timeout(600)
def test_a_closed_terminal_and_a_kill_9_of_run_py_leave_nothing_and_the_next_start_has_the_port(tmp_path: Path) -> None:
    port, ends = free_port(), (closed, killed)
    for end in ends:
        board, terminal = in_a_terminal(tmp_path, port)
        assert len(everything_of(tmp_path)) > 4
        began = time.monotonic()
        end(board, terminal)
        board.process.wait(timeout=PATIENCE)
        wait_until(lambda: everything_of(tmp_path) == [])
        print(f"all was gone after {time.monotonic() - began:.1f} s")
        with suppress(OSError):
            os.close(terminal)
    stop(start(tmp_path, port))
