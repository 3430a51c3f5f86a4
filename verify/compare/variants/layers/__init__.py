"""One module for each kind of layer that computes, with `variants(rule, depth)`; `depth` counts the layers."""
