"""What a run reads: samples, images, weights, model files."""
