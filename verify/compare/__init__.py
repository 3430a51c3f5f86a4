"""Compare TensorFlow's tensors with the equations: one tensor, a step, a whole trace; and say what else fits."""
