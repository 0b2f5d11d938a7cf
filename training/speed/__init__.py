"""Measures time, memory and energy per command, for the bundled model and for one of Llama 3.2 1B's shape.

    scripts/benchmark        # or python -m training.speed (`benchmark.py`)

- `stopwatch.py`: measures one model; `meter.py`: reads memory and energy
- `figures.py`, `report.py`, `plots.py` (a command): the results as numbers, tables and plots
- `shape.py` (a command): a GGUF with random weights; `dictated.py`: the engine's worker, with given answers for it
- `engines_alike.py` (a command): whether all engines give the same plans
"""
