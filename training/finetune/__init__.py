"""Fine-tuning, of Llama 3.2 1B above all: bases, an adapter to one, the run, what it costs, and the notebook's helpers."""
