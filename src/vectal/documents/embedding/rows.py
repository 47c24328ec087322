"""Rows of numbers that both halves of the local model work with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vectal.documents.embedding.ports import Vector


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1; a row of zeros stays one."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.maximum(lengths, 1e-12)).astype(np.float32)


def blend(english: NDArray[np.float32], other: NDArray[np.float32], share: float) -> list[Vector]:
    """Both halves side by side, in rows of length 1; `share` is that of the English half."""
    rows = np.concatenate([english * share, other * (1 - share)], axis=1)
    return [[float(value) for value in row] for row in unit(rows)]
