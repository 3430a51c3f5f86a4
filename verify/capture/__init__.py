"""TensorFlow's side. The only room that imports TensorFlow or Keras."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"  # it is TensorFlow that is verified, whatever else is set
