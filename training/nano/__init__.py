"""The bundled model: its tokeniser, its batches, its shape, its training, its GGUF."""
