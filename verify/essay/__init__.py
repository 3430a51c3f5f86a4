"""The essay: its equations as printed, its tables, the index of its equations."""
