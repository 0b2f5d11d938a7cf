"""Makes Batti's models: data, training, export, evaluation. README.md explains the whole way.

Each package is a command, such as `python -m training.data`: `data`, `nano`, `finetune`, `tune`, `personal`, `export`,
`evaluate`, `speed`. They share `gguf_files` and `plotting.py`.
"""
