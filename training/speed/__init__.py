"""What a command takes: time, memory and energy, of the bundled model and of one in Llama 3.2 1B's shape."""
