"""Ctrl-C at any moment of a start says nothing; a port that somebody has is a sentence."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.sync import companions, serve_prefect
from tests.conftest import ROOT


@pytest.mark.parametrize("loaded", ["interrupts", "socket", "sqlalchemy.exc", "flask"])
@pytest.mark.parametrize("program", ["run.py", "tasks.py", "backup.py"])
def test_ctrl_c_while_a_program_loads_leaves_no_traceback(program: str, loaded: str, tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-X",
        "importtime",
        program,
        *(["save", str(tmp_path / "x")] if program == "backup.py" else []),
    ]
    environment = {**os.environ, "INSTANCE_DIR": str(tmp_path), "PORT": "1"}
    with subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if line.rpartition("| ")[2].strip() == loaded:
                process.send_signal(signal.SIGINT)
                break
        said = process.stderr.read()
    assert "Traceback" not in said
    assert process.returncode == -signal.SIGINT


def test_prefect_s_page_on_another_port_is_told_with_who_has_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        monkeypatch.setattr(serve_prefect, "PORT", port)
        assert companions.elsewhere(f"http://127.0.0.1:{port}/api") is None
        line = companions.elsewhere("http://127.0.0.1:7777/api")
    assert line
    assert line.startswith(f"port {port} is taken by ")
    assert f"(process {os.getpid()}), so Prefect's page is at http://localhost:7777" in line
    monkeypatch.setattr(
        companions.psutil, "net_connections", lambda _kind: (_ for _ in ()).throw(companions.psutil.AccessDenied)
    )
    assert (
        companions.elsewhere("http://127.0.0.1:7777/api")
        == f"port {port} is taken, so Prefect's page is at http://localhost:7777"
    )
