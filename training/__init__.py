"""How the bundled model is made: sentences, training, export and evaluation."""
