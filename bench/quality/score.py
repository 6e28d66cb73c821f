"""score.py REFERENCE RECORDING: PESQ (P.862.1, 8 kHz) and ViSQOL (speech, 16 kHz) as JSON.

The median over every whole occurrence of the reference in the recording, found as the stories do.
"""

import json
import sys
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from pesq import pesq
from scipy.signal import resample_poly
from visqol.api import VisqolApi

sys.path.insert(0, str(Path(__file__).parents[2] / "e2e/lib"))
sys.argv, arguments = [sys.argv[0]], sys.argv[1:]
import score as story  # noqa: E402

WIDE = 16000


def wide(path):
    samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    mono = samples.mean(axis=1)
    divisor = gcd(rate, WIDE)
    return mono if rate == WIDE else resample_poly(mono, WIDE // divisor, rate // divisor)


def main():
    reference, recording = (story.load(path) for path in arguments)
    wide_reference, wide_recording = (wide(path) for path in arguments)
    visqol = VisqolApi()
    visqol.create(mode="speech")
    narrow, broad, holes = [], [], []
    for place in story.places(reference, recording):
        start, _ = story.refine(reference, recording, place)
        segment = recording[start : start + len(reference)]
        broad_segment = wide_recording[2 * start : 2 * start + len(wide_reference)]
        if len(segment) < len(reference) or len(broad_segment) < len(wide_reference):
            continue
        narrow.append(pesq(story.RATE, reference, segment, "nb"))
        heard = visqol.measure_from_arrays(wide_reference, broad_segment, WIDE)
        broad.append(heard.moslqo)
        holes.append(story.longest_hole_ms(reference, segment))
    found = len(narrow)
    print(json.dumps({
        "times": found,
        "pesq": round(float(np.median(narrow)), 2) if found else None,
        "visqol": round(float(np.median(broad)), 2) if found else None,
        "hole_ms": max(holes) if found else None,
    }))


main()
