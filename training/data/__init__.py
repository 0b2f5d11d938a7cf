"""The data set: sentences in random homes, each with the answer that the model must write.

    python -m training.data        # writes train.jsonl, validation.jsonl and test.jsonl (`dataset.py`)

- `phrases/`: what people wrote; read by `seeds.py` (whole sentences) and `phrasebook.py` (words and sentence forms)
- `homes.py`, `naming.py`: random homes, and names for their rooms and lights
- `voices.py`: sentences from seeds; `commands.py`: sentences built from parts
- for both: `calling.py` (names), `values.py` (values), `misspelling.py` (typos), `answers.py` (the model's answer)
- `encoding.py`: a sentence and its answer as tokens
"""
