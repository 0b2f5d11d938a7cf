"""Fine-tuning data for one home: its names, and corrections that its people kept.

    python -m training.personal HOME --corrections FILE.yaml --out DIR        # (`finetuning_set.py`)

- `own_home.py`: reads the home; `corrections.py`: reads and checks corrections
- `wording.py`: from a correction's plan back to the words and labels of its sentence
- `family.py`: sentences said in this home; `variations.py`: a correction in other forms
- `check.py` (a command): fine-tunes, and measures what was learnt and what was forgotten
"""
