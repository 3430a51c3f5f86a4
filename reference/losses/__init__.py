"""The kinds of losses. Each kind is one module of this package; to add a kind, add a module.

Each kind also has a reader of Keras's loss (`verify/capture/losses/`), its variants (`verify/compare/variants/losses/`)
and its witnesses (`tests/reference/losses/`), each in a module of the same name; `tests/test_kinds.py` fails if one is
missing.
"""

from functools import lru_cache

from reference.losses.loss import Loss
from reference.notation import parse
from reference.registry import classes_of

SEPARATOR = "; "  # between the losses of several outputs


@lru_cache(maxsize=1)
def kinds() -> dict[str, type[Loss]]:
    """Return every kind of loss by its name."""
    return {x.kind: x for x in classes_of(__name__, Loss) if x.kind}


def losses_named(text: str) -> tuple[Loss, ...]:
    """Return the loss of each output that a text describes, in order: "mean_squared_error; categorical_crossentropy".

    Raises ValueError for any other text.
    """
    return tuple(loss_named(one) for one in text.split(SEPARATOR))


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
