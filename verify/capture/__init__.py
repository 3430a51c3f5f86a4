"""Capture every tensor of TensorFlow's steps. Only this package imports TensorFlow or Keras."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"  # By Hand verifies TensorFlow, even if the user has chosen another backend
