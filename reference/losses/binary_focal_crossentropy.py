"""Binary focal cross-entropy: the binary cross-entropy, with less weight on outputs that are nearly right.

Keras begins the cross-entropy with Z behind a sigmoid or a softmax, and takes its weight from the probability.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from reference.layers.sigmoid import sigmoid, sigmoid_backward
from reference.layers.softmax import softmax, softmax_backward
from reference.losses import binary_crossentropy as plain
from reference.losses.elementwise import ElementwiseLoss
from reference.losses.loss import EPSILON, Equation, LossEquations, check_focus, check_label_smoothing, check_truth
from reference.operations import added, product, rounded_as

Backwards = Equation  # of probabilities, from their Z: dP, P -> dZ


def miss(P: Any, y: Any) -> Any:
    """1 - p_t, where p_t is p for y = 1 and 1 - p for y = 0.  P, y [N, n] -> [N, n].  Lin et al. 2017"""
    return 1 - (y * P + (1 - y) * (1 - P))


def balance(y: Any, alpha: float | None) -> tuple[Any, ...]:
    """α for y = 1 and 1 - α for y = 0, if α is used.  y [N, n] -> a factor [N, n], or none.  Lin et al. 2017"""
    return () if alpha is None else (y * alpha + (1 - y) * (1 - alpha),)


def focal(P: Any, y: Any, costs: Any, gamma: float, alpha: float | None) -> Any:
    """α_t (1 - p_t)^γ times the cross-entropy.  P, y, costs [N, n] -> [N, n].  Lin et al. 2017"""
    return product(miss(P, y) ** rounded_as(gamma, P), *balance(y, alpha), costs)


def of_weight_backward(g: Any, P: Any, y: Any, costs: Any, gamma: float, alpha: float | None) -> Any:
    """g times the slope of the weight, times the cross-entropy.  P, y, costs [N, n] -> dP [N, n].  Lin et al. 2017"""
    power = rounded_as(gamma, P)
    inner = product(g, *balance(y, alpha), costs, power, miss(P, y) ** (power - 1))
    return inner * (1 - y) - inner * y


def of_logits(
    Z: Any, y: Any, gamma: float, f: Equation = sigmoid, alpha: float | None = None, smoothing: float = 0.0
) -> Any:
    """The focal loss of P = f(Z), with the cross-entropy from Z.  Z, y [N, n] -> [N, n].  Lin et al. 2017"""
    y = plain.smoothed_to_half(y, smoothing)
    return focal(f(Z), y, plain.of_logits(Z, y), gamma, alpha)


def of_logits_backward(
    g: Any,
    Z: Any,
    y: Any,
    gamma: float,
    f: Equation = sigmoid,
    back: Backwards = sigmoid_backward,
    alpha: float | None = None,
    smoothing: float = 0.0,
) -> Any:
    """g times its slope, through f and past it.  g scalar, Z, y [N, n] -> [N, n].  Lin et al. 2017"""
    P, y = f(Z), plain.smoothed_to_half(y, smoothing)
    weight = product(g, miss(P, y) ** rounded_as(gamma, P), *balance(y, alpha))
    return back(of_weight_backward(g, P, y, plain.of_logits(Z, y), gamma, alpha), P) + plain.of_logits_backward(
        weight, Z, y
    )


def of_probabilities(
    A: Any, y: Any, gamma: float, alpha: float | None = None, smoothing: float = 0.0, epsilon: float = EPSILON
) -> Any:
    """The focal loss of probabilities.  A, y [N, n] -> [N, n].  Lin et al. 2017"""
    y = plain.smoothed_to_half(y, smoothing)
    return focal(A, y, plain.of_probabilities(A, y, epsilon=epsilon), gamma, alpha)


def of_probabilities_backward(
    g: Any, A: Any, y: Any, gamma: float, alpha: float | None = None, smoothing: float = 0.0, epsilon: float = EPSILON
) -> Any:
    """g times its slope.  g scalar, A, y [N, n] -> [N, n].  Lin et al. 2017"""
    y = plain.smoothed_to_half(y, smoothing)
    weight = product(g, miss(A, y) ** rounded_as(gamma, A), *balance(y, alpha))
    costs = plain.of_probabilities(A, y, epsilon=epsilon)
    return added(
        of_weight_backward(g, A, y, costs, gamma, alpha),
        plain.of_probabilities_backward(weight, A, y, epsilon=epsilon),
    )


@dataclass(frozen=True)
class BinaryFocalCrossentropy(ElementwiseLoss):
    """The mean of α_t (1 - p_t)^γ times the cross-entropy; α_t only with `apply_class_balancing`.  Lin et al. 2017"""

    kind = "binary_focal_crossentropy"
    source: ClassVar[str] = "Lin et al. 2017"
    apply_class_balancing: bool = False
    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        super().__post_init__()
        check_truth("from_logits", self.from_logits)
        check_truth("apply_class_balancing", self.apply_class_balancing)
        check_label_smoothing(self.label_smoothing)
        check_focus(self.kind, self.alpha, self.gamma)

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations: from Z behind a sigmoid or softmax, else from A, as logits or as probabilities."""
        functions: tuple[Equation, Equation] = (of_logits, of_logits_backward)
        reads, options = "Z", {"gamma": self.gamma}
        options |= {"alpha": self.alpha} if self.apply_class_balancing else {}
        options |= {"smoothing": self.label_smoothing} if self.label_smoothing else {}
        if self.from_logits:  # Keras applies a sigmoid of its own to whatever stands before
            reads = "A"
        elif activation == "softmax":
            functions = partial(of_logits, f=softmax), partial(of_logits_backward, f=softmax, back=softmax_backward)
        elif activation != "sigmoid":
            reads, functions = "A", (of_probabilities, of_probabilities_backward)
            options["epsilon"] = self.epsilon
        cost, slope = (partial(f, **options) for f in functions)
        return self.over_outputs(reads, cost, slope)
