"""Every argument of a layer that is verified reaches its equations, is refused by name, or has no effect on a step."""

import inspect

import pytest

from tests.verify.capture.layer_arguments import CONSTRAINED, LAYERS, OF_ROWS, WITHOUT_EFFECT, model, value
from verify.capture.layers import by_layer
from verify.capture.model_reader import understand
from verify.errors import Unsupported


def refused_by(kind):
    return [name for name in inspect.signature(kind.__init__).parameters if value(name) is not None]


def constrained(kind):
    every = inspect.signature(kind.__init__).parameters
    return [name for name in every if name.endswith(CONSTRAINED) and name not in (*OF_ROWS, "activity_regularizer")]


OF_PARAMETERS = [(kind, name) for kind in LAYERS for name in constrained(kind)]
REACHING = [(kind, name) for kind, (_, arguments) in LAYERS.items() for name in arguments]
REFUSED = [(kind, name) for kind, (_, known) in LAYERS.items() for name in refused_by(kind) if name not in known]


def names(x):
    return getattr(x, "__name__", x)


@pytest.mark.parametrize("kind", LAYERS, ids=names)
def test_every_argument_is_modelled_or_refused(kind):
    known = {*LAYERS[kind][1], *refused_by(kind), *WITHOUT_EFFECT, "self", "kwargs", "args"}
    rest = set(inspect.signature(kind.__init__).parameters) - known
    assert all(name.endswith(("initializer", *CONSTRAINED)) for name in rest), rest


@pytest.mark.parametrize(("kind", "argument"), REACHING, ids=names)
def test_a_modelled_argument_reaches_the_equations(kind, argument):
    plain, other = (understand(model(kind, options)) for options in ({}, {argument: LAYERS[kind][1][argument]}))
    constants = [[v.numpy().tolist() for v in u.parameters.values() if not v.trainable] for u in (plain, other)]
    assert plain.network != other.network or constants[0] != constants[1]
    assert understand(model(kind, {})).network == plain.network


@pytest.mark.parametrize(("kind", "argument"), OF_PARAMETERS, ids=names)
def test_a_regularizer_and_a_constraint_reach_the_equations(kind, argument):
    """Each belongs to one parameter."""
    plain = understand(model(kind, {})).network
    network = understand(model(kind, {argument: "non_neg" if argument.endswith("constraint") else "l2"})).network
    found = network.constraints if argument.endswith("constraint") else network.regularizers
    assert len(found) == 1 and network != plain


@pytest.mark.parametrize(("kind", "argument"), REFUSED, ids=names)
def test_a_refused_argument_is_named(kind, argument):
    with pytest.raises(Unsupported, match=argument if argument != "interpolation" else "nearest|interpolation"):
        understand(model(kind, {argument: value(argument)}))


def test_every_layer_with_arguments_is_in_one_of_the_two_tables():
    from tests.verify.capture.test_arguments import MODELLED, signatures

    silent = {kind for kind in by_layer() if set(inspect.signature(kind.__init__).parameters) <= {"self", "kwargs"}}
    assert set(LAYERS).isdisjoint(MODELLED)
    assert {kind for kind, _ in signatures() if kind in by_layer()} | set(LAYERS) | silent >= set(by_layer())
