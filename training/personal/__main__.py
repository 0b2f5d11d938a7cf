"""Write the fine-tuning set of a home; see `finetuning_set.py`."""

from .finetuning_set import main

if __name__ == "__main__":
    main()
