"""Witnesses of Adam: what its papers prove of it."""

from fractions import Fraction

import numpy as np

from reference import adam, descent

ETA = Fraction(1, 10)


def reddi(largest, steps=3000, C=3.0):
    """Reddi et al. 2018, theorem 1: f_t(x) = Cx each third step, -x else, on [-1, 1]; the best x is -1.

    β1 = 0, β2 = 1/(1 + C²), α_t = α/√t. Gives x after each third step.
    """
    x, v, v_max, alpha, beta_2 = 1.0, 0.0, 0.0, 0.3, 1 / (1 + C * C)
    for t in range(1, steps + 1):
        g = C if t % 3 == 1 else -1.0
        v = adam.second_moment(v, g, beta_2)
        v_max = adam.largest_moment(v_max, v) if largest else v
        x = float(np.clip(x - alpha / np.sqrt(t) * g / np.sqrt(v_max), -1, 1))
        if t % 3 == 0:
            yield x


def test_adam_stays_at_the_worst_and_amsgrad_leaves_it():
    assert min(reddi(largest=False)) == 1
    assert list(reddi(largest=True))[-1] < -0.9


def test_decoupled_decay_is_l2_for_descent_and_is_not_for_adam():
    """Loshchilov & Hutter 2019, propositions 1 and 2: θ - η(g + λθ) is the decay of θ by ηλ; for Adam no λ makes it."""
    theta, g, decay = Fraction(7, 3), Fraction(-2, 5), Fraction(1, 50)
    decoupled = descent.descend(descent.decayed(theta, ETA, decay), descent.step(g, ETA))
    assert decoupled == descent.descend(theta, descent.step(g + decay * theta, ETA))
    assert decoupled != descent.descend(theta, descent.step(g, ETA))
    assert descent.decayed(theta, ETA, decay) == theta * (1 - ETA * decay)

    def adams(gradient):
        m, v = adam.first_moment(0, gradient, 0.9), adam.second_moment(0, gradient, 0.999)
        return adam.update_epsilon_hat(m, v, 1, 0.1, 0.9, 0.999, 0.0)

    thetas, gradients = np.array([1.0, 10.0]), np.array([0.5, 0.5])
    with_l2 = [adams(gradients + decay * thetas) - adams(gradients) for decay in (0.01, 0.1, 1.0)]
    assert np.max(np.abs(with_l2)) < 1e-6  # the first step of Adam does not feel it, whatever λ is
    assert np.all(thetas - descent.decayed(thetas, 0.1, 0.1) > 0.009)
