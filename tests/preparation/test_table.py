"""The table that comes with Batti, the computers that it tells apart, and what is built for which."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.utils import parse_wheel_filename

from custom_components.batti.preparation.build import build_name, flags, jobs
from custom_components.batti.preparation.computer import AVX2, AVX512, Computer, this_computer
from custom_components.batti.preparation.source import index_url
from custom_components.batti.preparation.table import TABLE, read_table

from .preparing import ROOT

PI = Computer("glibc", "2.41", "aarch64", frozenset({"asimd", "fp"}))
HAOS = Computer("musl", "1", "x86_64", AVX2 | {"sse4_2"})
OLD = Computer("glibc", "2.36", "x86_64", frozenset({"sse4_2", "avx"}))
SERVER = Computer("glibc", "2.41", "x86_64", AVX512 | {"amx_tile"})


def test_the_table_is_sound() -> None:
    """Every computer that Home Assistant runs on has a row; names say the same as the columns; checksums are some."""
    table = read_table()
    assert table.source == f"llama_cpp_python-{table.version}.tar.gz"
    assert re.fullmatch(r"[0-9a-f]{64}", table.source_sha256)
    places = [(row.libc, row.machine) for row in table.rows]
    assert sorted(set(places)) == [("glibc", "aarch64"), ("glibc", "x86_64"), ("musl", "aarch64"), ("musl", "x86_64")]
    kinds = {"glibc": "manylinux", "musl": "musllinux"}
    for row in table.rows:
        name, version, _, tags = parse_wheel_filename(row.file)
        assert (name, str(version)) == ("llama-cpp-python", table.version)
        for tag in tags:
            assert (tag.interpreter, tag.abi) == ("py3", "none"), "it has to survive upgrades of Python"
            assert tag.platform.startswith(kinds[row.libc])
            assert tag.platform.endswith(f"_{row.machine}")
        assert row.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", row.sha256)
        assert row.url.startswith("https://github.com/abetlen/llama-cpp-python/releases/download/")
        assert row.url.endswith(f"/{row.file}")
    assert "NOT FILLED IN YET" not in TABLE.read_text() or any(row.sha256 is None for row in table.rows)


def test_another_place_for_the_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATTI_WHEELS_URL", "https://mirror.example/wheels/")
    for row in read_table().rows:
        assert row.url == f"https://mirror.example/wheels/{row.file}"


def test_rows_for_computers() -> None:
    table = read_table()
    (row,) = table.rows_for(HAOS)
    assert (row.libc, row.machine) == ("musl", "x86_64")
    assert row.features <= HAOS.features
    (row,) = table.rows_for(OLD)
    assert not row.features <= OLD.features
    (row,) = table.rows_for(PI)
    assert not row.features
    assert table.rows_for(Computer("", "", "arm64", frozenset())) == []


def test_the_package_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """As uv is told."""
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.delenv("UV_INDEX_URL", raising=False)
    assert index_url() == "https://pypi.org/simple"
    monkeypatch.setenv("UV_INDEX_URL", "https://mirror.example/simple?a=b")
    assert index_url() == "https://mirror.example/simple?a=b"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "mine=https://other.example/simple")
    assert index_url() == "https://other.example/simple"


def test_instruction_sets() -> None:
    """Never those of the very processor; AVX512 only where all of it is there, none where AVX2 is not."""
    assert [computer.level for computer in (PI, HAOS, OLD, SERVER)] == ["portable", "portable", "sse42", "avx512"]
    for computer in (PI, HAOS, OLD, SERVER):
        assert flags(computer)[:2] == ["-DGGML_NATIVE=OFF", "-DLLAVA_BUILD=OFF"]
    assert flags(PI) == flags(HAOS)
    assert "-DGGML_AVX=OFF" in flags(OLD)
    assert "-DGGML_AVX512=ON" in flags(SERVER)
    half = Computer("glibc", "2.41", "x86_64", AVX512 - {"avx512_vnni"})
    assert half.level == "portable"


def test_the_name_tells_what_was_built(tmp_path: Path) -> None:
    table = read_table()
    names = {build_name(table, computer) for computer in (PI, HAOS, OLD, SERVER)}
    assert len(names) == 4
    data = yaml.safe_load(TABLE.read_text())
    data["source"]["sha256"] = "0" * 64
    (tmp_path / "wheels.yaml").write_text(yaml.safe_dump(data))
    assert build_name(read_table(tmp_path / "wheels.yaml"), PI) not in names


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
    assert str(PI) == "aarch64 with glibc"
    assert str(Computer("", "", "arm64", frozenset())) == "arm64"


def test_compilers_at_once(tmp_path: Path) -> None:
    """As many as there are processors, and as the memory bears; one always."""
    meminfo = tmp_path / "meminfo"
    assert jobs(4, meminfo) == 4
    meminfo.write_text("MemTotal:        3884444 kB\nMemAvailable:    2884444 kB\n")
    assert [jobs(processors, meminfo) for processors in (1, 2, 4)] == [1, 2, 2]
    meminfo.write_text("MemTotal:        884444 kB\nMemAvailable:    84444 kB\n")
    assert jobs(4, meminfo) == 1


def test_no_home_assistant() -> None:
    """scripts/setup and the worker's tests use this without it."""
    code = "import sys, custom_components.batti.preparation.__main__; sys.exit('homeassistant' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
