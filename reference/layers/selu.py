"""SELU: an ELU times a constant, both chosen so that the activations keep mean 0 and variance 1."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reference.layers.activation import Activation, Function
from reference.layers.layer import Place
from reference.operations import choose
from reference.rule import Rule

SCALE = 1.0507009873554805  # λ, rounded to float64
SCALE_ALPHA = 1.7580993408473769  # λα, rounded to float64; TensorFlow has it as one constant


def selu(Z: Any) -> Any:
    """λ z, or λα (e^z - 1) below 0, elementwise.  Z [N, n] -> [N, n].  Klambauer et al. 2017"""
    return choose(Z < 0, (np.exp(np.minimum(Z, 0)) - 1) * SCALE_ALPHA, Z * SCALE)


def selu_slope(A: Any) -> Any:
    """Its derivative, λ, or a + λα below 0, from what it gave.  A [N, n] -> [N, n].  Klambauer et al. 2017

    At 0 it is λ, as in TensorFlow's kernel. XLA takes λα, the slope from below.
    """
    return choose(A < 0, A + SCALE_ALPHA, SCALE)


def selu_backward(dA: Any, A: Any) -> Any:
    """dA times the slope of SELU.  dA, A [N, n] -> dZ [N, n].  (18), (18b)"""
    return dA * selu_slope(A)


@dataclass(frozen=True)
class SELU(Activation):
    """A = λ Z, or λα (e^Z - 1) where Z is below 0.  Klambauer et al. 2017"""

    kind = "selu"
    equation = "Klambauer et al. 2017"
    slope_reads_output = True
    scales = True

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of A.

        No compiler multiplies λ by the next constant first, because a choice stands between the two products.
        """
        for rule in super().forward(place):
            yield replace(rule, scales=False)

    @property
    def function(self) -> Function:
        """The function `selu`."""
        return selu

    @property
    def slope(self) -> Function:
        """The derivative, a function of A."""
        return selu_slope

    @property
    def back(self) -> Function:
        """The way back, from dA and A."""
        return selu_backward
