import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["grids", "measures", "names"])
def test_examples(name):
    tried = doctest.testmod(importlib.import_module(f"mtlcore.report.{name}"))
    assert (tried.failed, tried.attempted > 0) == (0, True)
