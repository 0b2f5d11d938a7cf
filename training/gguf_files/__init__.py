"""Llamas as GGUF files: what stands in one, written tensor by tensor, and read again. Needs no PyTorch."""
