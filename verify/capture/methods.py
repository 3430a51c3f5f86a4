"""Listen to a method of an optimizer: replace it for a while by a function that calls it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from verify.capture.reader import VARIABLE


def key_of(variable: Any) -> int:
    """Return the identity of TensorFlow's variable, given it or Keras's variable around it."""
    return id(variable.value if isinstance(variable, VARIABLE) else variable)


@contextmanager
def heard(optimizer: Any, method: str, listen: Callable[..., Any]) -> Iterator[None]:
    """Replace a method of the optimizer by a listener for the duration of a `with` block."""
    replaced = vars(optimizer).get(method)  # a method of the user's own on the object
    setattr(optimizer, method, listen)
    try:
        yield
    finally:
        if replaced is None:
            delattr(optimizer, method)
        else:
            setattr(optimizer, method, replaced)
