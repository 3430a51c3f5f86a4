"""Show what a saved trace holds, and compare two traces of one computation.

from verify import trace

five = trace.load("five.npz")
"""

from verify.records.trace import Trace
from verify.records.trace_file import load, to_bytes

__all__ = ["Trace", "load", "to_bytes"]
