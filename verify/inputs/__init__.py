"""Readers of the inputs of a run: samples, images, weights and model files."""
