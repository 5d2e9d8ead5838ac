import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["kernels.freezing", "kernels.prox", "results", "claims.judging", "claims.schema"])
def test_examples_in_docstrings(name):
    done = doctest.testmod(importlib.import_module(f"mtlcore.{name}"))
    assert done.attempted > 0
    assert done.failed == 0
