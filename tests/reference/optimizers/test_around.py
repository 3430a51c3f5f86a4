"""Witnesses of what Keras does around the step: the values of public reports, and whole numbers."""

from fractions import Fraction

import numpy as np
import pytest

from reference.network import chain
from reference.optimizers import around, optimizer_named
from reference.optimizers.optimizer import Optimizer
from reference.rules import rules, start
from reference.tensor_names import carried

ONE = chain((1, 1), ("linear",), (False,))


def weights(text, gradients, weight=1.0):
    """The weight after each step, and all tensors of the last, of an optimizer that is handed these gradients."""
    optimizer = optimizer_named(text)
    known = {"W1": np.full((1, 1), weight)}
    after = []
    for t, g in enumerate(gradients, 1):
        known |= optimizer.coefficients | {"dW1": np.full((1, 1), float(g)), "t": float(t)}
        plan = [*start(ONE, optimizer, t == 1), *rules(ONE, "mean_squared_error", optimizer)]
        for rule in plan:
            if rule.phase in ("start", "update"):
                known[rule.tensor] = rule(known)
        after.append(float(known["W1_new"][0, 0]))
        known |= {name: a for n, a in known.items() if (name := carried(n)) is not None}
    return after, known


ACCUMULATED = {  # keras#19990: the optimizer, the gradients, the weight after them
    "SGD": ("sgd(learning_rate=0.1, {})", (1, 2, 6), 0.7),
    "decay": ("sgd(learning_rate=0.1, weight_decay=0.1, {})", (1, 2, 6), 0.69),
    "clipped": ("sgd(learning_rate=0.1, clipvalue=1.5, {})", (1, 2, 6), 0.85),
    "Adam": ("adam(learning_rate=0.1, {})", (1, 2, 6), 0.90000075),
    "Adam, six": ("adam(learning_rate=0.1, {})", (1, 2, 6, -1, -1, 5), 0.81289530),
}
WRONG = {"SGD": None, "decay": 0.67029899, "clipped": 0.86666667, "Adam": 0.93611896, "Adam, six": 0.87500179}


@pytest.mark.parametrize("name", ACCUMULATED)
def test_the_weights_of_the_public_report_on_accumulation(name):
    text, gradients, expected = ACCUMULATED[name]
    after, _ = weights(text.format("gradient_accumulation_steps=3.0"), gradients)
    assert after[:2] == [1.0, 1.0]
    assert after[-1] == pytest.approx(expected, rel=0, abs=2e-6 if "Adam" in name else 1e-8)  # float32
    assert WRONG[name] is None or abs(after[-1] - WRONG[name]) > 1e-3  # Keras 3.4.1


def test_the_average_of_the_weights_of_the_public_report():
    """w = 10, learning rate 0.01, momentum 0.5, two steps each, gradient 1 eight times."""
    text = "sgd(use_ema=True, ema_momentum=0.5, gradient_accumulation_steps=2.0)"
    after, known = weights(text, [1] * 8, 10.0)
    assert after[-1] == pytest.approx(9.96, abs=1e-12)
    assert known["average_W1"][0, 0] == pytest.approx(9.968750, abs=1e-12)  # Keras 3.15.1 gives 9.966562


def test_an_average_is_the_weighted_mean_of_all_weights_since_the_first():
    """a_t = μ^(t-1) w_1 + Σ (1 - μ) μ^(t-k) w_k, the weights of which add up to 1."""
    mu, w = Fraction(3, 4), [Fraction(k * k, 7) for k in range(1, 6)]
    average = 0.0
    for t, x in enumerate(w, 1):
        average = around.averaged(average, np.float64(x), t, 0.75)
    expected = mu**4 * w[0] + sum((1 - mu) * mu ** (5 - k) * w[k - 1] for k in range(2, 6))
    assert average == pytest.approx(float(expected), rel=1e-15)


def test_every_second_step_is_overwritten_by_the_average():
    after, known = weights(
        "sgd(learning_rate=1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2.0)", [1, 1, 1], 8.0
    )
    assert after == [7.0, 6.5, 5.5] and known["average_W1"] == 6.0  # 7; (7 + 6)/2; (6.5 + 5.5)/2


def test_a_scaled_loss_has_the_same_step():
    plain = "adam(learning_rate=0.1, clipnorm=2.0{})"
    scaled, known = weights(plain.format(", loss_scale_factor=1024.0"), [1024, 4096, -1024])
    assert scaled == weights(plain.format(""), [1, 4, -1])[0] and known["unscaled_W1"] == -1


def test_the_slope_of_a_scaled_loss_is_scaled():
    read = {"A1": np.array([[3.0]]), "Z1": np.array([[3.0]]), "y": np.array([[1.0]])}
    slopes = []
    for text in ("sgd", "sgd(loss_scale_factor=8.0)"):
        plan = rules(ONE, "mean_squared_error", optimizer_named(text))
        slopes.append(next(rule for rule in plan if rule.tensor in ("dA1", "dZ1"))(read))
    assert slopes[1] == 8 * slopes[0] != 0


def test_parameters_that_are_left_out_of_the_decay():
    network = chain((2, 2), ("linear",))
    plan = rules(network, "mean_squared_error", optimizer_named("adam(weight_decay=0.1, undecayed=('B1',))"))
    assert [rule.tensor for rule in plan if rule.tensor.endswith("decayed")] == ["W1_decayed"]
    with pytest.raises(ValueError, match="a tuple of names"):
        optimizer_named("adam(weight_decay=0.1, undecayed=(1,))")


def test_what_is_around_has_names_of_its_own():
    assert issubclass(Optimizer, around.Around)
    text = "adam(use_ema=True, gradient_accumulation_steps=2.0)"
    assert optimizer_named(text).carries == ("m", "v", "average", "accumulated")
