"""The second engine, for photos and noise: RapidOCR, where the extra `photos` is installed."""

from __future__ import annotations

import logging
from typing import Final

import numpy as np
from PIL import Image
from rapidocr import RapidOCR
from rapidocr.utils.output import RapidOCROutput

from vectal.documents.extraction.ocr.lines import Line, Reading

_LONGEST_SIDE: Final = 2_400
"""Pixels; more costs memory and reads nothing better."""


class PhotoEngine:
    """Its models are loaded once a child; that takes half a second."""

    def __init__(self) -> None:
        logging.disable(logging.WARNING)  # it tells its versions and paths
        self._engine = RapidOCR(
            params={
                "Global.use_cls": False,  # which way is up, it guesses wrong on short lines
                "Global.log_level": "critical",
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,
            }
        )

    def read(self, image: Image.Image) -> Reading:
        """Lines from top to bottom, those beside each other from left to right."""
        scale = min(1.0, _LONGEST_SIDE / max(image.size))
        small = image
        if scale < 1.0:
            small = image.resize((round(image.width * scale), round(image.height * scale)))
        result = self._engine(np.asarray(small.convert("RGB"))[:, :, ::-1], use_cls=False)
        if not isinstance(result, RapidOCROutput):  # of a single step, which was not asked for
            return Reading(())
        if result.boxes is None or result.txts is None or result.scores is None:
            return Reading(())
        lines: list[Line] = []
        for corners, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
            xs, ys = [float(x) / scale for x, _ in corners], [float(y) / scale for _, y in corners]
            if text.strip():
                box = (min(xs), min(ys), max(xs), max(ys))
                lines.append(Line(text.strip(), box, min(1.0, max(0.0, float(score)))))
        return Reading(tuple(lines))
