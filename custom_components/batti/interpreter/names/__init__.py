"""Which words name something in this home: what its floors, areas and lights are called, and where a sentence says so."""
