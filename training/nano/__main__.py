"""Make the bundled model; see `train.py`."""

from .train import main

if __name__ == "__main__":
    main()
