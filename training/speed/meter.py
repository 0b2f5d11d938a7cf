"""What a process and the processor have taken, as far as the system lets one read it (Linux).

Energy: the counters of Intel's and AMD's processors (RAPL), Linux' Documentation/power/powercap/powercap.rst. They count
a whole package, whoever made it work, and many systems let only root read them. Memory: VmHWM of proc_pid_status(5).
"""

from __future__ import annotations

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
PROC = Path("/proc")
_ZONES = "intel-rapl:*"  # on AMD too; `intel-rapl-mmio:*` are the same packages once more
_PACKAGE = "package"  # other zones are parts of one (core, uncore) or hold them all (psys)


def peak_memory(pid: int | None, proc: Path = PROC) -> int | None:
    """The most bytes that a process has had in memory, its pages of the model file included; None where unreadable."""
    try:
        lines = (proc / str(pid) / "status").read_text(encoding="utf-8").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return None


class Energy:
    """Counts the joules that the processor's packages have taken since it was made.

    Args:
        powercap: the system's folder of power zones.

    Attributes:
        problem: why nothing can be counted; None where it can.
    """

    def __init__(self, powercap: Path = POWERCAP) -> None:
        """Begin to count."""
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
        """The joules taken so far; None where they cannot be read.

        The counters begin again after some minutes of work: ask more often than that.
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
