"""Run what needs PyTorch: .venv-training has it, the environment of the tests has not.

Tests take the fixture `training_python` besides.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests import measured

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-training" / "bin" / "python"
PROBES = Path(__file__).parent / "probes"
_SHOWN = 6000  # characters of what a failed child said last


def environment(**more: str) -> dict[str, str]:
    """A child's environment: our packages on its path, and neither Hugging Face nor a GPU within reach.

    One thread: models as small as those of tests take three times the processor's time with two, which wait for each other.
    """
    fixed = {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "MPLBACKEND": "Agg"}
    return os.environ | fixed | {"OMP_NUM_THREADS": "1"} | measured.environment() | more


def run(*arguments: str | Path, timeout: float, **more: str) -> str:
    """Run the training environment's Python and return its standard output; its failure fails the test.

    Args:
        arguments: as the interpreter takes them, such as `-m training.finetune …`, or a script.
        timeout: seconds.
        more: environment variables.
    """
    command = [str(PYTHON), *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(**more), capture_output=True, text=True, timeout=timeout, check=False
    )
    assert not done.returncode, f"{command} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-_SHOWN:]}"
    return done.stdout
