"""Variants of Muon's momentum, of its iteration, and of its update. Adam's part has those of Adam."""

from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.operations import norm
from reference.optimizers.muon import LEAST, Muon, iterate, iterated, of_length_one
from reference.rule import Rule
from verify.compare.variants.moments import of_moment
from verify.compare.variants.shared import FORMATS, SIZES, VariantParts, options, rounded, scaled, unchanged
from verify.compare.variants.update import of_any_update, of_unclipped_gradient

OTHERS = {  # coefficients of other iterations: the cubic one of Newton and Schulz, and others that people use
    "the cubic iteration (1.5, -0.5, 0)": (1.5, -0.5, 0.0),
    "the quintic iteration that ends at 1 (15/8, -10/8, 3/8)": (1.875, -1.25, 0.375),
    "coefficients (2, -1.5, 0.5)": (2.0, -1.5, 0.5),
    "coefficients (3, -3.2, 1.2)": (3.0, -3.2, 1.2),
    "coefficients (3.4445, -4.775, 2.0315), Keras's defaults": (3.4445, -4.7750, 2.0315),
}


def variants(rule: Rule, optimizer: Muon) -> VariantParts:
    """Yield the variants of one rule of Muon, the simplest first."""
    name = names.read(rule.tensor)
    if name.role == "m":
        yield from _momenta(rule, optimizer)
    elif name.role == names.UPDATE:
        yield from of_any_update(rule)
        yield from _updates(rule, optimizer)
    elif rule.tensor == names.iterate(0, name.base):
        yield from _starts(rule, optimizer)
    else:
        yield from _iterations(rule, optimizer)


def _momenta(rule: Rule, optimizer: Muon) -> VariantParts:
    """Yield the variants of the momentum."""
    mu, g = optimizer.momentum, rule.inputs[1]
    yield "gradient damped by 1 - μ", lambda m, g: m * mu + g * (1 - mu)
    yield "momentum left out", unchanged, (g,)
    yield "momentum not less than 1", lambda m, g: m + g
    yield "sign of the momentum", lambda m, g: g - m * mu
    yield "sign of the gradient", lambda m, g: m * mu - g
    yield "the gradient counted twice", lambda m, g: m * mu + g * 2
    yield "Adam's β1 in place of μ", partial(rule.compute, momentum=optimizer.adam_beta_1)
    for size in SIZES:
        yield f"μ × (1 - {size:g})", partial(rule.compute, momentum=mu * (1 - size))
    yield from of_moment(rule, g)


def _starts(rule: Rule, optimizer: Muon) -> VariantParts:
    """Yield the variants of the matrix that the iterations begin with."""
    mu, m = optimizer.momentum, rule.inputs[0]
    P = names.read(rule.tensor).base
    g = optimizer.handed(P) if not optimizer.nesterov else rule.inputs[1]
    if optimizer.nesterov:
        yield "Nesterov's look ahead left out", of_length_one, (m,)
        yield "looking ahead by the momentum before", rule.compute, (names.before(m), g)
        yield "sign of the look ahead", lambda m, g: of_length_one(g - m * mu)
        yield "looking ahead by the whole momentum", lambda m, g: of_length_one(g + m)
        yield "gradient damped by 1 - μ in the look ahead", lambda m, g: of_length_one(g * (1 - mu) + m * mu)
        for size in SIZES:
            yield f"μ × (1 - {size:g})", partial(rule.compute, momentum=mu * (1 - size))
    else:
        yield "Nesterov's look ahead", lambda m, g: of_length_one(g + m * mu), (m, g)
        yield "momentum of the step before", rule.compute, (names.before(m),)
    yield "the gradient in place of the momentum", of_length_one, (g,)
    yield "not divided by its length", lambda *read: _direction(mu, *read)
    yield "divided by the square of its length", lambda *read: _divided(mu, *read, power=2)
    yield "divided by the largest number", lambda *read: _by_largest(_direction(mu, *read))
    yield "each row divided by its own length", lambda *read: _by_lengths(_direction(mu, *read), 1)
    yield "each column divided by its own length", lambda *read: _by_lengths(_direction(mu, *read), 0)
    yield "1e-7 in place of its length", lambda *read: _direction(mu, *read) / LEAST
    yield "ε = 0.001 beside the length", lambda *read: _divided(mu, *read, least=1e-3)
    for size in SIZES:
        yield f"length × {1 + size:.10g}", partial(scaled, rule.compute, 1 / (1 + size))
    if optimizer.nesterov:
        yield from of_unclipped_gradient(rule, g)


def _direction(mu: float, m: Any, g: Any = None) -> Any:
    """Return what is divided by its length: the momentum, or with a gradient the look ahead."""
    return m * 1.0 if g is None else g + m * mu


def _divided(mu: float, *read: Any, power: int = 1, least: float = LEAST) -> Any:
    G = _direction(mu, *read)
    length = norm(G)
    return G / ((length * length if power == 2 else length) + least)


def _by_largest(G: Any) -> Any:
    return G / np.max(np.maximum(G, -G), axis=(0, 1), keepdims=True)


def _by_lengths(G: Any, axis: int) -> Any:
    return G / (np.sqrt(np.sum(G * G, axis=axis, keepdims=True)) + LEAST)


def _iterations(rule: Rule, optimizer: Muon) -> VariantParts:
    """Yield the variants of one iteration."""
    X, (a, b, c) = rule.inputs[0], options(rule.compute).values()
    yield "iteration left out", unchanged, (X,)
    yield "iterated twice", lambda X: rule.compute(rule.compute(X))
    for name, others in OTHERS.items():
        if others != (a, b, c):
            yield name, partial(iterate, **dict(zip(("muon_a", "muon_b", "muon_c"), others, strict=True)))
    yield "sign of b", lambda X: iterated(X, a, -b, c)
    yield "without A²", lambda X: iterated(X, a, b, 0.0)
    yield "b and c exchanged", lambda X: iterated(X, a, c, b)
    yield "without a X", lambda X: iterated(X, 0.0, b, c)
    yield "X added twice", lambda X: iterated(X, a + 1, b, c)
    for letter, numbers in {"a": (1, 0, 0), "b": (0, 1, 0), "c": (0, 0, 1)}.items():
        for size in SIZES[:4]:
            changed = (x * (1 + size * here) for x, here in zip((a, b, c), numbers, strict=True))
            yield f"{letter} × {1 + size:g}", partial(iterate, **dict(zip(options(rule.compute), changed, strict=True)))
    for form in FORMATS:
        yield f"X in {form}", lambda X, form=form: rule.compute(rounded(X, form))
    yield "the matrix of the step before", rule.compute, (names.previous(X),)
    for size in SIZES:
        yield f"all × {1 + size:.10g}", partial(scaled, rule.compute, 1 + size)


def _updates(rule: Rule, optimizer: Muon) -> VariantParts:
    """Yield the variants of the update."""
    P, (X, _), rate = names.read(rule.tensor).base, rule.inputs, optimizer.rms_rate
    yield "without the learning rate", lambda X: rule.compute(X, 1.0), (X,)
    yield "sign of the update", lambda X, a: -rule.compute(X, a)
    if rate:
        yield "without r √max(n, m)", lambda X, a: X * a
        yield "without √max(n, m)", lambda X, a: X * (a * rate)
        yield "r left out", lambda X, a: X * a * max(X.shape) ** 0.5
        yield "√min(n, m) in place of √max(n, m)", lambda X, a: X * a * (rate * min(X.shape) ** 0.5)
        yield "max(n, m) without its root", lambda X, a: X * a * (rate * max(X.shape))
        yield "√max(1, n/m) (the form of Jordan et al.)", lambda X, a: X * a * max(1.0, X.shape[0] / X.shape[1]) ** 0.5
    else:
        yield "0.2 √max(n, m) (the form of Liu et al.)", lambda X, a: X * a * (0.2 * max(X.shape) ** 0.5)
    steps = int(optimizer.ns_steps)
    for k in range(steps - 1, -1, -1):
        yield f"{k} iterations in place of {steps}", rule.compute, (names.iterate(k, P), "alpha")
    yield "one more iteration", lambda X, a: rule.compute(_iterated(X, optimizer), a)
    yield "the momentum itself", lambda m, a: m * a, (names.kept("m", P), "alpha")


def _iterated(X: Any, optimizer: Muon) -> Any:
    return iterate(X, optimizer.muon_a, optimizer.muon_b, optimizer.muon_c)
