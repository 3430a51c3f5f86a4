"""A training step for the witnesses; any rule of it may be replaced by a wrong one."""

import numpy as np

from reference.losses import loss_named
from reference.network import chain
from reference.optimizers.sgd import SGD
from reference.rules import rules

RNG = np.random.default_rng(7)
SMALL = chain((5, 4, 6, 3), ("relu", "sigmoid", "softmax"))


def drawn(network, batch, seed):
    """Inputs, one-hot targets and parameters, of a size at which Z is near 1."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(network.sizes[-1], size=batch)
    known = {"X": rng.random((batch, network.sizes[0])), "y": np.eye(network.sizes[-1])[labels]}
    return known | direction(network, rng)


def direction(network, rng):
    """Random numbers shaped like the parameters, the smaller the more of them a node adds up."""
    fan_in = {P: network.sizes[int(P[1:]) - 1] for P in network.parameters()}
    return {P: rng.normal(size=network.shape(P)) / np.sqrt(fan_in[P]) for P in fan_in}


def evaluate(network, cost, known, *, phases=("forward", "backward"), optimizer=None, wrong=None):
    """Every tensor of these phases; `wrong` names the tensors that another function is to give."""
    known = (optimizer or SGD()).coefficients | known
    for rule in rules(network, cost, optimizer or SGD()):
        if rule.phase in phases:
            compute = (wrong or {}).get(rule.tensor, rule.compute)
            known[rule.tensor] = compute(*(known[name] for name in rule.inputs))
    return known


def adam_updates(optimizer, gradients, wrong=None):
    """Return what the rules subtract from parameters with these gradients [steps, n], from zero moments on."""
    network = chain((1, gradients.shape[1]), ("softmax",))
    zeros = {P: np.zeros(network.shape(P)) for P in network.parameters()}
    known = optimizer.coefficients | zeros | {f"{moment}_{P}_before": zeros[P] for moment in "mv" for P in zeros}
    for t, gradient in enumerate(gradients, start=1):
        known |= {"t": t} | {f"d{P}": gradient[None] for P in zeros}
        known = evaluate(network, "mean_squared_error", known, phases=("update",), optimizer=optimizer, wrong=wrong)
        yield known["update_W1"]
        known |= {f"{moment}_{P}_before": known[f"{moment}_{P}"] for moment in "mv" for P in zeros}


def cost_of(network, cost, known):
    return evaluate(network, cost, known, phases=("forward",))["C"]


def central(C, h=1e-5):
    """The slope of C at 0 from both sides."""
    return (C(h) - C(-h)) / (2 * h)


def complex_step(C, h=1e-30):
    """The slope of C at 0 without a difference, so that nothing cancels: Im C(ih) / h, with an error of h²."""
    return C(1j * h).imag / h


def differences(witness, C, array):
    """That slope of C for every element of an array it is a function of."""
    slopes = np.empty(array.shape)
    for at in np.ndindex(array.shape):

        def after(by, at=at):
            moved = array.astype(type(by))
            moved[at] += by
            return C(moved)

        slopes[at] = witness(after)
    return slopes


def only_its_own_output(dZ, W):
    """(22c) as printed: node j has the one term w_jj dz_j, of which there are as many as there are outputs."""
    n = min(W.shape)
    dA = np.zeros((len(dZ), len(W)))
    dA[:, :n] = dZ[:, :n] * np.diagonal(W)
    return dA


def only_the_first_output(dZ, W):
    """(22d) as printed: one output's term in place of the sum over the outputs."""
    return dZ[:, :1] * W[:, 0]


WRONG = ("(22c) as printed", "(22d) as printed", "scaled")


def wrong_gradient(name, network, cost, scale):
    """Two misprints of the essay, or every gradient too large by one factor, as `evaluate` takes it."""
    output, right = f"dZ{network.depth}", loss_named(cost).written("softmax").slope
    return {
        "(22c) as printed": {f"dA{network.depth - 1}": only_its_own_output},
        "(22d) as printed": {f"dA{network.depth - 1}": only_the_first_output},
        "scaled": {output: lambda Q, y: scale * right(Q, y)},
    }[name]


def dyadic(*shape):
    """Eighths from -2 to 2: sums and products of a few are exact."""
    return RNG.integers(-16, 17, size=shape) / 8
