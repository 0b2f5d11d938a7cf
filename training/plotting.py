"""What all plots share: matplotlib without a screen, and figures saved as files.

The engine is in `.venv`, matplotlib in `.venv-training`. If this environment has no matplotlib, `write` draws in the other.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
_PYTHON = _ROOT / ".venv-training" / "bin" / "python"

Draw = Callable[[dict[str, Any], Path], None]
"""A function that draws results into a folder, as PNG files. Its module calls `main` with it."""


def possible() -> bool:
    """Whether plots can be drawn: matplotlib is here, or there is a training environment."""
    return here() or _PYTHON.exists()


def here() -> bool:
    """Whether this environment has matplotlib."""
    return find_spec("matplotlib") is not None


def write(draw: Draw, results: dict[str, Any], folder: Path) -> bool:
    """Draw results here or in the training environment; False if neither has matplotlib."""
    if not possible():
        return False
    if here():
        draw(results, folder)
        return True
    command = [str(_PYTHON), "-m", draw.__module__, "-", str(folder.absolute())]
    subprocess.run(command, input=json.dumps(results), text=True, check=True, cwd=_ROOT)
    return True


def main(draw: Draw, description: str | None) -> None:
    """The command line of a plot module: draw results from a JSON file, or from standard input (`-`)."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    text = sys.stdin.read() if options.results == "-" else Path(options.results).read_text(encoding="utf-8")
    draw(json.loads(text), options.folder)


@contextmanager
def figure(path: Path, panels: int = 1, *, size: tuple[float, float], dpi: int = 100) -> Iterator[Any]:
    """A figure to draw in; it is saved at the end.

    Args:
        path: the PNG file; its folder is made if it is missing.
        panels: how many axes, side by side.
        size: width and height in inches.
        dpi: dots per inch.
    """
    pyplot = without_screen()
    made, _ = pyplot.subplots(1, panels, figsize=size, layout="constrained")
    try:
        yield made
        path.parent.mkdir(parents=True, exist_ok=True)
        made.savefig(path, dpi=dpi)
    finally:
        pyplot.close(made)


def without_screen() -> Any:
    """Matplotlib's `pyplot`, set up to open no windows."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot
