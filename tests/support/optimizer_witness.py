"""Helpers of the witnesses of optimizers: the rules of one parameter, and the steps that Keras's own tests take."""

import numpy as np

from reference import tensor_names as names

FIRST = np.full(10, 0.01)
LATER = np.arange(1, 11) / 10
KERAS_STEPS = (FIRST, LATER, LATER, LATER, LATER)  # of ten numbers that begin at 1: test_correctness_with_golden
ONE_STEP = ([1.0, 6.0, 7.0, 2.0], [1.0, 2.0, 3.0, 4.0])  # the gradient and the numbers of test_single_step
DECAYED = 1.9760959  # 2 after three steps with the gradient 0, the learning rate 1 and the decay 0.004
NUMBERS = (0.3, -0.2, 0.05, 0.0, 1.5)  # gradients of one number, for loops


def steps(optimizer, gradients, start):
    """Yield all tensors of each step of one parameter W1, from its value and its gradients, in float64."""
    known = {"W1": np.array(start, dtype=float), **optimizer.coefficients}
    for letter in optimizer.keeps:
        begins_at = optimizer.begins_at(letter)
        kept = f"{letter}_W1"
        shape = names.shape_in_role(kept, known["W1"].shape)
        known[names.before(kept)] = known["W1"] * 1.0 if begins_at is None else np.zeros(shape) + begins_at
    known |= {names.before(number): np.array(optimizer.begins_at(number)) for number in optimizer.numbers}
    for t, g in enumerate(gradients, 1):
        known |= {"dW1": np.array(g, dtype=float), "t": float(t)}
        for rule in (*optimizer.of_network(), *optimizer.rules("W1", "15", 1, ("dW1",))):
            known[rule.tensor] = np.asarray(rule(known))
        yield dict(known)
        for name, array in list(known.items()):
            if names.read(name).is_kept and not names.read(name).state:
                known[names.before(name)] = array
        known["W1"] = known["W1_new"]


def after(optimizer, gradients, start):
    """Return the parameter after each step."""
    return np.array([step["W1_new"] for step in steps(optimizer, gradients, start)])


def agrees_with_keras(kind, one, golden, **options):
    """Check what Keras's own tests expect: one step with the learning rate 0.5, and five steps of ten numbers."""
    g, x = ONE_STEP
    assert np.allclose(after(kind(learning_rate=0.5), [g], x), one, rtol=1e-4, atol=1e-4)
    found, golden = after(kind(**options), KERAS_STEPS, np.ones(10)), np.array(golden)
    assert np.allclose(found, golden.reshape(5, -1), rtol=5e-4, atol=5e-4)
    decayed = after(kind(learning_rate=1.0, weight_decay=0.004), [0.0] * 3, 2.0)
    assert abs(decayed[-1] - DECAYED) < 1e-6
