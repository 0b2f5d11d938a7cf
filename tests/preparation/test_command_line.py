"""What scripts/setup calls to have the ready engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from custom_components.batti.preparation import __main__ as command_line
from custom_components.batti.preparation.table import read_table

from .preparing import ROOT
from .wheels import VERSION


def call(monkeypatch: pytest.MonkeyPatch, folder: Path) -> int:
    monkeypatch.setattr(sys, "argv", ["preparation", str(folder)])
    return command_line.main()


def test_the_ready_engine_is_named(
    ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Although llama-cpp-python is beside Home Assistant here; what was downloaded stays, for the next time."""
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    downloaded = tmp_path / "engine" / "downloaded"
    downloaded.mkdir(parents=True)
    (downloaded / ready.name).write_bytes(ready.read_bytes())
    for _ in range(2):
        assert call(monkeypatch, tmp_path / "engine") == 0
        assert capsys.readouterr().out == f"xllamacpp {VERSION} in {tmp_path / 'engine' / 'packages'}\n"
    command = [sys.executable, "-m", "custom_components.batti.preparation", str(tmp_path / "engine")]
    assert VERSION in subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert [path.name for path in downloaded.iterdir()] == [ready.name]


def test_it_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which file to put where."""
    monkeypatch.setenv("BATTI_WHEELS_URL", "no-address")
    command = [sys.executable, "-m", "custom_components.batti.preparation", str(tmp_path / "engine")]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert any(row.sha256 in done.stderr for row in read_table().rows)
    assert str(tmp_path / "engine" / "wheels") in done.stderr
