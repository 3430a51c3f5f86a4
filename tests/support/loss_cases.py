"""A case for each kind of loss: its text, the activation before it, and labels that suit it."""

import numpy as np

RNG = np.random.default_rng(21)
N, n = 5, 4
ROWS = {
    "one-hot": np.eye(n)[RNG.integers(n, size=N)],
    "real": RNG.normal(size=(N, n)),
    "counts": RNG.integers(0, 5, size=(N, n)),
    "shares": RNG.dirichlet(np.ones(n), size=N),
    "yes or no": RNG.integers(0, 2, size=(N, n)),
    "signs": 2 * RNG.integers(0, 2, size=(N, n)) - 1,
}
CASES = {
    "mean_squared_error(weight=2.0)": ("tanh", "real"),
    "mean_absolute_error": ("linear", "real"),
    "huber(delta=0.7)": ("linear", "real"),
    "log_cosh": ("linear", "real"),
    "mean_absolute_percentage_error": ("linear", "real"),
    "mean_squared_logarithmic_error": ("relu", "counts"),
    "poisson": ("softplus", "counts"),
    "kl_divergence": ("softmax", "shares"),
    "hinge": ("linear", "yes or no"),
    "hinge(reduction='sum')": ("tanh", "signs"),
    "squared_hinge": ("linear", "yes or no"),
    "categorical_hinge": ("linear", "one-hot"),
    "cosine_similarity": ("linear", "real"),
    "binary_crossentropy": ("sigmoid", "yes or no"),
    "binary_crossentropy(weight=0.5)": ("softmax", "yes or no"),
    "binary_crossentropy(from_logits=True, label_smoothing=0.1)": ("linear", "yes or no"),
    "binary_crossentropy(label_smoothing=0.3)": ("hard_sigmoid", "yes or no"),
    "binary_focal_crossentropy(apply_class_balancing=True, gamma=1.5)": ("sigmoid", "yes or no"),
    "binary_focal_crossentropy(alpha=0.25, gamma=3.0)": ("softmax", "yes or no"),
    "binary_focal_crossentropy(label_smoothing=0.1)": ("hard_sigmoid", "yes or no"),
    "binary_focal_crossentropy(from_logits=True)": ("linear", "yes or no"),
    "categorical_focal_crossentropy(label_smoothing=0.1)": ("softmax", "one-hot"),
    "categorical_focal_crossentropy(alpha=0.7, from_logits=True, gamma=1.5)": ("linear", "one-hot"),
    "categorical_generalized_cross_entropy(q=0.7)": ("softmax", "one-hot"),
    "dice": ("sigmoid", "yes or no"),
    "dice(per_example=True)": ("softplus", "yes or no"),
    "tversky(alpha=0.2, beta=0.8)": ("sigmoid", "yes or no"),
    "tversky(weight=0.5, per_example=True, alpha=0.3)": ("softmax", "one-hot"),
    "categorical_crossentropy(label_smoothing=0.1)": ("hard_sigmoid", "one-hot"),
    "sparse_categorical_crossentropy": ("hard_sigmoid", "one-hot"),
}
