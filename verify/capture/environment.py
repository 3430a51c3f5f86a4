"""Describe where TensorFlow ran: versions, machine, and flags that change its arithmetic, but no time and no path."""

import os
import platform
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

FLAGS = ("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
         "OMP_NUM_THREADS", "TF_XLA_FLAGS", "XLA_FLAGS", "TF_DETERMINISTIC_OPS")  # fmt: skip
CPU = Path("/proc/cpuinfo")


def environment() -> dict[str, str]:
    """Return the environment for reports and traces. Flags and the number of threads appear only if they are set."""
    cores = os.cpu_count() or 1
    texts = {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
        "system": platform.system(),
        "machine": platform.machine(),
        "cpu": f"{_cpu()}, {cores} core{'s' * (cores != 1)}",
    }
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    texts |= {"threads": str(threads)} if threads else {}
    texts |= {name: value for name in FLAGS if (value := _without_paths(os.environ.get(name, "")))}
    return {name: _plain(text) for name, text in texts.items()}


def _cpu() -> str:
    """Return the model name of the processor, or "unknown"."""
    try:
        lines = CPU.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _without_paths(flags: str) -> str:
    """Return the flags without every word that contains a path."""
    return " ".join(word for word in flags.split() if "/" not in word and "\\" not in word)


def _plain(text: str) -> str:
    """Return the text with escapes for unprintable characters, because a trace may hold only plain text."""
    return text if text.isprintable() else ascii(text)[1:-1]
