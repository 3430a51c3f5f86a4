"""One module for each kind of layer: random layers of this kind, for benchmarks that verify many models."""
