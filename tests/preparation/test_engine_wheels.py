"""The command that writes the table of the ready engine's wheels."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.batti.preparation.index import File
from custom_components.batti.preparation.table import TABLE, read_table
from scripts import engine_wheels

PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "musllinux_1_2_x86_64", "musllinux_1_2_aarch64")


def published(version: str, tag: str = "cp310-abi3", platforms: tuple[str, ...] = PLATFORMS) -> dict[str, File]:
    """A version as the index has it, with files that do not matter beside the wheels."""
    names = [f"xllamacpp-{version}-{tag}-{platform}.whl" for platform in (*platforms, "win_amd64", "macosx_11_0_arm64")]
    return {
        name: File(f"https://index.example/{name}", f"{number:064x}", 20_000_000 + number)
        for number, name in enumerate([*names, f"xllamacpp-{version}.tar.gz"])
    }


def call(monkeypatch: pytest.MonkeyPatch, table: Path, files: Mapping[str, File], *arguments: str) -> int:
    async def ask() -> Mapping[str, File]:
        return files

    monkeypatch.setattr(engine_wheels, "_ask", ask)
    monkeypatch.setattr(engine_wheels, "TABLE", table)
    monkeypatch.setattr(sys, "argv", ["engine-wheels", *arguments])
    return engine_wheels.main()


def test_the_table_is_as_it_was_written() -> None:
    """Nobody wrote in it by hand: from what it says it is written the same."""
    table = read_table()
    files = {row.file: File("", row.sha256, row.size) for row in table.rows}
    assert engine_wheels.text_of(table.version, files) == TABLE.read_text()


def test_a_newer_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What changes is printed; the next time nothing does."""
    table = tmp_path / "wheels.yaml"
    files = {**published("0.2.10"), **published("0.3.10")}
    assert call(monkeypatch, table, files, "0.2.10") == 0
    capsys.readouterr()
    assert call(monkeypatch, table, files, "0.3.10") == 0
    said = capsys.readouterr().out
    assert "-version: '0.2.10'\n+version: '0.3.10'\n" in said
    assert f"+  - file: xllamacpp-0.3.10-cp310-abi3-{PLATFORMS[0]}.whl\n" in said
    written = read_table(table)
    assert written.version == "0.3.10"
    assert [row.file.rpartition("-")[2] for row in written.rows] == [f"{platform}.whl" for platform in PLATFORMS]
    assert [row.size for row in written.rows] == [20_000_000, 20_000_001, 20_000_002, 20_000_003]
    assert call(monkeypatch, table, files, "0.3.10") == 0
    assert "The index tells the same of 0.3.10" in capsys.readouterr().out


def test_of_several_wheels_the_one_for_the_most_computers() -> None:
    files = published("1.0", platforms=("manylinux_2_28_x86_64", "manylinux_2_17_x86_64.manylinux2014_x86_64"))
    found = engine_wheels.wheel_for("1.0", "glibc", "x86_64", files)
    assert "manylinux_2_17" in found


@pytest.mark.parametrize(
    ("files", "version", "told"),
    [
        (published("1.0", platforms=PLATFORMS[:3]), "1.0", "xllamacpp 1.0 has no wheel for aarch64 with musl "),
        (
            published("1.0", tag="cp314-cp314"),
            "1.0",
            "xllamacpp 1.0 has no wheel for x86_64 with glibc that goes with every",
        ),
        (published("1.0"), "1.1", "xllamacpp 1.1 has no wheel for x86_64 with glibc "),
        (published("1.0"), "newest", "newest is not a version: write one such as"),
        (
            {name: replace(file, size=None) for name, file in published("1.0").items()},
            "1.0",
            "the index does not tell xllamacpp-1.0-cp310-abi3-manylinux_2_28_x86_64.whl's checksum and size: ask another",
        ),
    ],
)
def test_what_cannot_be_the_ready_engine(
    files: Mapping[str, File], version: str, told: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """It is said why, and the table stays as it is."""
    table = tmp_path / "wheels.yaml"
    table.write_text(TABLE.read_text())
    assert call(monkeypatch, table, files, version) == 1
    assert f"engine-wheels: {told}" in capsys.readouterr().err
    assert table.read_text() == TABLE.read_text()
