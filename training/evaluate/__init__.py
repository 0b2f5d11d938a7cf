"""Evaluates a model: on the generated test split and on sentences written by hand.

    python -m training.evaluate        # (`judging.py`; all options: --help)

- `scoring.py`: exact match, effect, slices, intervals, calibration; `effects.py`: what a plan does to a home's lights
- `card.py`: the model card; `plots.py` (a command): plots
- `thresholds.py` (a command): what the two thresholds of decoding do, on validation data
"""
