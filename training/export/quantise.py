"""Quantises an F16 GGUF file with llama.cpp's own quantiser.

    python -m training.export.quantise model-F16.gguf model-Q4_K_M.gguf Q4_K_M

`quantise` runs this command as a child process, because a crash in native code ends the whole process.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import re
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LOG_INFO, _LOG_ERROR = 2, 4  # GGML_LOG_LEVEL_INFO and _ERROR in ggml.h
_PROGRESS_LINE = re.compile(rb"\[ *(\d+)/ *(\d+)\]")  # llama.cpp's quantiser starts the line of each tensor so
_FALLBACK = re.compile(rb"WARNING: (\d+) of \d+ tensor\(s\) required fallback quantization")
_MAX_ERROR_LINES = 4  # the most error lines of llama.cpp in a message

Progress = Callable[[int, int], None]  # tensors done, all tensors


class QuantiseError(RuntimeError):
    """A file could not be quantised."""


class Quantisation(StrEnum):
    """Quantisations, by llama.cpp's names."""

    F16 = "F16"
    Q8_0 = "Q8_0"
    Q5_K_M = "Q5_K_M"
    Q4_K_M = "Q4_K_M"


# LLAMA_FTYPE_MOSTLY_* in llama.h.
FILE_TYPES = {Quantisation.F16: 1, Quantisation.Q8_0: 7, Quantisation.Q4_K_M: 15, Quantisation.Q5_K_M: 17}


def quantise(
    source: Path,
    target: Path,
    quantisation: Quantisation,
    on_progress: Progress = lambda done, total: None,
) -> int:
    """Quantise `source`, a file in F16, and write it as `target`.

    The K types store blocks of 256 weights. If the length of a matrix's rows is not a multiple of 256, llama.cpp uses a
    similar type with blocks of 32 (Q4_K: Q5_0, Q5_K: Q5_1, Q6_K: Q8_0).

    Returns:
        The number of matrices stored in such a fallback type.

    Raises:
        QuantiseError: llama.cpp could not do it; nothing is left at `target`.
    """
    command = [sys.executable, "-m", f"{__package__}.quantise", str(source), str(target), quantisation]
    last: dict[str, int] = {}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout
        assert child.stderr
        for line in child.stdout:
            last = json.loads(line)
            if "done" in last:
                on_progress(last["done"], last["of"])
        faults = child.stderr.read().strip()
    if child.returncode:
        target.unlink(missing_ok=True)
        why = faults.splitlines()[-_MAX_ERROR_LINES:] or [f"its process ended with status {child.returncode}"]
        raise QuantiseError(f"llama.cpp could not write {source.name} as {quantisation}: {'; '.join(why)}")
    return last["fallbacks"]


class _Log:
    """Passes on llama.cpp's log: progress as JSON lines on stdout, for the parent process; errors on stderr."""

    def __init__(self) -> None:
        self.fallbacks = 0

    def __call__(self, level: int, text: bytes, _: ctypes.c_void_p) -> None:
        if level == _LOG_INFO and (at := _PROGRESS_LINE.match(text)):
            print(json.dumps({"done": int(at[1]), "of": int(at[2])}), flush=True)
        elif fallback := _FALLBACK.search(text):
            self.fallbacks = int(fallback[1])
        elif level == _LOG_ERROR:
            print(text.decode(errors="replace").strip(), file=sys.stderr, flush=True)


def main() -> int:
    """Quantise one file, in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("quantisation", type=Quantisation, choices=list(Quantisation))
    options = parser.parse_args()
    try:
        import llama_cpp as api
    except (ImportError, OSError, RuntimeError) as error:  # the last two: its libraries cannot be loaded
        print(f"llama-cpp-python cannot be imported ({error}): run scripts/setup --training", file=sys.stderr)
        return 1
    log = _Log()
    callback = api.llama_log_callback(log)
    api.llama_log_set(callback, ctypes.c_void_p(0))
    params = api.llama_model_quantize_default_params()
    params.ftype = FILE_TYPES[options.quantisation]
    failed: int = api.llama_model_quantize(
        str(options.source).encode(), str(options.target).encode(), ctypes.byref(params)
    )
    if failed:
        return 1
    print(json.dumps({"fallbacks": log.fallbacks}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
