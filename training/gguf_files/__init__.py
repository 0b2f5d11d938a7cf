"""Llama models as GGUF files, written and read. A library for `nano`, `export` and `speed`; it needs no PyTorch.

- `writing.py`: writes a file, one tensor at a time
- `reading.py`: a faster reader; `vocabulary.py`: the vocabulary of a file
- `llama3_words.py`: finds the file with Llama 3's vocabulary
"""
