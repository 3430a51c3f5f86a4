"""Operations that only move numbers, against NumPy; indices that follow letters; and what a sum runs over."""

import numpy as np
import pytest

from reference.operations import added, beside, first_largest, shares_of_largest, take
from reference.rule import Rule
from tests.support.graphs import GRAPHS, graph
from tests.support.simulate import simulate
from verify.bounds import Ball
from verify.derive import rationals
from verify.derive.address import find_position
from verify.derive.case import DerivedStep
from verify.derive.derivation import explanation
from verify.derive.error_budget import _Balls
from verify.derive.expression import write
from verify.derive.region import element_region, evaluate_region, parts_of
from verify.derive.running import NOWHERE, Running, spread, written
from verify.derive.splitting import refined, split
from verify.derive.symbols import symbol
from verify.derive.terms import term_of
from verify.derive.typesetting import in_letters, in_matrices, remarks
from verify.errors import Unusable
from verify.records.precision import FLOAT32

SHAPES = {"A": (3, 4, 2), "B": (3, 5), "W": (2, 2, 4, 3)}
RNG = np.random.default_rng(0)
ARRAYS = {name: RNG.integers(-9, 9, size=shape).astype(float) for name, shape in SHAPES.items()}
PLACES = np.array([[7, -1, 0], [2, 2, -1]])
WINDOW = np.array([[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7]])  # of A's four rows of two, two rows each
MOVES = {
    "reshape": (("A",), lambda A: A.reshape(6, -1)),
    "transpose": (("W",), lambda W: W.transpose(2, 0, 3, 1)),
    "reverse": (("W",), lambda W: W.T),
    "transpose, negative axes": (("A",), lambda A: A.transpose((-1, 0, 1))),
    "take": (("A",), lambda A: take(A, PLACES)),
    "beside": (("A", "B"), beside),
    "taken beside": (("B", "A"), lambda B, A: take(beside(B, A), np.array([[12, 4], [5, -1]]))),
    "index": (("A",), lambda A: A[:, None, ::-1, 1]),
    "several sums": (("W",), lambda W: np.sum(W, axis=(0, -2))),
    "kept axes": (("W",), lambda W: np.sum(W, axis=(1, -1), keepdims=True)),
    "every axis": (("W",), np.sum),
    "largest": (("W",), lambda W: np.max(W, axis=-2)),
    "first largest": (("W",), lambda W: first_largest(np.maximum(W, -3)) * 1.0),
    "shares of the largest": (("W",), lambda W: shares_of_largest(np.minimum(W, 4))),
    "stacks": (("A", "W"), lambda A, W: W[0] @ A.transpose(2, 1, 0)[:, :3]),
    "a stack and a matrix": (("A", "B"), lambda A, B: A @ B[:2]),
    "moved back": (("A", "W"), lambda A, W: (A.reshape(-1, 4) @ W.reshape(-1, 3)[:4]).reshape(3, 2, 3) + len(A)),
    "sum of three": (("B",), lambda B: added(B, B * B, B)),
    "inside": (("A",), lambda A: take(np.exp(A * 0), PLACES)),
}


def tree(names, function, named=True):
    return write(Rule("Z1", "", names, function, 1, "forward"), SHAPES, 1, named)


class Fractions:
    """Exact arithmetic on the arrays above; `read` has how many numbers of each were read."""

    as_declared = False

    def __init__(self):
        self.memo, self.read = {}, []

    def tensor(self, name, region):
        indices = [range(n) if part is None else part for n, part in zip(SHAPES[name], region, strict=True)]
        array = ARRAYS[name][np.ix_(*indices)]
        self.read.append(array.size)
        return rationals.of_floats(array)

    def constant(self, number):
        return rationals.of_constant(number, True)

    def apply(self, node, operands):
        return rationals.apply(node.operation, operands, node.axes, node.keepdims, 256)

    def gather(self, operands, places):
        return rationals.gather(operands, places)


@pytest.mark.parametrize("name", MOVES)
def test_every_element_is_that_of_numpy(name):
    """Whole, element by element, and as balls."""
    names, function = MOVES[name]
    expected, node = np.asarray(function(*(ARRAYS[x] for x in names))), tree(names, function)
    assert node.shape == expected.shape
    whole = evaluate_region(node, (None,) * expected.ndim, Fractions())
    assert whole.shape == expected.shape and whole.fractions() == expected.ravel().tolist()
    for index in np.ndindex(expected.shape):
        assert evaluate_region(node, element_region(index), Fractions()).item() == expected[index]
    balls = _Balls(None, {x: Ball(ARRAYS[x], np.abs(ARRAYS[x]) / 2**20, FLOAT32) for x in names}, FLOAT32)
    ball = evaluate_region(tree(names, function, False), (None,) * expected.ndim, balls)
    assert np.allclose(ball.value, expected, rtol=1e-12) and ball.shape == expected.shape
    if name in ("reshape", "transpose", "take", "beside", "taken beside", "index"):
        assert np.array_equal(ball.spread(), np.abs(expected) / 2**20)


def test_an_element_reads_the_numbers_that_it_needs():
    algebra = Fractions()
    evaluate_region(tree(("A",), lambda A: np.max(take(A, WINDOW), axis=-1)), element_region((1, 2)), algebra)
    assert algebra.read == [4]
    _, function = MOVES["taken beside"]
    assert parts_of(tree(("B", "A"), function).operands[0], element_region((2, 7))) == (
        ((0,), (0,)),
        ((2,), (1,), (0,)),
    )


def test_constants_of_an_array_are_those_of_the_element():
    counts = np.array([[1.0, 0.5], [0.5, 0.25], [1.0, 1.0], [0.5, 0.5]])
    assert letters(("A",), lambda A: A * counts, (2, 1, 1)) == ("a_{3,2,2} · 0.25", "")
    text, remark = letters(("A",), lambda A: np.sum(A * counts, axis=1), (0, 1))
    assert text == "Σ_{k=1..4} a_{1,k,2} · c_k" and remark == "c_k runs over 0.5, 0.25, 1"
    assert in_matrices(tree(("A",), lambda A: A * counts)).text == "A ⊙ c"


ROWS = {  # places in the rows of two of A [3, 4, 2]: the formula of their sum, and the remark
    (7, 5, 3, 1): ("Σ_{k=1..4} a_{1,5-k,2}", ""),
    (0, 3, 6): ("Σ_{k=1..3} a_k", "a_k runs over 3 numbers ([1,1,1], [1,2,2], [1,4,1]) of A"),
    (-1, 1, 3, 5): ("Σ_{k=1..4} a_{1,k-1,2}", "where A has no such number, it counts as 0"),
    (0, -1, 2, -1, 4): ("Σ_{k=1..5} a_{1,(k+1)/2,1}", "where A has no such number, it counts as 0"),
    (7, 5, 3, -1): ("Σ_{k=1..4} a_k", "a_k runs over 3 numbers and zeros ([1,4,2], [1,3,2], [1,2,2]) of A"),  # not 5-k
    (-1, 4, -1): ("a_{1,3,1}", ""),
    (2, 3, 4, 5): ("Σ_{k=1..2} Σ_{m=1..2} a_{1,k+1,m}", ""),
    (2, 2): ("Σ_{k=1..2} a_{1,2,1}", ""),
    (-1, -1): ("0", ""),
}


def letters(names, function, index):
    term = term_of(tree(names, function), index)
    return in_letters(term).text, "; ".join(remarks(term))


@pytest.mark.parametrize("row", ROWS)
def test_indices_follow_the_letters_of_a_sum(row):
    def total(A):
        return np.sum(take(A, np.array([row])), axis=-1)

    assert letters(("A",), total, (0, 0)) == ROWS[row]


def test_a_maximum_keeps_its_zeros():
    text, remark = letters(("A",), lambda A: np.max(take(A, np.array([[-1, 4, -1]])), axis=-1), (0, 0))
    assert text == "max_{k=1..3} a_k" and remark == "a_k runs over 1 number and zeros ([1,3,1]) of A"


def test_formulas_of_moved_numbers():
    text, remark = letters(("A", "W"), lambda A, W: A.reshape(-1, 4) @ W.reshape(4, -1), (3, 7))
    assert (text, remark) == ("Σ_{k=1..2} Σ_{m=1..2} a_{2,k+2,m} · w_{k,m,3,2}", "")
    node = tree(("A", "W"), lambda A, W: A.reshape(-1, 4) @ W.reshape(4, -1) + 1)
    assert in_matrices(node).text == "arranged(A) · arranged(W) + 1"
    assert in_matrices(tree(("W",), lambda W: np.sum(W, axis=(0, 2)))).text == "sum along axes 1, 3 of (W)"
    assert in_matrices(tree(*MOVES["taken beside"])).text == "beside(B, A)"
    with pytest.raises(Unusable, match="several tensors beside each other"):
        letters(("A", "B"), lambda A, B: np.sum(take(beside(A, B), np.array([[7, 8]])), axis=-1), (0, 0))


def test_the_numbers_of_a_formula_are_as_a_person_writes_them():
    """1/24 is not rounded to a decimal, and a rate keeps its letter where several branches meet."""
    mean, _ = letters(("A",), lambda A: np.sum(A) * (1 / (len(A) * A.shape[1] * A.shape[2])), ())
    assert mean == "Σ_{k=1..3} Σ_{m=1..4} Σ_{p=1..2} a_{k,m,p} · 1 / 24"
    start = ("input(nodes=5)", "dense(nodes=4)", "tanh", "dropout(rate=0.25)")
    trace = simulate(graph(*start, "add: 2,3", "dense(nodes=3)", "softmax"), batch=2, steps=1)
    step = explanation(trace, 1, "dA1", (1, 2)).steps[0]
    assert step.lines[1].right.text.count("∂C/∂") == 2 and "1 / (1 - p)" in step.lines[1].right.text


def test_a_sum_is_split_as_its_numbers_are():
    assert refined(18, (9, 2), (3, 3, 2), (18,)) == (3, 3, 2) == refined(18, (3, 6), (9, 2))
    assert refined(12, (4, 3), (2, 6)) == (2, 2, 3) and refined(12, (4, 3), (3, 4)) == (
        4,
        3,
    )  # these have no common one
    assert refined(1, (1,), (1, 1)) == ()
    node = tree(("W",), lambda W: W.reshape(2, -1, 3))
    assert [split(node, axis) for axis in range(3)] == [(2,), (2, 4), (3,)]
    assert split(tree(("A",), lambda A: take(A, WINDOW)), 2) == (2, 2)


def test_an_index_without_letters_is_a_number_or_nowhere():
    inside = np.array([[True, False], [True, True]])
    i = Running((("k", 2), ("m", 2)), np.array([[0, 5], [2, 3]]), inside)
    assert i.put({"k": 1, "m": 0}) == 2 and i.put({"k": 0, "m": 1}) == NOWHERE
    row = i.put({"m": 1})
    assert row.ranges == (("k", 2),) and row.values.tolist() == [5, 3] and row.put({"k": 1}) == 3
    assert written((i, "p", 6), (4, 9, 9)) is None  # 2k+m would give 1 where there is none
    ranges, (a, b), where = spread((i, "p"), (("k", 2), ("m", 2), ("p", 3)))
    assert ranges[2] == ("p", 3) and a.shape == (2, 2, 1) and b.shape == (1, 1, 3) and where.shape == (2, 2, 3)


def test_addresses_of_any_rank():
    case = DerivedStep(simulate(GRAPHS["an image"], batch=2, steps=1), 1)
    assert find_position(case, "H1", (2, 3, 1, 2)) == (1, 2, 0, 1)
    with pytest.raises(Unusable, match=r"H1 has 4 indices, from 1 to 2 and 1 to 4 and 1 to 3 and 1 to 2, as in H1\["):
        find_position(case, "H1", (3, 1, 2))
    one = simulate(GRAPHS["an image"], batch=1, steps=1)
    assert find_position(DerivedStep(one, 1), "H1", (3, 1, 2)) == (0, 2, 0, 1)  # the only example may be left out
    assert explanation(one, 1, "H1", (3, 1, 2)).title == "H1[3,1,2]"


SYMBOLS = {
    ("gamma_1", ("2",)): "γ(1)_2", ("dshift_2", ("2",)): "∂C/∂β(2)_2", ("moving_mean_1", ("3",)): "moving_t(μ(1)_3)",
    ("moving_variance_1_before", None): "moving_{t-1}(σ²(1))", ("shift_1_new", ("1",)): "β(1)new_1",
    ("K2", ("1", "k+1")): "r'(2)_{1,k+1}", ("P3", ("1", "2", "3", "4")): "p(3)_{1,2,3,4}", ("J1", None): "J(1)",
    ("beta_1", ()): "β1", ("momentum", None): "μ", ("dQ1", None): "∂C/∂Q(1)",
}  # fmt: skip


@pytest.mark.parametrize("name", SYMBOLS)
def test_symbols(name):
    assert symbol(*name).text == SYMBOLS[name]


def test_what_is_given_is_named():
    network = graph("input(nodes=5)", "dropout(rate=0.25)", "dropout(rate=0.5)", "dense(nodes=3)", "softmax")
    trace = simulate(network, batch=2, steps=1)
    assert explanation(trace, 1, "K1", (1, 2)).headline == "K1[1,2] is given: the random mask of dropout"
