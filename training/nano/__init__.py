"""The bundled model, trained from random weights.

    python -m training.nano --out batti-nano.gguf        # data, tokeniser, training, GGUF (`train.py`)

- `tokenizer.py`: a small byte-level BPE tokeniser
- `samples.py`: sentences as tokens and batches
- `llama.py`: the model in PyTorch; `precision.py`: bfloat16 or float32
- `gguf_file.py`: the model as a GGUF file, written and read
"""
