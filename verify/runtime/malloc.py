"""Let the process keep freed memory for the next training step.

Every step allocates and frees arrays of about 400 KB. By default glibc returns such blocks to the system at once and
then gets them back page by page, which takes longer than the arithmetic on them. The setting changes no result.
"""

import ctypes

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h
BLOCK, SPARE = 32 * 2**20, 64 * 2**20  # bytes: the largest block that is kept, and the freed memory that is kept


def keep_freed() -> bool:
    """Tell the C library to keep freed memory; return whether it accepted.

    Return False and change nothing where the C library has no mallopt (it is not glibc).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return all([mallopt(M_MMAP_THRESHOLD, BLOCK), mallopt(M_TRIM_THRESHOLD, SPARE), mallopt(M_TOP_PAD, SPARE // 4)])
