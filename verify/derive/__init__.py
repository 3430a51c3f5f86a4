"""Derive one number by hand: its equation, every intermediate result, and the sources of rounding."""
