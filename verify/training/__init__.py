"""A whole training, verified step by step, with a by-hand training beside it."""
