"""Set the number of TensorFlow's threads. This is possible only before TensorFlow's first operation."""

import os

import tensorflow as tf

from reference.network import ESSAY, Network
from verify.errors import Unverifiable
from verify.records.settings import Settings

SET = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
MEASURED = 256  # the largest batch with equal bits under every ONEDNN_MAX_CPU_ISA; 512 differs under AVX2


def one_thread() -> None:
    """Make TensorFlow compute in one thread.  Raises Unverifiable if it has already begun with more."""
    os.environ.update(dict.fromkeys(SET, "1"))
    if not _set_one():
        threading = tf.config.threading
        if (threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()) != (1, 1):
            raise Unverifiable("TensorFlow has begun in this process with more threads than one")


def one_where_equal(settings: Settings, network: Network) -> bool:
    """Make TensorFlow compute in one thread if that changes no bit, and return True if it does.

    This leaves the other core to the checker. A number of threads that the user has set is not changed.
    """
    is_set = any(os.environ.get(name) for name in SET)
    return not is_set and bits_are_equal(settings, network) and _set_one()


def bits_are_equal(settings: Settings, network: Network) -> bool:
    """Return True if any number of threads gives equal bits, as `python -m benchmarks.threads` measures.

    This holds for float32 without XLA, in oneDNN's kernels. In Eigen's kernels, the number of threads changes the order
    of summation.
    """
    defaults = (settings.loss, settings.optimizer) == (Settings().loss, Settings().optimizer)
    measured = network.sizes == ESSAY.sizes and settings.batch <= MEASURED and defaults
    return measured and settings.dtype == "float32" and not settings.jit and _onednn()


def _set_one() -> bool:
    """Set one thread and return True, or return False if TensorFlow has already begun."""
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        return False
    return True


def _onednn() -> bool:
    """Return True if TensorFlow computes matrix products with oneDNN, and False if it does not say so."""
    try:
        from tensorflow.python.util import _pywrap_util_port  # there is no public function

        return bool(_pywrap_util_port.IsMklEnabled())
    except (ImportError, AttributeError):
        return False
