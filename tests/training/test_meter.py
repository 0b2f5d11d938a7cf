"""Memory and energy, read from files as Linux has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from training.speed.meter import Energy, peak_memory

RANGE = 262_143_000_000


def zone(powercap: Path, folder: str, name: str, microjoules: int) -> Path:
    """One power zone; returns its counter."""
    (powercap / folder).mkdir(parents=True)
    for file, content in (("name", name), ("max_energy_range_uj", RANGE), ("energy_uj", microjoules)):
        (powercap / folder / file).write_text(f"{content}\n")
    return powercap / folder / "energy_uj"


def test_the_most_memory_that_a_process_had() -> None:
    before = peak_memory(os.getpid())
    assert before is not None
    used = b"x" * (before + 50_000_000)
    after = peak_memory(os.getpid())
    assert after is not None
    assert after > len(used)
    del used
    assert (peak_memory(os.getpid()) or 0) > 0.95 * after  # Linux counts in batches of pages


def test_no_memory_to_read(tmp_path: Path) -> None:
    """No process, none of that number, a kernel thread's status, which has no memory."""
    assert peak_memory(None) is None
    assert peak_memory(2**30) is None
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "status").write_text("Name:\tkthreadd\nState:\tS\n")
    assert peak_memory(7, tmp_path) is None
    (tmp_path / "7" / "status").write_text("Name:\tx\nVmHWM:\t    1234 kB\nVmRSS:\t 1000 kB\n")
    assert peak_memory(7, tmp_path) == 1234 * 1024


def test_packages_are_added_up(tmp_path: Path) -> None:
    """Of parts of a package, and of what holds them all, nothing is counted twice."""
    first = zone(tmp_path, "intel-rapl:0", "package-0", 5_000_000)
    second = zone(tmp_path, "intel-rapl:1", "package-1", 7_000_000)
    others = [
        zone(tmp_path, "intel-rapl:0:0", "core", 1),
        zone(tmp_path, "intel-rapl:2", "psys", 1),
        zone(tmp_path, "intel-rapl-mmio:0", "package-0", 1),
    ]
    energy = Energy(tmp_path)
    assert energy.problem is None
    assert energy.joules() == 0
    first.write_text("6500000\n")
    for other in others:
        other.write_text("99000000\n")
    assert energy.joules() == pytest.approx(1.5)
    second.write_text("7250000\n")
    assert energy.joules() == pytest.approx(1.75)


def test_a_counter_begins_again(tmp_path: Path) -> None:
    counter = zone(tmp_path, "intel-rapl:0", "package-0", RANGE - 1_000_000)
    energy = Energy(tmp_path)
    for now, joules in ((2_000_000, 3), (2_500_000, 3.5), (1_500_000, 3.5 + RANGE / 1e6 - 1)):
        counter.write_text(str(now))
        assert energy.joules() == pytest.approx(joules)


def test_energy_that_cannot_be_read(tmp_path: Path) -> None:
    """No zones; no package; a counter that only root may read (here a folder: these tests may be root)."""
    assert "there is no intel-rapl" in (Energy(tmp_path / "nowhere").problem or "")
    zone(tmp_path, "intel-rapl:0", "psys", 1)
    assert "there is no intel-rapl" in (Energy(tmp_path).problem or "")
    counter = zone(tmp_path, "intel-rapl:1", "package-0", 1)
    counter.unlink()
    counter.mkdir()
    energy = Energy(tmp_path)
    assert str(counter) in (energy.problem or "")
    assert energy.joules() is None
