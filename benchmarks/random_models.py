"""Models drawn from a number, over everything that is verified: layers, losses, optimizers, precisions, compilers."""

from typing import Any

import numpy as np

from benchmarks.random_losses import labels_for, loss_for
from verify.records.trace import Array

HIDDEN = ("relu", "tanh", "sigmoid", "leaky_relu", "elu", "linear")
OUTPUTS = ("softmax", "softmax", "sigmoid", "linear", "relu", "tanh", "leaky_relu", "elu")
SIZES = ((1, 4), (2, 40), (2, 40), (40, 300))  # ranges of widths, from which one is chosen
BATCHES = (1, 1, 2, 3, 7, 32, 64, 100, 257)


def drawn(seed: int, steps: int = 2) -> tuple[Any, list[tuple[Array, Array]], str]:
    """Return a compiled model, a batch for each step, and a description.  A number always gives the same model."""
    import keras

    rng = np.random.default_rng([7, seed])
    dtype = str(rng.choice(["float32", "float32", "float64"]))
    _begin(keras, seed, dtype)
    inputs, outputs = _size(rng), int(rng.choice([1, 2, 3, 5, 10, 12, 30]))
    layers, output = _layers(keras, rng, outputs)
    loss = loss_for(keras, rng, output, type(layers[-1]) is keras.layers.Dropout)
    optimizer, jit, batch = optimizer_for(keras, rng), bool(rng.random() < 0.5), int(rng.choice(BATCHES))
    weight = float(rng.choice([2.0, 0.3])) if rng.random() < 0.1 else None
    model = keras.Sequential([keras.Input((inputs,)), *layers])
    model.compile(
        optimizer, loss, loss_weights=weight, jit_compile=jit, run_eagerly=not jit and bool(rng.random() < 0.1)
    )
    kind = str(rng.choice(["uniform", "normal", "sparse", "large", "tiny", "bytes", "equal"]))
    batches = []
    for _ in range(steps):
        y = labels_for(rng, loss, output, (batch, outputs), dtype)
        if y.ndim > 1 and outputs == 1 and rng.random() < 0.5:
            y = y.reshape(-1)  # Keras makes a column of it
        batches.append((_x(rng, kind, (batch, inputs), dtype), y))
    made = ", ".join(said(layer) for layer in layers)
    how = "XLA" if jit else "eager" if model.run_eagerly else "graph"
    text = f"{dtype} {how} batch {batch} of {inputs} {kind}: {made}; {said(loss)}"
    return model, batches, f"{text}{f' times {weight}' if weight else ''}; {said(optimizer)}"


def set_up(stream: int, seed: int, dtype: str = "", jit: bool | None = None) -> tuple[Any, str, bool, Any]:
    """Return the random numbers of a seed in a stream, a precision, whether to use XLA, and Keras, in this precision.

    `dtype` and `jit` are drawn unless they are given.
    """
    import keras

    rng = np.random.default_rng([stream, seed])
    dtype, jit = dtype or str(rng.choice(["float32", "float64"])), bool(rng.random() < 0.5) if jit is None else jit
    _begin(keras, seed, dtype)
    return rng, dtype, jit, keras


def _begin(keras: Any, seed: int, dtype: str) -> None:
    """Let Keras begin anew, in this precision and with this seed."""
    keras.backend.clear_session()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    keras.utils.set_random_seed(seed)


def _size(rng: Any) -> int:
    """Return the number of a layer's nodes: mostly small, at most 300."""
    low, high = SIZES[int(rng.integers(len(SIZES)))]
    return int(rng.integers(low, high + 1))


def _x(rng: Any, kind: str, shape: tuple[int, int], dtype: str) -> Array:
    """Return the inputs of a batch, of one kind."""
    x: Array = rng.random(shape)
    if kind == "bytes":
        return np.asarray(rng.integers(0, 256, shape), dtype=np.uint8)
    if kind == "sparse":
        x = x * (rng.random(shape) < 0.2)
    elif kind == "equal":
        x = np.repeat(x[:1], len(x), axis=0)
    elif kind != "uniform":
        x = rng.normal(size=shape) * {"normal": 1.0, "large": 1e3, "tiny": 1e-6}[kind]
    return x.astype(dtype)


KEPT = ("units", "activation", "use_bias", "rate", "scale", "offset", "negative_slope", "alpha", "from_logits",
        "reduction", "label_smoothing", "delta", "gamma", "q",
        "apply_class_balancing", "momentum", "nesterov", "amsgrad", "weight_decay", "clipnorm", "clipvalue",
        "global_clipnorm", "learning_rate", "epsilon", "beta_1", "beta_2", "rho", "centered", "use_ema",
        "ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps")  # fmt: skip


def said(thing: Any) -> str:
    """Return the name of a layer, a loss or an optimizer, with the options that are drawn."""
    every = {**thing.get_config(), **getattr(thing, "_fn_kwargs", {})}
    words = ", ".join(f"{k}={v}" for k, v in every.items() if k in KEPT and v not in (None, 0, False, 0.0))
    return f"{type(thing).__name__}({words})"


def _layers(keras: Any, rng: Any, outputs: int) -> tuple[list[Any], str]:
    """Return up to eight Dense layers with what may stand around them, and the activation of the last."""
    made: list[Any] = []
    if rng.random() < 0.3:
        scale = float(rng.choice([1 / 255, 2.0, 0.3]))
        made.append(keras.layers.Rescaling(scale, float(rng.choice([0.0, -1.0, 0.1]))))
    if rng.random() < 0.15:
        made.append(keras.layers.Dropout(float(rng.choice([0.1, 0.5]))))
    for _ in range(int(rng.choice([0, 1, 1, 2, 2, 3, 5, 7]))):
        name, bias = str(rng.choice(HIDDEN)), bool(rng.random() < 0.8)
        if rng.random() < 0.3:
            made.append(keras.layers.Dense(_size(rng), use_bias=bias))
            special = {
                "leaky_relu": keras.layers.LeakyReLU(float(rng.choice([0.01, 0.3]))),
                "elu": keras.layers.ELU(float(rng.choice([1.0, 0.5]))),
            }
            made.append(special.get(name) or keras.layers.Activation(name))
        else:
            made.append(keras.layers.Dense(_size(rng), name, use_bias=bias))
        if rng.random() < 0.25:
            made.append(keras.layers.Dropout(float(rng.choice([0.1, 0.3, 0.5, 0.9]))))
    output = str(rng.choice(OUTPUTS))
    made.append(keras.layers.Dense(outputs, output, use_bias=bool(rng.random() < 0.8)))
    if rng.random() < 0.1:
        made.append(keras.layers.Dropout(0.2))
    return made, output


def _rate(keras: Any, rng: Any) -> Any:
    S, first = keras.optimizers.schedules, float(rng.choice([0.1, 0.01, 0.001]))
    steps = int(rng.choice([1, 2, 3, 7, 100]))
    kinds = (
        lambda: first, lambda: first, lambda: first,
        lambda: S.ExponentialDecay(first, steps, 0.9, staircase=bool(rng.random() < 0.5)),
        lambda: S.InverseTimeDecay(first, steps, 0.5, staircase=bool(rng.random() < 0.5)),
        lambda: S.PolynomialDecay(first, steps, first / 10, float(rng.choice([1.0, 2.0]))),
        lambda: S.PiecewiseConstantDecay([0, 1], [first, first / 2, first / 3]),
        lambda: S.PolynomialDecay(first, steps, first / 10, float(rng.choice([1.0, 2.0])), cycle=True),
        lambda: S.CosineDecay(first, steps, float(rng.choice([0.0, 0.1]))),
        lambda: S.CosineDecay(first / 10, steps, 0.1, warmup_target=first, warmup_steps=int(rng.choice([1, 3]))),
        lambda: S.CosineDecayRestarts(first, steps, *map(float, rng.choice([[2, 1], [1, 0.5], [1.5, 0.9]])), 0.1),
    )  # fmt: skip
    return kinds[int(rng.integers(len(kinds)))]()


AROUND: tuple[dict[str, Any], ...] = (
    {}, {}, {}, {}, {"use_ema": True, "ema_momentum": 0.9}, {"use_ema": True, "ema_overwrite_frequency": 2},
    {"loss_scale_factor": 1024.0}, {"loss_scale_factor": 100.0}, {"gradient_accumulation_steps": 2},
    {"gradient_accumulation_steps": 2, "loss_scale_factor": 8.0},
)  # fmt: skip


def optimizer_for(keras: Any, rng: Any) -> Any:
    """Return a random optimizer, with a random learning rate and what is around its step."""
    K = keras.optimizers
    clipping = ({}, {}, {}, {"clipnorm": 0.1}, {"clipvalue": 0.01}, {"global_clipnorm": 0.1})[int(rng.integers(6))]
    rate, kind, around = _rate(keras, rng), int(rng.integers(8)), AROUND[int(rng.integers(len(AROUND)))]
    momentum, yes = float(rng.choice([0.0, 0.9])), bool(rng.random() < 0.5)
    decay = float(rng.choice([0.0, 0.01])) or None
    clipping = clipping | around
    without = {name: value for name, value in clipping.items() if name != "gradient_accumulation_steps"}
    options = {
        "epsilon": float(rng.choice([1e-7] * 12 + [1e-8] * 4 + [1e-3] * 3 + [0.0])),
        "beta_2": float(rng.choice([0.999, 0.9])),
    }
    options["epsilon"] = options["epsilon"] or (1e-7 if kind > 3 else 0.0)  # 0/0 behind a fused relu is not captured
    small, rho = {"epsilon": options["epsilon"], "weight_decay": decay}, {"rho": float(rng.choice([0.9, 0.5, 0.99]))}
    if kind == 0:
        return K.SGD(rate, momentum, yes, weight_decay=decay, **clipping)
    if kind == 1:
        return K.AdamW(rate, weight_decay=0.004, amsgrad=yes, **options, **clipping)
    if kind in (2, 3):
        return K.Adam(rate, amsgrad=kind == 2, **options, **clipping)
    made = (
        lambda: K.RMSprop(rate, momentum=momentum, centered=yes, **rho, **small, **clipping),
        lambda: K.Adagrad(rate, initial_accumulator_value=0.1 if yes else 0.0, **small, **clipping),
        lambda: K.Adadelta(1.0 if yes else rate, **rho, **small, **clipping),
        lambda: K.Adamax(rate, **options, weight_decay=decay, **clipping),
        lambda: K.Nadam(rate, **options, weight_decay=decay, **without),
        lambda: K.Lamb(rate, **options, weight_decay=decay, **clipping),
        lambda: K.Ftrl(
            rate,
            learning_rate_power=-0.5 if momentum else -0.3,
            initial_accumulator_value=0.1,
            l1_regularization_strength=0.001 if yes else 0.0,
            l2_regularization_strength=0.01 if yes else 0.0,
            l2_shrinkage_regularization_strength=0.01 if momentum else 0.0,
            beta=0.1 if yes else 0.0,
            weight_decay=decay,
            **clipping,
        ),
        lambda: K.Lion(rate, beta_2=options["beta_2"], weight_decay=decay, **clipping),
        lambda: K.Adafactor(
            rate,
            beta_2_decay=-0.8 if yes else -0.5,
            epsilon_1=1e-30 if momentum else 1e-10,
            clip_threshold=1.0 if yes else 0.5,
            relative_step=bool(momentum),
            weight_decay=decay,
            **clipping,
        ),
        lambda: K.Muon(
            rate,
            nesterov=yes,
            weight_decay=decay,
            rms_rate=0.2 if momentum else None,
            adam_lr_ratio=1.0 if yes else 0.3,
            ns_steps=5 if momentum else 2,
            exclude_layers=["dense_1"] if yes else [],
            **without,
        ),
    )
    return made[int(rng.integers(len(made)))]()
