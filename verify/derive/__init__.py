"""One number by hand: its equation, every intermediate, and the sources of rounding."""
