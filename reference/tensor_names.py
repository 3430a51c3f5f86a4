"""The names of tensors: how they are made and taken apart.

A name is a quantity, with its role in front of it and its state behind it:

    X  y  s  C  t  alpha     a quantity of the whole step
    W1  B1  Z1  A1  D1  M1   a quantity of one layer: its letter and the number of the layer
    gamma_1                  the same with a word in place of the letter
    dW1                      the gradient of the cost with respect to W1
    m_W1  v_W1  vmax_W1      what the optimizer keeps of W1, after the step; m_W1_before: before the step
    unscaled_W1              the gradient of W1 without the scale of the loss
    mean_W1                  the mean of the gradients of W1 that several steps have accumulated
    clipped_W1               the gradient of W1 after clipping
    update_W1                what is subtracted from W1
    iterate2_W1              a matrix on the way to update_W1, after two iterations of Muon
    r_W1  c_W1               what Adafactor keeps of the rows and of the columns of W1
    penalty_W1  penalty_A1   what the regularizer of W1, or the activity regularizer of A1, adds to the cost
    W1_decayed  W1_new       W1 after weight decay, and after the step
    W1_updated               W1 after the update, where the average of the weights may overwrite it
    C_reported               the cost that Keras reports of the step
    W1_own  m_W1_own         W1_new and m_W1 of Keras's own step, where By Hand's capture has other bits (XLA)
    W1@  m_W1@               W1_new and m_W1 of the step before, as a step reads what the last one left
    W1~                      W1 itself in the step before
    step2/W1                 W1 of the second step of a trace
"""

import re
from dataclasses import dataclass
from functools import lru_cache

CARRIED, PREVIOUS = "@", "~"
REPORTED = "C_reported"
UPDATE, CLIPPED, UNSCALED, MEAN, PENALTY = "update", "clipped", "unscaled", "mean", "penalty"
ITERATE, OF_ROWS, OF_COLUMNS = "iterate", "r", "c"
NAME = re.compile(
    r"((?P<role>[a-z]+|iterate[0-9]{1,3})_)??(?P<d>d)?(?P<quantity>[A-Zsty]|[a-z]{2,}?)"
    r"((?<=[a-z]{2})_)?(?P<layer>0|[1-9][0-9]{0,5})?"
    r"(_(?P<state>new|before|decayed|updated|own|reported))?(?P<when>@?~?)"
)


@dataclass(frozen=True)
class TensorName:
    """The parts of a name. `layer` is None for a quantity of the whole step.

    `role`: "" for the quantity itself, "d" its gradient, "update", "clipped", "unscaled", "mean", or what an optimizer
    keeps ("m").
    `state`: "", "before", "decayed", "updated", "new", "own" or "reported". `when`: "", CARRIED or PREVIOUS.
    """

    quantity: str
    layer: int | None = None
    role: str = ""
    state: str = ""
    when: str = ""

    @property
    def base(self) -> str:
        """The name of the quantity alone: W1 for m_W1_before."""
        return of_layer(self.quantity, self.layer) if self.layer is not None else self.quantity

    @property
    def is_kept(self) -> bool:
        """True for what an optimizer keeps from step to step."""
        return self.role not in ("", "d", UPDATE, CLIPPED, UNSCALED, MEAN, PENALTY) and not self.is_iterate

    @property
    def is_iterate(self) -> bool:
        """True for a matrix on the way to an update."""
        return self.role.startswith(ITERATE)


def read(name: str) -> TensorName:
    """Take a name apart.  Raises ValueError if it is not of the form above."""
    parts = parts_of(name)
    if parts is None:
        raise ValueError(f"{name!r} is not the name of a tensor")
    return parts


@lru_cache(maxsize=4096)
def parts_of(name: str) -> TensorName | None:
    """Take any text apart as a name; None if it is not of the form above."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    role = match["role"] or ("d" if match["d"] else "")
    layer = None if match["layer"] is None else int(match["layer"])
    return TensorName(match["quantity"], layer, role, match["state"] or "", match["when"] or "")


def is_state(name: str, state: str) -> bool:
    """Return whether a text names a tensor in this state: m_W1_before is in state "before"."""
    parts = parts_of(name)
    return parts is not None and parts.state == state


def has_role(name: str, role: str) -> bool:
    """Return whether a text names a tensor in this role: dW1 has the role "d", update_W1 "update"."""
    parts = parts_of(name)
    return parts is not None and parts.role == role


def is_of(name: str, quantity: str) -> bool:
    """Return whether a text names this quantity, or what belongs to it: W1, dW1 and m_W1 are of "W"."""
    parts = parts_of(name)
    return parts is not None and parts.quantity == quantity


def base_of(name: str) -> str:
    """Return W1 for W1_new, dW1 or m_W1; any other text as it is."""
    parts = parts_of(name)
    return name if parts is None else parts.base


def of_layer(quantity: str, layer: int) -> str:
    """Return W1, or gamma_1."""
    return f"{quantity}{layer}" if len(quantity) == 1 else f"{quantity}_{layer}"


def gradient(Q: str) -> str:
    """Return dQ, the gradient of the cost with respect to Q."""
    return f"d{Q}"


def kept(letter: str, P: str) -> str:
    """Return m_P, what an optimizer keeps of a parameter."""
    return f"{letter}_{P}"


def penalty(P: str) -> str:
    """Return penalty_P, what the regularizer of P adds to the cost."""
    return f"{PENALTY}_{P}"


def iterate(number: int, P: str) -> str:
    """Return iterate2_P, the matrix on the way to update_P after so many iterations."""
    return f"{ITERATE}{number}_{P}"


def shape_in_role(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a tensor that belongs to a quantity of this shape: () for a penalty, else mostly `shape`.

    What is kept of the rows of a matrix lacks the last axis, what is kept of its columns the last but one. A single
    axis is written as a row [1, n].
    """
    role = read(name).role
    if role not in (OF_ROWS, OF_COLUMNS):
        return () if role == PENALTY else shape
    rest = shape[:-1] if role == OF_ROWS else (*shape[:-2], shape[-1])
    return rest if len(rest) > 1 else (1, *rest)


def before(kept_tensor: str) -> str:
    """Return m_P_before, what the optimizer kept until this step."""
    return f"{kept_tensor}_before"


def clipped(P: str) -> str:
    """Return clipped_P, the gradient of P after clipping."""
    return f"{CLIPPED}_{P}"


def unscaled(P: str) -> str:
    """Return unscaled_P, the gradient of P without the scale of the loss."""
    return f"{UNSCALED}_{P}"


def mean(P: str) -> str:
    """Return mean_P, the mean of accumulated gradients of P."""
    return f"{MEAN}_{P}"


def updated(P: str) -> str:
    """Return P_updated, P after the update and before its average may overwrite it."""
    return f"{P}_updated"


def update(P: str) -> str:
    """Return update_P, what is subtracted from P."""
    return f"{UPDATE}_{P}"


def decayed(P: str) -> str:
    """Return P_decayed, P after weight decay."""
    return f"{P}_decayed"


def new(P: str) -> str:
    """Return P_new, P after the step."""
    return f"{P}_new"


def own(name: str) -> str:
    """Return P_own for P, m_P_own for m_P: the result of Keras's own step where the captured step has other bits."""
    return f"{name}_own"


def carried(tensor: str) -> str | None:
    """Return the name under which the next step reads a tensor: W1@ for W1_new or W1_own, m_W1@ for m_W1; else None."""
    name = parts_of(tensor)
    if name is None or name.when:
        return None
    if name.state == "own":
        return tensor.removesuffix("_own") + CARRIED
    if name.state == "new" and not name.role:
        return name.base + CARRIED
    return tensor + CARRIED if name.is_kept and not name.state else None


def left_by(carried_name: str) -> str:
    """Return the tensor of the step before that a carried name stands for: W1@ is W1_new, m_W1@ is m_W1."""
    tensor = carried_name.removesuffix(CARRIED)
    return tensor if read(tensor).is_kept else new(tensor)


def previous(name: str) -> str:
    """Return W1~, the tensor as it was in the step before."""
    return name + PREVIOUS


def in_step(number: int, name: str) -> str:
    """Return step2/W1, the tensor's name in a trace of several steps."""
    return f"step{number}/{name}"


def split_step(name: str) -> tuple[int, str]:
    """Return the step and the tensor of a name in a trace; step 0 if it names none."""
    match = re.fullmatch(r"step([1-9][0-9]{0,8})/(.*)", name, re.DOTALL)
    return (int(match[1]), match[2]) if match else (0, name)
