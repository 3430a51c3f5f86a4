"""Run by benchmarks/matrix.py inside each environment: capture the work under one set of flags, save the trace.

    python -m benchmarks.matrix_capture work.npz settings.json trace.npz THREADS

It needs tensorflow (with the keras and numpy that come with it) and this checkout, nothing else.
"""

import json
import sys
from pathlib import Path

import numpy as np

from verify.errors import Unusable, Unverifiable
from verify.records.samples import Samples
from verify.records.settings import Settings
from verify.records.trace_file import to_bytes


def main(work: str, chosen: str, saved: str, threads: str) -> int:
    """Capture and save; return 0, or 3 with one sentence on standard error if TensorFlow's step cannot be captured."""
    import tensorflow as tf

    if int(threads):
        tf.config.threading.set_intra_op_parallelism_threads(int(threads))
        tf.config.threading.set_inter_op_parallelism_threads(int(threads))
    from verify.capture.capture import capture

    with np.load(work) as given:
        samples = Samples(given["pixels"], given["labels"])
        weights = {name: given[name] for name in given.files if name[0] in "WB"}
    try:
        held = capture(Settings.from_dict(json.loads(Path(chosen).read_text()), chosen), samples, weights)
    except (Unusable, Unverifiable) as error:
        print(f"error: could not verify: {error}", file=sys.stderr)
        return 3
    Path(saved).write_bytes(to_bytes(held))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
