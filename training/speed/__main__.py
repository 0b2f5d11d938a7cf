"""Measure the speed of models; see `benchmark.py`."""

from .benchmark import main

if __name__ == "__main__":
    main()
