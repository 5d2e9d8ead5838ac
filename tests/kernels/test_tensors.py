"""What is no tensor is refused by name, at every public door of the kernels."""

from __future__ import annotations

import numpy as np
import pytest

from mtlcore.kernels.angles import pairwise_angles
from mtlcore.kernels.genetic import feature_distances
from mtlcore.kernels.mining import hardest_mean
from mtlcore.kernels.minnorm import min_norm_weights, solve


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (pairwise_angles, "vectors"),
        (hardest_mean, "losses"),
        (min_norm_weights, "gram"),
        (solve, "gram"),
        (feature_distances, "samples"),
    ],
)
def test_arrays_are_refused_with_the_cure(call, name):
    with pytest.raises(TypeError, match=rf"{name} is a ndarray; give a tensor, such as torch.as_tensor\({name}\)"):
        call(np.ones((2, 2)))
