"""Compare TensorFlow's tensors with the equations: one tensor, one step or a whole trace. Explain disagreements."""
