"""The arguments of Keras's layers: which reach the equations, each with a value that is not its default."""

import keras
import numpy as np

L = keras.layers
IMAGE, SERIES, VOLUME = (6, 6, 4), (6, 4), (6, 6, 6, 4)


def kernel(rank, *more, out=False):
    """The arguments of a convolution along so many axes, and more of them."""
    every = {
        "filters": 2, "kernel_size": 2, "strides": 2, "padding": "same", "dilation_rate": 2, "groups": 2,
        "activation": "tanh", "use_bias": False, "depth_multiplier": 2, "output_padding": 1,
    }  # fmt: skip
    names = ("kernel_size", "strides", "padding", "dilation_rate", "activation", "use_bias", *more)
    return (SERIES, IMAGE, VOLUME)[rank - 1], {name: every[name] for name in names}


def pooling(rank):
    return (SERIES, IMAGE, VOLUME)[rank - 1], {"pool_size": 3, "strides": 1, "padding": "same"}


NORM = {"axis": 1, "epsilon": 0.1, "center": False, "scale": False}
# the shape of an example, and the arguments
LAYERS = {
    L.Conv1D: kernel(1, "filters", "groups"), L.Conv2D: kernel(2, "filters", "groups"),
    L.Conv3D: kernel(3, "filters", "groups"), L.DepthwiseConv1D: kernel(1, "depth_multiplier"),
    L.DepthwiseConv2D: kernel(2, "depth_multiplier"),
    L.SeparableConv1D: kernel(1, "filters", "depth_multiplier"),
    L.SeparableConv2D: kernel(2, "filters", "depth_multiplier"),
    L.Conv1DTranspose: kernel(1, "filters", "output_padding"),
    L.Conv2DTranspose: kernel(2, "filters", "output_padding"),
    L.Conv3DTranspose: kernel(3, "filters", "output_padding"),
    L.MaxPooling1D: pooling(1), L.MaxPooling2D: pooling(2), L.AveragePooling1D: pooling(1),
    L.AveragePooling2D: pooling(2),
    **{getattr(L, f"Global{kind}Pooling{rank}D"): ((SERIES, IMAGE, VOLUME)[rank - 1], {"keepdims": True})
       for kind in ("Max", "Average") for rank in (1, 2, 3)},
    L.BatchNormalization: (IMAGE, NORM | {"momentum": 0.5}), L.LayerNormalization: (IMAGE, NORM | {"axis": [-2, -1]}),
    L.GroupNormalization: (IMAGE, {"groups": 2, "epsilon": 0.1, "center": False, "scale": False}),
    L.RMSNormalization: (IMAGE, {"epsilon": 0.1}), L.UnitNormalization: (IMAGE, {"axis": [-2, -1]}),
    L.Normalization: ((4,), {"mean": 0.5, "variance": 2.0, "invert": True}),
    L.Embedding: ((4,), {"input_dim": 7, "output_dim": 3}),
    L.SpatialDropout1D: (SERIES, {"rate": 0.25}),
    L.SpatialDropout2D: (IMAGE, {"rate": 0.25, "data_format": "channels_first"}),
    L.SpatialDropout3D: (VOLUME, {"rate": 0.25, "data_format": "channels_first"}),
    L.GaussianNoise: ((4,), {"stddev": 0.5}),
    L.AlphaDropout: (IMAGE, {"rate": 0.25, "noise_shape": (None, 1, 1, None)}),
    L.GaussianDropout: ((4,), {"rate": 0.25}),
    L.PReLU: (IMAGE, {"shared_axes": [1, 2]}),
    L.Concatenate: (IMAGE, {"axis": 1}), L.Permute: (IMAGE, {"dims": (3, 1, 2)}), L.RepeatVector: ((4,), {"n": 3}),
    L.Reshape: (IMAGE, {"target_shape": (4, 36)}), L.Cropping1D: (SERIES, {"cropping": 2}),
    L.Cropping2D: (IMAGE, {"cropping": 2}), L.Cropping3D: (VOLUME, {"cropping": ((0, 1), (1, 1), (1, 0))}),
    L.ZeroPadding1D: (SERIES, {"padding": 2}), L.ZeroPadding2D: (IMAGE, {"padding": 2}),
    L.ZeroPadding3D: (VOLUME, {"padding": 2}), L.UpSampling1D: (SERIES, {"size": 3}),
    L.UpSampling2D: (IMAGE, {"size": 3}), L.UpSampling3D: (VOLUME, {"size": 3}),
}  # fmt: skip
# what a layer needs where an argument is not the one that is tried
NEEDED = {"rate": 0.5, "stddev": 0.2, 
    "filters": 4, "kernel_size": 3, "pool_size": 2, "groups": 4, "dims": (1, 2, 3), "n": 2, "target_shape": (36, 4),
    "mean": 0.0, "variance": 1.0, "input_dim": 5, "output_dim": 2,
}  # fmt: skip
ONLY_IF_NEEDED = {"groups": (L.GroupNormalization,), "mean": (L.Normalization,), "variance": (L.Normalization,)}
BESIDE = {"output_padding": {"strides": 2}}  # other arguments without which one has no meaning
OF_ROWS = ("embeddings_regularizer", "embeddings_constraint")  # Keras hands on single rows
CONSTRAINED = ("regularizer", "constraint")
REFUSED = {"data_format": "channels_first", "activity_regularizer": keras.ops.sum, "renorm": True, "synchronized": True,
           "interpolation": "bilinear", "mask_zero": True, "lora_rank": 1}  # fmt: skip
# no effect unless `renorm`; an axis is modelled above, or refused by tests of its layer (layers/test_normalizations.py)
WITHOUT_EFFECT = {
    "seed",
    "renorm_clipping",
    "renorm_momentum",
    "axis",
    "name",
    "dtype",
    "weights",
    "lora_alpha",
    "quantization_config",
}  # of an Embedding: as at the start, or without a rank


def made(kind, options):
    """The layer with these options and what it needs."""
    parameters = LAYERS[kind][1]
    needed = {name: value for name, value in NEEDED.items() if name in parameters}
    needed = {n: v for n, v in needed.items() if n not in ONLY_IF_NEEDED or kind in ONLY_IF_NEEDED[n]}
    beside = {k: v for name in options for k, v in BESIDE.get(name, {}).items()}
    return kind(**needed | beside | options)


def model(kind, options):
    """A built model with this layer."""
    layer, image = made(kind, options), keras.Input(LAYERS[kind][0])
    given = layer([image, image]) if kind is L.Concatenate else layer(image)
    rows = given if len(given.shape) == 2 else L.Flatten()(given)
    return keras.Model(image, L.Dense(3, "softmax")(rows))


def value(name):
    """A value that is refused for this argument; None if the argument is not refused."""
    if name in REFUSED:
        return REFUSED[name]
    return {"embeddings_regularizer": "l2", "embeddings_constraint": "non_neg"}.get(name)


def examples(kind):
    """A batch for the layer."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(4, *LAYERS[kind][0])).astype("float32"), np.eye(3)[rng.integers(3, size=4)]
