"""score.py REFERENCE RECORDING: how well speech arrived, as JSON.

Finds every whole occurrence of the reference in the recording (which may repeat it), coarsely by
the energy envelope and then to the sample by correlation, and scores each with PESQ narrowband
(ITU-T P.862.1). Prints the median score, the delay-free correlation and the longest hole.
"""

import json
import sys
from math import gcd

import numpy as np
import soundfile
from pesq import pesq
from scipy.signal import fftconvolve, resample_poly

RATE = 8000
HOP = 40  # 5 ms
OCCURRENCES_MAX = 20
ENVELOPE_CORRELATION_MIN = 0.6


def load(path):
    samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    mono = samples.mean(axis=1)
    divisor = gcd(rate, RATE)
    return mono if rate == RATE else resample_poly(mono, RATE // divisor, rate // divisor)


def envelope(x):
    frames = x[: len(x) // HOP * HOP].reshape(-1, HOP)
    return np.log10((frames**2).mean(axis=1) + 1e-7)


def correlation(needle, hay):
    """Normalised correlation of needle at each place in hay where it fits whole."""
    needle = needle - needle.mean()
    n = len(needle)
    product = fftconvolve(hay, needle[::-1], mode="valid")
    total = fftconvolve(hay, np.ones(n), mode="valid")
    power = fftconvolve(hay * hay, np.ones(n), mode="valid") - total * total / n
    floor = max(power.max() * 1e-3, 1e-9)
    return product / np.sqrt(np.maximum(power, floor) * (needle * needle).sum() + 1e-12)


def places(reference, recording):
    """Where the reference starts in the recording, in samples, to within 5 ms."""
    needle, hay = envelope(reference), envelope(recording)
    if len(hay) < len(needle):
        return []
    score = correlation(needle, hay)
    found = []
    while len(found) < OCCURRENCES_MAX and score.max() >= ENVELOPE_CORRELATION_MIN:
        best = int(score.argmax())
        found.append(best * HOP)
        score[max(0, best - len(needle) // 2) : best + len(needle) // 2] = -1
    return sorted(found)


def refine(reference, recording, start):
    """The start moved by at most 150 ms to where the waveforms agree best."""
    reach = int(0.15 * RATE)
    low = max(0, start - reach)
    window = recording[low : start + len(reference) + reach]
    if len(window) < len(reference):
        return start, 0.0
    score = correlation(reference, window)
    best = int(np.abs(score).argmax())
    return low + best, float(abs(score[best]))


def longest_hole_ms(reference, segment):
    """The longest run in which the reference speaks and the recording is all but silent."""
    frame = RATE // 100
    count = min(len(reference), len(segment)) // frame
    spoken = (reference[: count * frame].reshape(count, frame) ** 2).mean(axis=1)
    heard = (segment[: count * frame].reshape(count, frame) ** 2).mean(axis=1)
    speaks = spoken > spoken.max() * 3e-3
    usual = np.median(heard[speaks]) if speaks.any() else 0
    hole = longest = 0
    for silent in speaks & (heard < max(usual * 2e-4, 1e-10)):
        hole = hole + 1 if silent else 0
        longest = max(longest, hole)
    return longest * 10


def main():
    reference, recording = load(sys.argv[1]), load(sys.argv[2])
    each = []
    for place in places(reference, recording):
        start, agreement = refine(reference, recording, place)
        segment = recording[start : start + len(reference)]
        if len(segment) < len(reference):
            continue
        power = (segment**2).mean()
        each.append(
            {
                "at_s": round(start / RATE, 3),
                "pesq": round(float(pesq(RATE, reference, segment, "nb")), 2),
                "correlation": round(agreement, 2),
                "level_db": round(float(10 * np.log10(power / (reference**2).mean() + 1e-12)), 1),
                "hole_ms": longest_hole_ms(reference, segment),
            }
        )
    level = 10 * np.log10((recording**2).mean() + 1e-12) if len(recording) else -120
    median = float(np.median([one["pesq"] for one in each])) if each else None
    seconds = round(len(recording) / RATE, 1)
    result = {"pesq": median, "seconds": seconds, "level_dbfs": round(level, 1), "each": each}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
