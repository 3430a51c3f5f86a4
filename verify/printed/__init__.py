"""The check of the essay: its equations against TensorFlow, its printed numbers against each other."""
