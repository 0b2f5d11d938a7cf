"""What the model reads and writes: the prompt, the output language with its grammar, and the plan that it stands for."""
