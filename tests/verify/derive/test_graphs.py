"""Explanations of graphs: layers that join tensors, move numbers, slide, pool and normalise, at every rank."""

import functools
import re

import numpy as np
import pytest

from reference.layers import kinds, layer_named
from reference.network import Network, Node
from tests.support.graphs import GRAPHS, graph
from tests.support.simulate import altered, simulate
from tests.verify.derive.read_formula import Unread, elements, value
from tests.verify.derive.stand_ins import Pool
from verify.derive import rationals
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.derive.formula import NOTHING
from verify.errors import Unusable

START, END = ("input(nodes=(5, 4, 2))", "dense(nodes=2)"), ("tanh", "flatten", "dense(nodes=3)", "softmax")
KINDS = {
    "convolution": "convolution(kernel=(3, 3), filters=3)",
    "convolution, padded": "convolution(kernel=(3, 2), padding='same', filters=3)",
    "convolution, strides": "convolution(kernel=(3, 3), strides=(2, 2), padding='same', filters=4, groups=2)",
    "convolution, dilated": "convolution(kernel=(2, 2), dilation=(2, 1), filters=3, bias=False)",
    "depthwise": "depthwise_convolution(kernel=(2, 2), multiplier=2)",
    "transposed": "transposed_convolution(kernel=(3, 3), strides=(2, 2), padding='same', filters=3)",
    "means of windows": "average_pooling(size=(2, 2), padding='same')",
    "largest of windows": "max_pooling(size=(3, 3), strides=(1, 1), padding='same')",
    "means of channels": "global_average_pooling(keepdims=True)",
    "largest of channels": "global_max_pooling(keepdims=True)",
    "normalised examples": "layer_normalization()",
    "normalised groups": "group_normalization(groups=2)",
    "normalised lengths": "unit_normalization()",
    "normalised roots": "rms_normalization()",
    "normalised": "batch_normalization()",
    "normalised along rows": "batch_normalization(axis=-2, scale=False)",
}
OWN = {
    "largest": Pool(),
    "largest, overlapping": Pool(size=3, stride=1),
    "means, padded": Pool(largest=False, size=3, pad=1),
}


def line(*layers):
    every = [layer_named(x) if isinstance(x, str) else x for x in layers]
    return Network(tuple(Node(layer, (k - 1,) if k else ()) for k, layer in enumerate(every)))


NETWORKS = (
    GRAPHS
    | {name: line(*START, layer, *END) for name, layer in KINDS.items() if layer.partition("(")[0] in kinds()}
    | {name: line(*START, layer, *END) for name, layer in OWN.items()}
    | {"rows of an image": graph("input(nodes=(3, 2, 4))", "dense(nodes=3)", "tanh", "dense(nodes=2)", *END)}
    | {"side by side, rows": graph("input(nodes=(3, 4))", "dense(nodes=4)", "tanh", "concatenate(axis=-2): 0,2", *END)}
)
if "convolution" in kinds():
    CAUSAL = "convolution(kernel=(3,), dilation=(2,), padding='causal', filters=2)"
    NETWORKS["in time"] = line("input(nodes=(6, 2))", "dense(nodes=2)", CAUSAL, *END)
SETTINGS = ({"optimizer": "sgd"}, {"optimizer": "sgd(momentum=0.9)", "dtype": "float64", "batch": 1})


@functools.cache
def case_of(name, k=0):
    return DerivedStep(simulate(NETWORKS[name], **{"batch": 3, "steps": 2, **SETTINGS[k]}), 2)


def some_elements(shape, count=3):
    """The first and the last element, and some others."""
    rng = np.random.default_rng(len(shape))
    every = [tuple(1 for _ in shape), shape, *(tuple(int(rng.integers(n)) + 1 for n in shape) for _ in range(count))]
    return list(dict.fromkeys(every))


@pytest.mark.parametrize("k", range(len(SETTINGS)))
@pytest.mark.parametrize("name", NETWORKS)
def test_every_number_is_the_one_that_numpy_computes(name, k):
    """By hand, from the trace's inputs, against the rule itself in float64."""
    case = case_of(name, k)
    for tensor, rule in case.rules.items():
        inputs = {x: ball.value for x, ball in case.inputs(rule).items()}
        array = np.broadcast_to(rule(inputs), case.shape(tensor))
        size = max(np.max(np.abs(x), initial=0) for x in (array, *inputs.values()))
        for index in some_elements(case.shape(tensor)):
            outcome = explain(case, tensor, index).steps[0].outcome
            expected = float(array[tuple(i - 1 for i in index)])
            assert abs(float(outcome.by_hand) - expected) <= 1e-11 * abs(expected) + 1e-14 * size, (tensor, index)
            assert outcome.verdict in ("equal", "within"), (tensor, index)
            assert outcome.difference == 0 or sum(share.part for share in outcome.why) == pytest.approx(1, abs=0.03)


NUMBERS = re.compile(r"[\d.e+\-×/() ]+…?")


def numbers_agree(step):
    """What stands between two equals signs of a line is one number; on the last lines it is the number by hand."""
    for line in step.lines[2:]:
        parts = [part.strip("…").replace("×", "*") for part in line.right.text.split(" = ") if NUMBERS.fullmatch(part)]
        numbers = [eval(part) for part in parts] + [float(step.outcome.by_hand)] * (
            line.left in (step.element, NOTHING)
        )
        assert numbers == pytest.approx(numbers[-1:] * len(numbers), rel=1e-7, abs=1e-11), (
            step.tensor,
            step.index,
            line,
        )


@functools.cache
def read_back(name):
    """The kinds of rules of which formulas can be read, after each of them gave the number by hand."""
    case, kinds_read = case_of(name), set()
    for tensor, rule in case.rules.items():
        for index in some_elements(case.shape(tensor), 5):
            step = explain(case, tensor, index, why=False).steps[0]
            numbers_agree(step)
            if not any("runs over" in line.remark for line in step.lines):
                try:
                    said = value(step.lines[1].right.text, case)
                except (Unread, Unusable):
                    continue
                by_hand = float(step.outcome.by_hand)
                assert abs(float(said) - by_hand) <= 1e-10 * max(abs(by_hand), 1e-4), (tensor, index, step.lines[1])
                kinds_read.add((rule.kind, rule.phase))
    return kinds_read


@pytest.mark.parametrize("name", NETWORKS)
def test_the_formula_in_letters_gives_the_number(name):
    """The text is read and computed with the numbers of the trace: it names the right elements."""
    kinds_read = read_back(name)
    assert {("dense", "forward"), ("dense", "backward")} <= kinds_read
    for layer, _ in NETWORKS[name].places:
        for phase in READ.get(layer.kind or type(layer).__name__, ()):
            assert (layer.kind or type(layer).__name__, phase) in kinds_read


READ = {  # of which layers formulas can be read, so that the test above is not empty
    **dict.fromkeys(("convolution", "depthwise_convolution", "transposed_convolution"), ("forward", "backward")),
    **dict.fromkeys(("add", "subtract", "multiply", "maximum", "concatenate", "flatten", "Pool"), ("forward",)),
    "batch_normalization": ("forward", "backward"),
}


CONVOLVED = "Σ_{k=1..3} Σ_{m=1..3} Σ_{p=1..2} x_{1,k+1,m+1,p} · w(1)_{k,m,p,3} + b(1)_3"


def image(*layers, **chosen):
    return simulate(graph("input(nodes=(5, 4, 2))", *layers, *END), **{"batch": 2, "steps": 1, **chosen})


@pytest.mark.skipif("convolution" not in kinds(), reason="there is no convolution yet")
def test_how_a_convolution_reads():
    """The elements by hand: offset k meets position o·stride + k·dilation - before, Goodfellow et al. 2016, (9.6)."""

    def text(layer, tensor, index, *before):
        case = DerivedStep(image(*before, layer), 1)
        line = explain(case, tensor, index, why=False).steps[0].lines[1]
        return line.right.text, line.remark

    valid = "convolution(kernel=(3, 3), filters=3)"
    assert text(valid, "Z1", (1, 2, 2, 3)) == (CONVOLVED, "")
    batch = "Σ_{k=1..2} Σ_{m=1..3} Σ_{p=1..2} x_{k,m+1,p+2,1} · ∂C/∂z(1)_{k,m,p,2}"
    assert text(valid, "dW1", (2, 3, 1, 2)) == (batch, "")
    padded, dense = "convolution(kernel=(3, 3), padding='same', filters=3)", "dense(nodes=2)"
    corner = "Σ_{k=1..3} Σ_{m=1..3} Σ_{p=1..2} z(1)_{1,k-1,m-1,p} · w(2)_{k,m,p,3} + b(2)_3"
    assert text(padded, "Z2", (1, 1, 1, 3), dense) == (corner, "where Z(1) has no such number, it counts as 0")
    back = "Σ_{k=1..3} Σ_{m=1..3} Σ_{p=1..3} ∂C/∂z(2)_{1,4-k,3-m,p} · w(2)_{k,m,2,p}"
    assert text(padded, "dZ1", (1, 2, 1, 2), dense)[0] == back
    strided = "convolution(kernel=(3, 3), strides=(2, 2), padding='same', filters=4)"
    # Row 4 = 2o + k - 3, as one zero is before the first row; column 2 = 2o + m - 2, so m = 2 and o = 1.
    between = "Σ_{k=1..3} Σ_{p=1..4} ∂C/∂z(2)_{1,(7-k)/2,1,p} · w(2)_{k,2,2,p}"
    assert text(strided, "dZ1", (1, 4, 2, 2), dense)[0] == between


def test_what_is_only_moved_is_one_element():
    case, rows = case_of("an image"), case_of("side by side")
    step = explain(case, "F1", (2, 7)).steps[0]
    assert step.lines[1].right.text == "h(1)_{2,3,1,2}"  # channels first: 7 = 0·8 + 1·4 + 2, from 0
    assert explain(rows, "J1", (1, 7)).steps[0].lines[1].right.text == "a(1)_{1,2}"  # behind the five numbers of X
    assert explain(rows, "J1", (1, 7), 2).steps[1].tensor == "A1"
    assert elements(explain(rows, "dA2", (3, 1)).steps[0].lines[1].right.text) == ["∂C/∂j(1)_{3,10}"]


@pytest.mark.parametrize(
    "name", ["residual", "side by side", "a layer twice", "rows", "an image", "gate", *KINDS, *OWN]
)
def test_a_wrong_number_is_outside(name):
    if name not in NETWORKS:
        pytest.skip("there is no such layer yet")
    case = case_of(name)
    for tensor in case.rules:
        array = case.array(tensor).copy()
        if array.ndim:
            array[(0,) * array.ndim] += 0.5
            wrong = DerivedStep(altered(case.trace, f"step2/{tensor}", array), 2)
            first, others = tuple(1 for _ in array.shape), array.shape
            result = explain(wrong, tensor, first, why=False)
            assert not result.passed and result.steps[0].outcome.verdict == "outside", tensor
            assert explain(wrong, tensor, others, why=False).passed or first == others, tensor


@pytest.mark.parametrize("name", [*KINDS, *OWN, "rows of an image"])
def test_no_more_is_computed_exactly_than_an_element_needs(name, monkeypatch):
    """Of the trace's tensors, an element of the forward pass needs a window of one example, not whole tensors."""
    if name not in NETWORKS:
        pytest.skip("there is no such layer yet")
    read, of_floats = [], rationals.of_floats
    monkeypatch.setattr(rationals, "of_floats", lambda array: read.append(np.size(array)) or of_floats(array))
    case = DerivedStep(case_of(name).trace, 2)
    place = [place for layer, place in case.trace.network.places if place.gives[0] in "ZPN"][1]
    case.correct(case.node(place.gives), (1,) * (len(place.outputs) + 1), case.digits)
    assert read and max(read) <= 20, read  # of 120: one channel of one example


@pytest.mark.parametrize("name", ["a layer twice", "residual", "side by side", "rows", "largest", *KINDS, *OWN])
def test_all_steps_in_one_are_right(name):
    if name not in NETWORKS:
        pytest.skip("there is no such layer yet")
    case = DerivedStep(case_of(name).trace, 1)
    result = explain(case, "dB1", (2,), None, why=False)
    unbounded = name == "largest of channels"  # which one is the largest, rounding leaves open
    assert result.passed and (result.whole.passed or unbounded) and result.whole.difference < 1e-5
    assert re.match(r"from B1, .*W1, .*X, (gamma_1, )?(shift_1, )?y, without", result.whole_words)
