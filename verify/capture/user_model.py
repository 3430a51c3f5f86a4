"""Use a user's own model for a few steps, and put everything back to the last bit."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras

from reference.optimizers import kinds as optimizers
from verify.capture.compile_arguments import loss_text, not_known, optimizer_text
from verify.capture.memory import unchanged
from verify.capture.model_graph import Graph
from verify.capture.model_reader import understand
from verify.capture.optimizers import reader_of
from verify.capture.overrides import replaced
from verify.capture.understood import Understood
from verify.errors import Unsupported, Unusable


def load_model(path: str, safe: bool) -> Any:
    """Return a model from a .keras or .h5 file; `safe` refuses to run code from the file.  Raises what Keras raises."""
    model = keras.models.load_model(path, safe_mode=safe)
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and optimizer.built and not optimizer._trainable_variables:
        optimizer.built = False  # from an .h5 file Keras builds it for no variables, and then cannot train
    return model


@contextmanager
def borrowed(model: Any, optimizer: Any = None, loss: Any = None) -> Iterator[tuple[Any, Understood]]:
    """Yield the compiled model that is verified, as it was read. Afterwards all that its steps changed is put back.

    It is the user's own object. If another `optimizer` or `loss` is named, or the model is not compiled, it is a model
    of the same layers, compiled with them; a named optimizer starts anew.
    Raises Unusable without an optimizer or a loss; Unsupported, naming everything that is not supported.
    """
    with unchanged(model):
        understood = understand(model)
        if optimizer is not None or loss is not None or not getattr(model, "compiled", False):
            used = _compiled(model, understood.graph, optimizer, loss)
        else:
            used = model
        _check(used, understood)
        if not used.optimizer.built:
            used.optimizer.build(used.trainable_variables)
        yield used, understood


def _check(model: Any, understood: Understood) -> None:
    """Raise Unusable or Unsupported if the compiled model cannot be verified."""
    _check_compiled(True, optimizer=model.optimizer, loss=model.loss)
    problems: list[tuple[str, str]] = []
    _check_built(model)
    describe_optimizer = partial(optimizer_text, model.optimizer, parameters=understood.parameters)
    describe_loss = partial(loss_text, model, understood.graph.output_names)
    for describe in (describe_loss, describe_optimizer):
        try:
            describe(understood.dtype)
        except Unsupported as error:
            problems += error.rows
    if problems:
        raise Unsupported(problems)
    check_variables(model, understood)


def _check_compiled(compiled: bool, **parts: Any) -> None:
    """Raise Unusable, naming it, if the optimizer or the loss is None. `compiled`: whether the model is."""
    for name, value in parts.items():
        if value is None:
            why = (
                f"the model is compiled with {name}=None; compile it with one, or name {name}="
                if compiled
                else "the model is not compiled; compile it, or name optimizer= and loss="
            )
            raise Unusable(f"{name}: {why}")


def _check_built(model: Any) -> None:
    """Raise Unusable if the optimizer was built for other variables than those of the model."""
    built = getattr(model.optimizer, "built", False) and {id(v) for v in model.optimizer._trainable_variables}
    if built and built != {id(v) for v in model.trainable_variables}:
        raise Unusable("optimizer: it was built for other variables than those of this model; compile with a new one")


def check_variables(model: Any, understood: Understood) -> None:
    """Raise Unsupported, naming every problem with what is trained.

    Problems are a frozen parameter of a layer that is not frozen, a model whose layers are all frozen, and a trained
    variable that belongs to no verified layer.
    """
    trained = {id(variable): variable for variable in model.trainable_variables}
    known, network = understood.parameters, understood.network
    frozen = {P for P, variable in known.items() if id(variable) not in trained}
    whole = set(network.parameters()) - set(network.learned())
    problems = [(P, "it is frozen, and its layer is not (trainable=False)") for P in known if P in frozen - whole]
    if known and not trained:
        problems.append((f"model {model.name}", "all its layers are frozen: a training changes nothing"))
    options = getattr(model, "optimizer", None)
    for what in ("gradient_accumulation_steps", "loss_scale_factor"):
        if getattr(options, what, None) and any(layer.kind == "embedding" for layer, _ in network.places):
            problems.append((f"optimizer {type(options).__name__}", f"{what} of an Embedding's rows is not verified"))
    verified = getattr(reader_of(options), "verifies_rows", lambda *_: True)
    rows = [P for layer, place in network.places if layer.sent_rows(place) for P in layer.learned(place)]
    if any(not verified(options, known[P]) for P in rows):
        problems.append((f"optimizer {type(options).__name__}", "what it makes of an Embedding's rows is not verified"))
    others = trained.keys() - {id(variable) for variable in known.values()}
    why = "it is trained and belongs to no layer that is verified"
    problems += [(f"variable {trained[i].path}", why) for i in others]
    if problems:
        raise Unsupported(problems)


def _compiled(model: Any, graph: Graph, optimizer: Any, loss: Any) -> Any:
    """Return a model of the same layers, compiled with the named optimizer and loss.  Raises Unusable, Unsupported.

    A method that was replaced on the model would be lost, and is refused.
    """
    was = model if getattr(model, "compiled", False) else None
    own, cost = (
        optimizer if optimizer is not None else was and was.optimizer,
        loss if loss is not None else was and was.loss,
    )
    _check_compiled(was is not None, optimizer=own, loss=cost)
    lost = [text for text in replaced(model) if text.startswith("model.")]
    if lost:
        raise Unsupported([(f"model {model.name}", f"{lost[0]}; compile the model itself to verify it")])
    options = {name: getattr(was, name) for name in ("jit_compile", "run_eagerly")} if was else {}
    options["loss_weights"] = getattr(was and was._compile_loss, "_user_loss_weights", None)
    copy = keras.Model(graph.taken, graph.given, name=model.name)
    try:
        copy.compile(optimizer=own if was and own is was.optimizer else _anew(own), loss=cost, **options)
    except (ValueError, TypeError) as error:
        raise Unusable(f"loss: Keras cannot compile with it ({str(error).splitlines()[0][:200]})") from error
    return copy


def _anew(optimizer: Any) -> Any:
    """Return an optimizer with the same options and no state.  Raises Unusable for an unknown name, Unsupported."""
    try:
        own = keras.optimizers.get(optimizer)
    except ValueError as error:
        raise Unusable(f"optimizer: {not_known(optimizer, optimizers())}") from error
    if isinstance(optimizer, str):
        return own
    try:
        copy = type(own).from_config(own.get_config())
    except Exception as error:  # a class of the user's may raise anything
        raise Unsupported([(f"optimizer {type(own).__name__}", "its configuration cannot be read")]) from error
    extra = sorted(name for name in vars(own).keys() - vars(copy).keys() if callable(getattr(own, name)))
    if extra:
        raise Unsupported([(f"optimizer {type(own).__name__}", f"{extra[0]} is replaced on the object")])
    return copy
