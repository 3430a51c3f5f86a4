"""Compare the tensors of a training with the equations while the training runs."""
