"""How far the lines of a page are from level.

Tesseract finds slants of up to five degrees only, and then on one side only. Here the page is
turned, small, by many angles: where lines are level, rows of ink and rows of paper differ most.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

_WIDEST: Final = 700
"""Pixels of the small copy; its lines are a few pixels high, which is enough."""
_STEEPEST: Final = 15
_FINEST: Final = 0.1
_LEAST_GAIN: Final = 1.15
"""How much sharper the rows must become: on a picture without lines no angle is better."""


def slant_of(image: Image.Image) -> float:
    """Degrees against the clock that make the lines level; 0 where they are, or there are none."""
    small = image.convert("L")
    small.thumbnail((_WIDEST, _WIDEST))
    small = ImageOps.invert(ImageOps.autocontrast(small, cutoff=1))
    level = _sharpness(small, 0.0)
    coarse = _best(small, [float(angle) for angle in range(-_STEEPEST, _STEEPEST + 1)])
    fine = _best(small, [coarse + step * _FINEST for step in range(-9, 10)])
    if level <= 0 or _sharpness(small, fine) < level * _LEAST_GAIN:
        return 0.0
    return round(fine, 2)


def _best(image: Image.Image, angles: Iterable[float]) -> float:
    return max(angles, key=lambda angle: _sharpness(image, angle))


def _sharpness(image: Image.Image, degrees: float) -> float:
    turned = image.rotate(degrees, resample=Image.Resampling.BILINEAR, fillcolor=0)
    rows: NDArray[np.float32] = np.asarray(turned, dtype=np.float32).sum(axis=1)
    return float(np.square(np.diff(rows)).sum())
