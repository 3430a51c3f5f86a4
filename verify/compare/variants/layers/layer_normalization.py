"""Variants of layer normalization."""

from verify.compare.variants.normalizing_examples import variants

__all__ = ["variants"]
