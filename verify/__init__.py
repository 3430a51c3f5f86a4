"""By Hand: proves, tensor by tensor, that TensorFlow computes what the mathematics says.

    result = verify.check(model, x, y)          # training steps of a Keras model, one call
    model.fit(x, y, callbacks=[verify.ByHand(every=100)])    # inside a training

Importing this module imports neither NumPy nor TensorFlow; using `check` or `ByHand` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.capture.callback import ByHand as ByHand
    from verify.check_model import check as check

__all__ = ["ByHand", "check"]


def __getattr__(name: str) -> Any:
    """Import `check` or `ByHand` when it is used for the first time."""
    if name == "check":
        from verify.check_model import check

        return check
    if name == "ByHand":
        from verify.runtime.stderr import hushed

        with hushed():
            from verify.capture.callback import ByHand
        return ByHand
    raise AttributeError(f"module 'verify' has no attribute {name!r}")
