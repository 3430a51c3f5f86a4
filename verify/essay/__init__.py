"""The essay: its equations as printed, its tables, and the index of its equations."""
