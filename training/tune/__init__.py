"""Hyperparameter search with Optuna.

    python -m training.tune --recipe RECIPE --data DATA --out OUT        # (`command.py`)

- `search_space.py`: the ranges to search, and the recipe of a trial
- `study.py`: runs the trials, and continues an interrupted study
- `trials.py`: results as a table, CSV, `best.yaml` and plots
"""
