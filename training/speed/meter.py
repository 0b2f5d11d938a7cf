"""Reads the memory of a process and the energy of the processor, if the system allows it (Linux).

Energy: the RAPL counters of Intel and AMD processors, see Linux's Documentation/power/powercap/powercap.rst. They count a
whole processor package with all its processes, and on many systems only root can read them. Memory: VmHWM, see
proc_pid_status(5).
"""

from __future__ import annotations

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
PROC = Path("/proc")
_ZONES = "intel-rapl:*"  # on AMD too; `intel-rapl-mmio:*` would count the same packages again
_PACKAGE = "package"  # other zones are part of a package (core, uncore) or contain all of them (psys)


def peak_memory(pid: int | None, proc: Path = PROC) -> int | None:
    """The peak memory of a process in bytes, with its mapped pages of the model file; None if it cannot be read."""
    try:
        lines = (proc / str(pid) / "status").read_text(encoding="utf-8").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return None


class Energy:
    """Counts the joules that the processor's packages have used since this object was made.

    Args:
        powercap: the system's folder of power zones.

    Attributes:
        problem: why energy cannot be read; None if it can.
    """

    def __init__(self, powercap: Path = POWERCAP) -> None:
        """Start counting."""
        self.problem: str | None = None
        self._last: dict[Path, int] = {}
        self._taken = 0  # microjoules
        try:
            zones = [zone for zone in sorted(powercap.glob(_ZONES)) if _text(zone / "name").startswith(_PACKAGE)]
            self._ranges = {zone: int(_text(zone / "max_energy_range_uj")) for zone in zones}
            self._last = {zone: int(_text(zone / "energy_uj")) for zone in zones}
        except OSError as error:
            self.problem = f"{error.filename}: {error.strerror}"
            return
        if not zones:
            self.problem = f"there is no {_ZONES} of a processor package in {powercap}"

    def joules(self) -> float | None:
        """The joules used so far; None if they cannot be read.

        The counters overflow after some minutes of work: call this more often.
        """
        if self.problem is not None:
            return None
        for zone, last in self._last.items():
            now = int(_text(zone / "energy_uj"))
            self._taken += now - last if now >= last else now - last + self._ranges[zone]
            self._last[zone] = now
        return self._taken / 1e6


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip()
