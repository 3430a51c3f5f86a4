"""The command verify.faults: put faults into a trace that passes, and count which ones the comparison notices."""
