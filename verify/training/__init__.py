"""The command verify.training: verify every step of a whole training, with a by-hand training beside it."""
