"""The reader of Keras's layers that normalise and have a γ and a β."""

from typing import Any

from verify.capture.reader import Reader, Reading


class NormalizingReader(Reader):
    """Reads a layer that normalises, with its γ if it scales, and its β if it centers."""

    def variables(self, layer: Any) -> list[Any]:
        """Return γ and β, those that there are."""
        return [variable for variable in (layer.gamma, layer.beta) if variable is not None]


def axes_of_example(layer: Any, axes: Any, reading: Reading) -> tuple[int, ...] | None:
    """Return axes of Keras's as they count from the end; note a problem and return None if they are not supported."""
    rank = len(reading.shapes[0]) + 1  # with the axis of the examples
    given = tuple(axes) if isinstance(axes, list | tuple) else (axes,)
    found = tuple(axis if axis < 0 else axis - rank for axis in given)
    if -rank in found:
        reading.problem(layer, f"axis {given[found.index(-rank)]}, the axis of the examples, is not verified")
        return None
    if found != tuple(sorted(set(found))):
        reading.problem(layer, f"axes {list(given)}, which are not in order, are not verified")
        return None
    return found
