"""The result of a run, its tables, its page and its files."""
