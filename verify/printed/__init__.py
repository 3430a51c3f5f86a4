"""The essay on trial: its equations against TensorFlow, its printed numbers against each other."""
