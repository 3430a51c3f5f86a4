"""What a saved trace holds, and two traces of one computation against each other.

from verify import trace

five = trace.load("five.npz")
"""

from verify.records.trace import Trace
from verify.records.trace_file import load, to_bytes

__all__ = ["Trace", "load", "to_bytes"]
