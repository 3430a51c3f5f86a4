"""Control of the process: its stderr, the memory that it keeps, and its signals."""
