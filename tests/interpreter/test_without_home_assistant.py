"""The interpreter is importable where Home Assistant is not installed, and imports none of it where it is."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
import yaml

from custom_components.batti.interpreter import __main__ as command_line
from custom_components.batti.interpreter.engine.interface import Binding
from tests import measured
from tests.needs import USUAL
from training.evaluate.judging import READY

ROOT = Path(__file__).parents[2]
_BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("homeassistant", "voluptuous", "probatio"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocker())
import importlib, pkgutil
import custom_components.batti.interpreter as package
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith(("__main__", ".llama", ".xllama")):
        importlib.import_module(module.name)
import training.data.commands, training.data.dataset, training.evaluate.judging
assert not any(name.startswith("homeassistant") for name in sys.modules)
"""


def test_imports() -> None:
    subprocess.run([sys.executable, "-c", _BLOCKED], cwd=ROOT, check=True)


def test_command_line(tmp_path: Path) -> None:
    home = tmp_path / "home.yaml"
    home.write_text(
        yaml.safe_dump(
            {
                "areas": [{"area_id": "kitchen_1", "name": "Bhansa"}, {"area_id": "bed", "name": "Sutne kotha"}],
                "lights": [
                    {"entity_id": "light.a", "name": "A", "area_id": "kitchen_1"},
                    {"entity_id": "light.b", "name": "B", "area_id": "bed"},
                ],
            }
        )
    )
    command = [sys.executable, "-m", "custom_components.batti.interpreter", "--home", str(home)]
    command += ["--ready", str(READY)] if USUAL is Binding.XLLAMACPP else []

    def call(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        environment = os.environ | measured.environment()
        return subprocess.run(
            [*command, *arguments], cwd=ROOT, env=environment, check=False, capture_output=True, text=True, **options
        )

    result = call("kitchen ko batti bala")
    assert "- action: light.turn_on\n  target:\n    area_id: kitchen_1\n" in result.stdout, result.stderr
    piped = call(input="bhansa ko batti nibhau\n")
    assert "light.turn_off" in piped.stdout
    assert result.returncode == piped.returncode == 0
    missing = call("--home", "nowhere.yaml", "x")
    assert missing.returncode == 1
    assert "nowhere.yaml" in missing.stderr


def test_the_engine_that_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """llama-cpp-python, or else the one that scripts/setup prepared; one may be named."""
    monkeypatch.setattr(command_line, "find_spec", lambda name: ModuleSpec(name, None))
    assert "llama-cpp-python" in command_line.engine_of(command_line.BUNDLED, None).command
    assert "xllamacpp" in command_line.engine_of(command_line.BUNDLED, tmp_path).command
    monkeypatch.setattr(command_line, "find_spec", lambda name: None)
    monkeypatch.setattr(command_line, "READY", tmp_path)
    assert "xllamacpp" in command_line.engine_of(command_line.BUNDLED, None).command
    monkeypatch.setattr(command_line, "READY", tmp_path / "nothing")
    assert "llama-cpp-python" in command_line.engine_of(command_line.BUNDLED, None).command
