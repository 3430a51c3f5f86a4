"""Witnesses of each kind of layer: what says, without TensorFlow, that its equations are right."""
