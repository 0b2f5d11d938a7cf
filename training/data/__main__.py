"""Write the data set; see `dataset.py`."""

from .dataset import main

if __name__ == "__main__":
    main()
