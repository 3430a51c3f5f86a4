"""Every kind of layer, loss and optimizer has four parts: equations, a reader of Keras, variants, and witnesses."""

import pkgutil
from pathlib import Path

import numpy as np
import pytest

from reference import losses, optimizers
from reference.layers import activation_named, kinds, layer_named
from reference.layers.activation import Activation
from reference.network import chain, line
from reference.notation import text_of
from reference.registry import modules_of
from reference.rules import rules
from tests.reference import layers as witnesses
from tests.reference import losses as loss_witnesses
from tests.reference import optimizers as optimizer_witnesses
from tests.support.graphs import GRAPHS
from verify.compare.variants import LAYERS as LAYER_VARIANTS
from verify.compare.variants import LOSSES as LOSS_VARIANTS
from verify.compare.variants import OPTIMIZERS as OPTIMIZER_VARIANTS
from verify.compare.variants import variants as variants_of
from verify.records.settings import OPTIMIZERS

COMPUTING = sorted(kind for kind, layer in kinds().items() if layer.letter)
ACTIVATIONS = sorted(kind for kind, layer in kinds().items() if issubclass(layer, Activation))


def lacking(kind, readers=None, others=None, witnessed=None):
    """The parts that a kind does not have."""
    from verify.capture.layers import readers as found

    with_variants = modules_of(LAYER_VARIANTS)
    parts = {
        "a reader in verify/capture/layers": kind in (found() if readers is None else readers),
        "variants in verify/compare/variants/layers": kind in (with_variants if others is None else others),
        "witnesses in tests/reference/layers": f"test_{kind}" in (witnessed or modules()),
    }
    return [part for part, there in parts.items() if not there]


def modules():
    return {info.name for info in pkgutil.iter_modules(witnesses.__path__)}


@pytest.mark.parametrize("kind", COMPUTING)
def test_a_kind_has_its_four_parts(kind):
    assert not lacking(kind)


def test_a_missing_part_is_named():
    assert lacking("relu", readers={}) == ["a reader in verify/capture/layers"]
    assert lacking("relu", others={}) == ["variants in verify/compare/variants/layers"]
    assert lacking("relu", witnessed={"test_dense"}) == ["witnesses in tests/reference/layers"]
    assert len(lacking("swish")) == 3


def test_kinds_that_compute_nothing_have_a_reader():
    from verify.capture.layers import readers

    assert set(kinds()) == set(readers())
    assert set(modules_of(LAYER_VARIANTS)) == set(COMPUTING)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_rule_of_a_graph_has_variants(name):
    for rule in rules(GRAPHS[name], "mean_squared_error", OPTIMIZERS["adam"]):
        if rule.phase in ("forward", "backward"):
            assert len(list(variants_of(rule, GRAPHS[name], OPTIMIZERS["adam"]))) > 1, rule.tensor


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_a_kind_has_variants_forward_and_back(kind):
    network = chain((4, 3, 2), (kind, "linear"))
    found = rules(network, "mean_squared_error", OPTIMIZERS["sgd"])
    of_kind = [rule for rule in found if rule.kind == kind]
    assert {rule.phase for rule in of_kind} >= {"forward"}
    for rule in of_kind:
        assert len(list(variants_of(rule, network, OPTIMIZERS["sgd"]))) > 1, rule.tensor


@pytest.mark.parametrize("kind", kinds())
def test_the_text_of_a_layer_gives_it_back(kind):
    layer = kinds()[kind]()
    assert layer_named(str(layer)) == layer and str(layer).partition("(")[0] == kind


@pytest.mark.parametrize("text", ["", "swish", "dense(", "dense(nodes=0)", "dense(nodes=2.5)", "dense(bias=1)",
                                  "dropout(rate=1.0)", "dropout(rate=0)", "input(nodes=-1)", "rescaling(scale=x)",
                                  "rescaling(scale=1)", "leaky_relu(negative_slope=2.0)", "relu(1)", "3"])  # fmt: skip
def test_a_text_that_is_no_layer_is_refused(text):
    with pytest.raises(ValueError):
        layer_named(text)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_an_activation_keeps_the_shape(kind):
    own = activation_named(kind)
    Z = np.linspace(-2, 2, 12).reshape(4, 3)
    A = own.function(Z)
    assert A.shape == own.back(np.ones_like(Z), A if own.slope_reads_output else Z).shape == Z.shape


@pytest.mark.parametrize("kind", losses.kinds())
def test_a_loss_has_its_four_parts(kind):
    from verify.capture.losses import readers

    assert kind in readers() and kind in modules_of(LOSS_VARIANTS)
    assert f"test_{kind}" in {info.name for info in pkgutil.iter_modules(loss_witnesses.__path__)}
    assert str(losses.loss_named(kind)) == kind
    for rule in rules(chain((4, 3), ("linear",)), kind, OPTIMIZERS["sgd"]):
        if rule.kind == kind:
            assert len(list(variants_of(rule, chain((4, 3), ("linear",)), OPTIMIZERS["sgd"]))) > 5, rule.tensor


def test_no_part_of_a_loss_stands_alone():
    from verify.capture.losses import readers

    assert set(losses.kinds()) == set(readers()) == set(modules_of(LOSS_VARIANTS))


@pytest.mark.parametrize("text", ["", "half_hinge", "mean_squared_error(reduction='half')", "huber(delta=0.0)",
                                  "categorical_crossentropy(label_smoothing=1.0)", "categorical_crossentropy(1)",
                                  "sparse_categorical_crossentropy(label_smoothing=0.1)", "3",
                                  "categorical_crossentropy(from_logits=1)"])  # fmt: skip
def test_a_text_that_is_no_loss_is_refused(text):
    with pytest.raises(ValueError, match=r"loss|reduction|label|logits|delta"):
        losses.loss_named(text)


@pytest.mark.parametrize("kind", optimizers.kinds())
def test_an_optimizer_has_its_four_parts(kind):
    from verify.capture.optimizers import readers

    assert kind in readers() and kind in modules_of(OPTIMIZER_VARIANTS)
    assert f"test_{kind}" in {info.name for info in pkgutil.iter_modules(optimizer_witnesses.__path__)}
    own = optimizers.optimizer_named(kind)
    assert text_of(kind, own) == kind
    for rule in rules(chain((4, 3), ("linear",)), "mean_squared_error", own):
        if rule.kind == kind:
            assert len(list(variants_of(rule, chain((4, 3), ("linear",)), own))) > 5, rule.tensor


MOST = {  # texts of optimizers that keep all that their kind can keep
    "adam": "adam(amsgrad=True)", "sgd": "sgd(momentum=0.5)", "rmsprop": "rmsprop(centered=True, momentum=0.5)",
}  # fmt: skip


def test_no_part_of_an_optimizer_stands_alone():
    from verify.capture.optimizers import by_class, readers

    assert set(optimizers.kinds()) == set(readers()) == set(modules_of(OPTIMIZER_VARIANTS))
    assert set(by_class().values()) == set(optimizers.kinds())
    for kind, module in readers().items():
        most = MOST.get(kind, kind)
        own = optimizers.optimizer_named(most)
        assert set(module.KEPT) == {*own.of("W1").keeps, *own.of("B1").keeps}


@pytest.mark.parametrize("text", ["sgd(learning_rate=-'a')", "adam(learning_rate='abc')", "sgd(momentum='x')",
                                  "adam(1)",
                                  "adam(learning_rate=adam)", "adam(amsgrad=1)", "sgd(learning_rate=True)", "~" * 1900,
                                  "+".join("1" * 900), ".".join("a" * 900), "adam(beta_1=1e999)", "adamw",
                                  "sgd(learning_rate=exponential_decay(initial_learning_rate='a', decay_steps=1.0, "
                                  "decay_rate=0.5))"])  # fmt: skip
def test_a_text_that_is_no_optimizer_is_refused(text):
    with pytest.raises(ValueError):
        optimizers.optimizer_named(text)


LAYERS = {
    "an input in the middle": (["input(nodes=3)", "dense(nodes=2)", "input(nodes=3)", "relu"], "before all other"),
    "an input that nothing reads": (["input(nodes=3)", "input(nodes=3)", "dense(nodes=2)"], "begins with"),
    "an output that is an input": (["input(nodes=3)", "identity"], "with weights"),
    "no input": (["dense(nodes=2)", "relu"], "begins with its input"),
    "nothing that learns": (["input(nodes=3)", "dropout"], "with weights"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_that_make_no_network_are_refused(name):
    texts, word = LAYERS[name]
    with pytest.raises(ValueError, match=word):
        line(map(layer_named, texts))


def test_the_readme_has_the_table_of_all_parts_of_keras():
    import keras

    from verify.capture.supported import _divided, parts, table_of_parts

    readme = (Path(__file__).parents[1] / "reference" / "README.md").read_text()
    assert f"Keras {keras.__version__}" in readme and table_of_parts() in readme
    verified, refused = (sum(len(names[k]) for names in parts().values()) for k in (0, 1))
    assert verified >= 0.95 * (verified + refused)
    assert "Adam" in parts()["optimizers"][0] and "CTC" in parts()["losses"][1]
    assert _divided([keras.losses.CTC, keras.losses.Huber], {keras.losses.Huber}) == (["Huber"], ["CTC"])


def test_the_readme_has_the_table_of_all_layers():
    from verify.capture.supported import table

    readme = (Path(__file__).parents[1] / "verify" / "capture" / "README.md").read_text()
    assert table() in readme
    assert {f"| {kind} |" for kind in ("Dense", "MaxPooling1D, MaxPooling2D")} <= set(
        line[: line.index("|", 1) + 1] for line in table().splitlines()
    )
