"""Random streams by name: the same words give the same stream, whatever was drawn before."""

from __future__ import annotations

import numpy as np
import torch


def generator(*words: int) -> torch.Generator:
    """A generator on the CPU for a stream named by numbers of 0 or more, such as (seed, epoch)."""
    # torch's generator takes 32 bits of its seed; SeedSequence spreads the words over them.
    return torch.Generator().manual_seed(int(np.random.SeedSequence(words).generate_state(1)[0]))
