"""Judge a model; see `judging.py`."""

from .judging import main

if __name__ == "__main__":
    main()
