"""Predict one image, or every image of a split, with trained weights, by hand and with TensorFlow."""
