"""James Huang, "Math Behind Digital Handwritten Recognition", as code.

Letters, everywhere in this package (rows are examples, as in Keras):

    N        examples in the batch             n(l)   nodes of layer l; n(0) = 784 pixels
    X        inputs            [N, n(0)]       y      one-hot targets            [N, n(L)]
    W        weights [n(l-1), n(l)], entry (i, j) from node i of layer l-1 to node j of layer l
    B        biases            [1, n(l)]
    Z, A     summation and activation          [N, n(l)]
    C        cost, a scalar
    dQ       the gradient of C with respect to Q, shaped like Q
    m, v     Adam's moments, shaped like their parameter;  t  the time step, from 1

The functions are plain NumPy operators, so they run on arrays and on balls (value and radius) alike.
`rules.rules` ties every tensor of a training step to its equation; nothing else lists them.
"""
