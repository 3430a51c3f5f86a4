"""What a PASS is worth: faults put into a trace that passes, and what the comparison makes of them."""
