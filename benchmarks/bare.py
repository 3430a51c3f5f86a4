"""Do one training step and nothing else: `benchmarks.ratios` compares `verify.backprop` with this script."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

keras.utils.set_random_seed(0)
model = keras.Sequential(
    [keras.Input((784,))] + [keras.layers.Dense(n, f) for n, f in ((128, "relu"), (64, "relu"), (10, "softmax"))]
)
model.compile("adam", "categorical_crossentropy")
model.train_on_batch(np.full((1, 784), 0.5, "float32"), np.eye(10, dtype="float32")[[5]])
