"""Appendix A: Adam, as the essay has it (Kingma & Ba 2015, Algorithm 1) and as Keras computes it.

The two differ in ε alone. Algorithm 1 adds ε = 1e-8 after the bias correction of √v; the form of the
paper's section 2, which Keras takes, adds "epsilon hat" = 1e-7 to the uncorrected √v. They are two equations.
"""

from typing import Any

import numpy as np

from reference.clipping import Clip, kept
from reference.operations import added_rows, choose, quotient


def first_moment(m: Any, g: Any, beta_1: float) -> Any:
    """m_t = β1 m + (1 - β1) g, in the order m + (g - m)(1 - β1).  All shaped like g.  Appendix A"""
    return m + (g - m) * (1 - beta_1)


def second_moment(v: Any, g: Any, beta_2: float) -> Any:
    """v_t = β2 v + (1 - β2) g², in the order v + (g² - v)(1 - β2).  All shaped like g.  Appendix A"""
    return v + (g * g - v) * (1 - beta_2)


def second_moment_of_rows(v: Any, X: Any, dZ: Any, beta_2: float, rows: int, clip: Clip = kept) -> Any:
    """v_t = v + (Σ dZ² - v)(1 - β2): TensorFlow squares the gradients of an embedding's rows before it adds them up.

    v [V, n], X [N, ...] (numbers of rows), dZ [N, ..., n] -> [V, n], V = `rows`.  Appendix A; the squares are Keras's
    """
    g = clip(dZ)
    return v + (added_rows(0, g * g, X, np.arange(rows)) - v) * (1 - beta_2)


def update_algorithm_1(m: Any, v: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any, epsilon: float) -> Any:
    """α m̂ / (√v̂ + ε), m̂ = m / (1 - β1^t), v̂ = v / (1 - β2^t).  m, v -> their shape.  Appendix A"""
    m_hat = m / (1 - beta_1**t)
    v_hat = v / (1 - beta_2**t)
    return quotient(alpha * m_hat, np.sqrt(v_hat) + epsilon, epsilon)


def update_epsilon_hat(m: Any, v: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any, epsilon: float) -> Any:
    """α_t m / (√v + ε̂), α_t = α √(1 - β2^t) / (1 - β1^t).  m, v -> their shape.  Kingma & Ba, section 2"""
    alpha_t = alpha * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return quotient(m * alpha_t, np.sqrt(v) + epsilon, epsilon)


def update_of_ratio(m: Any, v: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any, epsilon: float, ratio: float) -> Any:
    """The update of section 2 with α times a ratio in place of α.  m, v -> their shape.  Keras: Muon's adam_lr_ratio"""
    return update_epsilon_hat(m, v, t, alpha * ratio, beta_1, beta_2, epsilon)


def largest_moment(v_max: Any, v: Any) -> Any:
    """AMSGrad: v̂_t = max(v̂_(t-1), v_t), used in place of v_t.  v_max, v -> their shape.  Reddi et al. 2018

    As in TensorFlow, v̂ stays as it is where v is NaN.
    """
    return choose(v > v_max, v, v_max)
