"""The process itself: what it prints on stderr, the memory it keeps, the signals it gets."""
