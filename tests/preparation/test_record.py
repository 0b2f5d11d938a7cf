"""What was prepared is the answer for as long as it fits, and worth a try where it does not."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custom_components.batti.interpreter.errors import EngineMissing, ModelMissing, ModelRefused
from custom_components.batti.preparation import Origin, Prepared, Stage

from .preparing import Preparing
from .wheels import LIBRARY, VERSION, of_version, tampered


@pytest.fixture
async def prepared(preparing: Preparing, wheel: Path) -> Prepared:
    """A wheel of the user's was prepared, and is gone."""
    shutil.copy(wheel, preparing.wheels)
    done = await preparing()
    shutil.rmtree(preparing.wheels)
    return done


def change(preparing: Preparing, **fields: Any) -> None:
    """Have the record tell of another computer: one that it was prepared for before the hub was moved here."""
    file = preparing.folder / "engine.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))


async def test_at_once(preparing: Preparing, prepared: Prepared) -> None:
    """No child process, for there is no Python to run one with, and no stage."""
    preparing.python = "/nowhere/python"
    assert await preparing() == prepared
    assert preparing.told == []


@pytest.mark.llama_cpp
async def test_beside_home_assistant_at_once(preparing: Preparing, tmp_path: Path) -> None:
    """As long as it is there, and is the same."""
    preparing.python = None
    done = await preparing()
    preparing.python = "/nowhere/python"
    assert await preparing() == done
    beside = tmp_path / "__init__.py"
    shutil.copy2(json.loads((preparing.folder / "engine.json").read_text())["beside"], beside)
    change(preparing, beside=str(beside))
    assert await preparing() == done
    os.utime(beside)
    with pytest.raises(EngineMissing):
        await preparing()


async def test_another_computer(preparing: Preparing, prepared: Prepared) -> None:
    """The record is no answer then: what was prepared is tried, and is the answer from then on."""
    for field in ({"libc_version": "2.1"}, {"libc": "musl"}, {"machine": "riscv64"}, {"features": "avx1024"}):
        change(preparing, **field)
        assert await preparing() == prepared
        assert preparing.stages == {Stage.LOOKING, Stage.TRYING}
    assert await preparing() == prepared
    assert preparing.told == []


@pytest.mark.parametrize(
    "field", [{"written": 1}, {"origin": "heaven"}, {"binding": "rope"}, {"level": "portable"}], ids=str
)
async def test_a_record_of_something_else(preparing: Preparing, prepared: Prepared, field: dict[str, Any]) -> None:
    """What nobody knows is not tried."""
    change(preparing, **field)
    with pytest.raises(EngineMissing):
        await preparing()


async def test_another_python(preparing: Preparing, wheel: Path) -> None:
    """A wheel for one version of Python is tried again with another; the others are not."""
    tag = "cp314-cp314-linux_x86_64"
    info = "llama_cpp_python-0.3.36.dist-info/WHEEL"
    shown = f"Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: false\nTag: {tag}\n"
    tampered(wheel, preparing.wheels / f"llama_cpp_python-0.3.36-{tag}.whl", {info: shown.encode()})
    await preparing()
    change(preparing, python="3.13")
    assert (await preparing()).origin is Origin.WHEEL
    assert preparing.stages == {Stage.LOOKING, Stage.TRYING}
    assert json.loads((preparing.folder / "engine.json").read_text())["python"] == "3.14"


async def test_damaged_record(preparing: Preparing, wheel: Path) -> None:
    """It is as good as none, and so is one that lacks something."""
    shutil.copy(wheel, preparing.wheels)
    await preparing()
    file = preparing.folder / "engine.json"
    lacking = json.loads(file.read_text())
    del lacking["binding"]
    for text in ("null", "{}", "[]", json.dumps(lacking)):
        file.write_text(text)
        assert (await preparing()).origin is Origin.WHEEL
        assert Stage.INSTALLING in preparing.stages


async def test_after_a_crash(preparing: Preparing, prepared: Prepared, wheel: Path) -> None:
    """The others are tried first, but it is better than none."""
    assert await preparing(again=True) == prepared
    assert preparing.stages == {Stage.LOOKING, Stage.TRYING}
    shutil.copy(wheel, preparing.wheels)
    assert await preparing(again=True) == prepared
    assert Stage.INSTALLING in preparing.stages


async def test_another_version_is_wanted(preparing: Preparing, prepared: Prepared, wheel: Path) -> None:
    """Batti was updated: the new version is looked for, and where it is not to be had the old one goes on."""
    preparing.table = replace(preparing.table, version="0.2.99")
    assert await preparing() == prepared
    change(preparing, wanted=VERSION)
    of_version(wheel, preparing.wheels, "0.3.99")
    assert (await preparing()).version == "0.3.99"


async def test_what_is_kept_does_not_work(preparing: Preparing, prepared: Prepared) -> None:
    """It is as if it were not there, and that is told."""
    (preparing.folder / "packages" / LIBRARY).write_bytes(b"no library")
    assert await preparing() == prepared  # nobody looks into it while nothing tells of a crash
    for again in (False, True):
        change(preparing, libc_version="2.1")
        with pytest.raises(
            EngineMissing, match=r"- what was prepared before \(llama-cpp-python 0\.3\.36\): .*imported"
        ):
            await preparing(again=again)


async def test_packages_lost(preparing: Preparing, prepared: Prepared) -> None:
    """Nothing is taken for there that is not."""
    shutil.rmtree(preparing.folder / "packages")
    with pytest.raises(EngineMissing):
        await preparing()


async def test_the_model_is_at_fault(preparing: Preparing, wheel: Path, ready: Path, tmp_path: Path) -> None:
    """Then no engine is looked for elsewhere, and none is missing."""
    shutil.copy(wheel, preparing.wheels)
    preparing.model = tmp_path / "model.gguf"
    with pytest.raises(ModelMissing):
        await preparing()
    preparing.model.write_text("no model")
    with pytest.raises(EngineMissing, match="not a GGUF file"):  # the ready engine may take it
        await preparing()
    shutil.copy(ready, preparing.wheels)
    with pytest.raises(ModelRefused):
        await preparing()


@pytest.mark.llama_cpp
async def test_a_folder_that_cannot_be_written(
    preparing: Preparing, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is beside Home Assistant works without one."""
    (tmp_path / "file").write_text("")
    preparing.folder = tmp_path / "file" / "engine"
    preparing.python, python = None, preparing.python
    assert (await preparing()).origin is Origin.INSTALLED
    assert "cannot be written down" in caplog.text
    preparing.python = python
    with pytest.raises(EngineMissing, match="no engine is published"):
        await preparing()
