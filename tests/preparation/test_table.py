"""The table that comes with Batti, the computers that it tells apart, and which wheels they take."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

from custom_components.batti.interpreter.engine.interface import Binding
from custom_components.batti.preparation.computer import Computer, this_computer
from custom_components.batti.preparation.index import index_url
from custom_components.batti.preparation.record import THIS_PYTHON
from custom_components.batti.preparation.result import DeadEnd
from custom_components.batti.preparation.table import read_table
from custom_components.batti.preparation.wheel import Wheel, _tags

from .preparing import ROOT

AVX2 = frozenset({"avx2", "fma", "f16c", "bmi2"})
PI = Computer("glibc", "2.41", "aarch64", frozenset({"asimd", "fp"}))
HAOS_PI = replace(PI, libc="musl", libc_version="1.2")
HAOS = Computer("musl", "1.2", "x86_64", AVX2 | {"sse4_2"})
DEBIAN = replace(HAOS, libc="glibc", libc_version="2.36")
OLD = replace(DEBIAN, features=frozenset({"sse4_2", "avx"}))
MAC = Computer("", "", "arm64", frozenset())


def test_the_table_is_sound() -> None:
    """Every computer that Home Assistant runs on has one row; names say the same as the columns; checksums are some."""
    table = read_table()
    places = [(row.libc, row.machine) for row in table.rows]
    assert sorted(places) == [("glibc", "aarch64"), ("glibc", "x86_64"), ("musl", "aarch64"), ("musl", "x86_64")]
    kinds = {"glibc": "manylinux", "musl": "musllinux"}
    for row in table.rows:
        name, version, _, tags = parse_wheel_filename(row.file)
        assert (name, str(version)) == (Binding.XLLAMACPP, table.version)
        for tag in tags:
            assert tag.abi == "abi3", "it has to survive upgrades of Python"
            assert tag.platform.startswith(kinds[row.libc])
            assert tag.platform.endswith(f"_{row.machine}")
        assert re.fullmatch(r"[0-9a-f]{64}", row.sha256)
        assert 1_000_000 < row.size < 100_000_000
        assert row.features == (AVX2 if row.machine == "x86_64" else set())
        assert row.url is None
    assert len({row.sha256 for row in table.rows}) == 4


@pytest.mark.parametrize(
    ("computer", "platform"),
    [
        (HAOS, "musllinux_1_2_x86_64"),
        (HAOS_PI, "musllinux_1_2_aarch64"),
        (DEBIAN, "manylinux_2_28_x86_64"),
        (PI, "manylinux_2_28_aarch64"),
    ],
    ids=str,
)
@pytest.mark.parametrize("python", ["3.11", "3.14"])
def test_the_wheel_for_a_computer(computer: Computer, platform: str, python: str) -> None:
    """It is chosen by the columns, and its name fits by the tags; all the others do not."""
    table = read_table()
    row = table.row_for(computer)
    assert row is not None
    assert row.file.endswith(f"-{platform}.whl")
    assert row.features <= computer.features
    for other in table.rows:
        if other is row:
            wheel = Wheel.named(Path(other.file), computer, python)
            assert (wheel.binding, str(wheel.version), wheel.any_python) == (Binding.XLLAMACPP, table.version, True)
        else:
            with pytest.raises(DeadEnd, match="this computer takes m"):
                Wheel.named(Path(other.file), computer, python)


def test_no_wheel_for_a_computer() -> None:
    """Of another kind, with too old a C library or too old a Python; a processor that is too old is seen by its features."""
    table = read_table()
    for computer in (MAC, replace(PI, machine="armv7l")):
        assert table.row_for(computer) is None
    row = table.row_for(OLD)
    assert row is not None
    assert not row.features <= OLD.features
    for computer, python in ((replace(DEBIAN, libc_version="2.27"), "3.14"), (DEBIAN, "3.9")):
        with pytest.raises(DeadEnd, match=f"with Python {python}"):
            Wheel.named(Path(row.file), computer, python)


@pytest.mark.parametrize(
    ("tag", "any_python"),
    [("py3-none-any", True), ("cp310-abi3-linux_x86_64", True), ("cp314-cp314-manylinux2014_x86_64", False)],
)
def test_whether_a_wheel_goes_with_every_python(tag: str, any_python: bool) -> None:
    wheel = Wheel.named(Path(f"llama_cpp_python-0.3.36-{tag}.whl"), DEBIAN, "3.14")
    assert wheel.any_python is any_python


def test_the_tags_are_those_that_packaging_finds_out() -> None:
    """Of this computer and this Python, and in an order that puts the better fit first."""
    ours, theirs = list(_tags(this_computer(), THIS_PYTHON)), list(sys_tags())
    assert set(theirs) <= set(ours)
    newest = next(tag.platform for tag in theirs if not tag.platform.startswith("linux_"))
    assert str(ours[0]).endswith(newest)


def test_another_place_for_the_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATTI_WHEELS_URL", "https://mirror.example/wheels/")
    for row in read_table().rows:
        assert row.url == f"https://mirror.example/wheels/{row.file}"


def test_the_package_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """As uv is told."""
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.delenv("UV_INDEX_URL", raising=False)
    assert index_url() == "https://pypi.org/simple"
    monkeypatch.setenv("UV_INDEX_URL", "https://mirror.example/simple?a=b")
    assert index_url() == "https://mirror.example/simple?a=b"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "mine=https://other.example/simple")
    assert index_url() == "https://other.example/simple"


def test_processors(tmp_path: Path) -> None:
    """As Linux writes them; where there is no such file nothing is known of the processor."""
    file = tmp_path / "cpuinfo"
    assert this_computer(file).features == frozenset()
    file.write_text("processor\t: 0\n")
    assert this_computer(file).features == frozenset()
    file.write_text("processor\t: 0\nflags\t\t: fpu avx2 fma\nbugs\t: x\n")
    assert this_computer(file).features == {"fpu", "avx2", "fma"}
    file.write_text("processor\t: 0\nFeatures\t: fp asimd\nCPU part\t: 0xd08\n")
    assert this_computer(file).features == {"fp", "asimd"}


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (["linux_x86_64", "manylinux_2_36_x86_64", "manylinux_2_35_x86_64"], "x86_64 with glibc 2.36"),
        (["musllinux_1_2_aarch64", "musllinux_1_1_aarch64", "linux_aarch64"], "aarch64 with musl 1.2"),
        (["macosx_26_0_arm64"], "arm64"),
    ],
)
def test_c_libraries(tags: list[str], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what packaging finds out of this Python."""
    monkeypatch.setattr("custom_components.batti.preparation.computer.platform_tags", lambda: iter(tags))
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert str(this_computer()) == told
    newest = next(tag for tag in tags if not tag.startswith("linux_"))
    assert next(this_computer().platforms()) == newest


def test_it_needs_no_home_assistant() -> None:
    code = "import sys, custom_components.batti.preparation.__main__; sys.exit('homeassistant' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
