"""One prediction with trained weights, or that of every image, by hand and by TensorFlow."""
