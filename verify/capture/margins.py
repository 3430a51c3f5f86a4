"""What the readers of padding, cropping and up-sampling layers share."""

from typing import Any

from reference.layers.margins import Margins
from verify.capture.reader import Reading


def margins_of(margins: Any) -> Margins:
    """Return (before, after) for each axis; a layer of one axis holds one pair alone."""
    pairs = margins if isinstance(margins[0], list | tuple) else (margins,)
    return tuple((int(before), int(after)) for before, after in pairs)


def on_channels_last(layer: Any, reading: Reading) -> bool:
    """Return whether the channels of a layer stand last; note a problem if they come first."""
    if getattr(layer, "data_format", "channels_last") == "channels_last":
        return True
    reading.problem(layer, "data_format channels_first is not verified; use channels_last")
    return False
