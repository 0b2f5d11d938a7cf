"""What scripts/setup calls."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.batti.preparation import __main__ as command_line
from custom_components.batti.preparation.build import build_name
from custom_components.batti.preparation.computer import this_computer
from custom_components.batti.preparation.table import read_table

from . import sources
from .index import Index
from .preparing import ROOT
from .wheels import CACHE


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["preparation", *arguments])
    return command_line.main()


def test_what_setup_built_is_where_it_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else every change of a test would build for minutes."""
    command = [sys.executable, "-m", "custom_components.batti.preparation", "--where", str(CACHE)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert list(Path(said.strip()).glob("*.whl"))
    script = [str(ROOT / "scripts" / "setup.d" / "build-llama-cpp"), "--where", str(CACHE)]
    assert subprocess.run(script, check=True, capture_output=True, text=True).stdout == said
    assert call(monkeypatch, "--where", str(CACHE)) == 0
    assert capsys.readouterr().out == said


def test_a_wheel_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is done."""
    folder = tmp_path / "llama-cpp-python" / build_name(read_table(), this_computer())
    folder.mkdir(parents=True)
    (folder / "a.whl").touch()
    (folder / "ggml-vocab-llama-bpe.gguf").touch()
    monkeypatch.setenv("PATH", "/nowhere")
    assert call(monkeypatch, str(tmp_path)) == 0
    assert capsys.readouterr().out == ""


def test_it_cannot_be_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CXX", raising=False)
    assert call(monkeypatch, str(tmp_path)) == 1
    assert "cannot be built: there is no C++ compiler" in capsys.readouterr().err


@pytest.mark.usefixtures("compiler")
async def test_it_is_built_with_its_vocabulary(
    index: Index, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside it, and nothing else is left."""
    index.files[sources.NAME] = sources.works(built)
    table = replace(read_table(), source_sha256=sources.digest(index.files[sources.NAME]))
    monkeypatch.setattr(command_line, "read_table", lambda: table)
    folder = tmp_path / "cache" / "0.3.36-a-b-c"
    await command_line.build_into(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["ggml-vocab-llama-bpe.gguf", built.name]
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert "[3/3] c++ 3.cpp" in capsys.readouterr().out
    assert (folder / built.name).stat().st_size == built.stat().st_size
