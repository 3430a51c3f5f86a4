"""Witnesses of each kind of loss: what says, without TensorFlow, that its equations are right."""
