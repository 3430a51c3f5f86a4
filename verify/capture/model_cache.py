"""Capture the same kind of run from many seeds, and compile it only once. The traces equal those of `capture`.

Each compiled step serves one batch size and one precision. For several sizes, TensorFlow would make one general
program, which may add up in another order than the program of a single run.
"""

from collections import OrderedDict

from reference.network import Network
from reference.tensor_names import of_layer
from verify.capture.capture import batches_of, faithful
from verify.capture.environment import environment
from verify.capture.essay_model import build, dense_layers, restore, snapshot, use_precision
from verify.capture.model_reader import understand
from verify.capture.step import training
from verify.errors import Unverifiable
from verify.records.samples import Samples, network_for
from verify.records.settings import Settings
from verify.records.trace import Array, Trace

KEPT = 8  # the most kinds of runs kept: dtype x jit x two batch sizes


class CompiledModel:
    """The essay's model and its compiled step. Every capture starts as if both had been newly made from its seed."""

    def __init__(self, settings: Settings, network: Network) -> None:
        self.network = network
        self.model = build(settings, network)
        self.begin = snapshot(self.model)
        self.understood = understand(self.model)
        self.step = training(self.model, self.understood)

    def capture(self, settings: Settings, samples: Samples) -> Trace:
        """Return the same trace as `verify.capture.capture.capture`, with both checks.  Raises Unverifiable."""
        batches = batches_of(samples, settings)
        use_precision(settings.dtype)
        restore(self.model, first_state(self.begin, settings, self.network))
        tensors = faithful(self.model, self.understood, self.step, batches, settings)
        return Trace(settings, self.network, environment(), tensors, samples.classes if samples.named else ())


def first_state(begin: list[Array], settings: Settings, network: Network) -> list[Array]:
    """Return `begin`, the first state of a model and its optimizer, with the weights of another seed.

    Each layer has its own seed and draws its weights from it.
    """
    state = list(begin)
    for i, layer in enumerate(dense_layers(network, settings.seed)):
        shape = network.shape(of_layer("W", i + 1))
        state[2 * i] = layer.kernel_initializer(shape, dtype=settings.dtype).numpy()
    return state


class ModelCache:
    """The models of the most recent kinds of runs."""

    def __init__(self) -> None:
        self.kept: OrderedDict[tuple[object, ...], CompiledModel] = OrderedDict()

    def capture(self, settings: Settings, samples: Samples) -> Trace:
        """Return the trace of a run.  Raises Unverifiable for any error in TensorFlow."""
        network = network_for(samples)
        key = (settings.dtype, settings.jit, settings.batch, settings.optimizer, settings.loss, network)
        try:
            if key not in self.kept:
                self.kept[key] = CompiledModel(settings, network)
            self.kept.move_to_end(key)
            while len(self.kept) > KEPT:
                self.kept.popitem(last=False)
            return self.kept[key].capture(settings, samples)
        except Unverifiable:
            raise
        except Exception as error:  # TensorFlow may raise anything; the step was not captured
            text = (str(error).splitlines() or [""])[0][:200]
            raise Unverifiable(f"TensorFlow failed in the capture: {type(error).__name__} {text}") from error
