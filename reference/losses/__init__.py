"""The kinds of losses. Each kind is one module of this package; to add a kind, add a module.

Each kind also has a reader of Keras's loss (`verify/capture/losses/`), its variants (`verify/compare/variants/losses/`)
and its witnesses (`tests/reference/losses/`), each in a module of the same name; `tests/test_kinds.py` fails if one is
missing.
"""

from functools import lru_cache

from reference.losses.loss import Loss
from reference.notation import parse
from reference.registry import classes_of


@lru_cache(maxsize=1)
def kinds() -> dict[str, type[Loss]]:
    """Return every kind of loss by its name."""
    return {x.kind: x for x in classes_of(__name__, Loss) if x.kind}


@lru_cache(maxsize=256)
def loss_named(text: str) -> Loss:
    """Return the loss that a text describes: "categorical_crossentropy(label_smoothing=0.1)".

    Raises ValueError for any other text.
    """
    try:
        loss: object = parse(text, kinds())
    except ValueError as error:
        raise ValueError(f"loss {error}") from None
    if not isinstance(loss, Loss):
        raise ValueError(f"loss {text!r} is not one of {', '.join(kinds())}")
    return loss
