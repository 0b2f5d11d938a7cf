"""Exports a trained model as GGUF files for Batti.

    python -m training.export training/.runs/nano --out custom_components/batti/models/batti-nano.gguf
    python -m training.export training/.runs/llama/adapter --out FOLDER --quantisations Q4_K_M Q8_0 --check DATA.jsonl

A run of `training.nano` becomes one file. The adapter of a fine-tuned Llama is merged into its base model and becomes one
file per quantisation, with a model card that says how each compares (`release.py`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..nano import gguf_file
from . import release


def main(arguments: list[str] | None = None) -> None:
    """Export a run, or an adapter."""
    parser = argparse.ArgumentParser(
        "python -m training.export", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="a run folder or GGUF of training.nano, or the folder of a peft adapter")
    parser.add_argument("--out", type=Path, required=True, help="the GGUF to write; for an adapter, a folder")
    release.add_options(parser)
    options = parser.parse_args(arguments)
    if options.run.is_file() or (options.run / "checkpoint.pt").exists():
        gguf_file.write(*gguf_file.read(options.run), options.out)
        print(f"{options.out}: {options.out.stat().st_size:,} bytes")
        return
    try:
        release.run(options)
    except (*release.FAULTS, OSError) as error:
        parser.exit(1, f"{error}\n")
