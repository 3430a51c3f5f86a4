"""Witnesses of each kind of optimizer: what says, without TensorFlow, that its equations are right."""
