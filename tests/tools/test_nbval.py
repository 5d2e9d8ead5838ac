"""nbval with our sanitising file lets times differ, and nothing else."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys

import nbformat
import pytest

from mtlcore.paths import ROOT

SANITIZE = ROOT / "tests/nbval_sanitize.cfg"


def sanitized(text):
    config = configparser.RawConfigParser()
    config.read(SANITIZE)
    for section in config.sections():
        text = re.sub(config.get(section, "regex"), config.get(section, "replace"), text)
    return text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("15 runs, 1 s each", "15 runs, 12 s each"),
        ("took 1,234 s", "took 7.5 s"),
        ("2026-11-20", "2027-01-02"),
        ("<Figure size 640x480 with 1 Axes>", "<Figure size 792x396 with 1 Axes>"),
        ("<object at 0x7f00aa11bb22>", "<object at 0x7f00cc11bb33>"),
        ("<?xml version='1.0'?>\n<svg>1</svg>\n", "<?xml version='1.0'?>\n<svg>2\n</svg>\n"),
    ],
)
def test_times_and_addresses_may_differ(first, second):
    assert sanitized(first) == sanitized(second)


@pytest.mark.parametrize(
    ("first", "second"), [("98.87 ± 0.05", "98.88 ± 0.05"), ("3 seeds", "4 seeds"), ("<b>holds", "<b>differs")]
)
def test_results_may_not(first, second):
    assert sanitized(first) != sanitized(second)


@pytest.mark.slow
def test_a_changed_number_fails(tmp_path):
    code = nbformat.v4.new_code_cell('print("accuracy 98.87")', execution_count=1)
    made = nbformat.v4.new_notebook(cells=[code], metadata={"kernelspec": {"name": "python3", "display_name": "p"}})
    results = {}
    for name, number in (("same", "98.87"), ("other", "98.88")):
        code.outputs = [nbformat.v4.new_output("stream", name="stdout", text=f"accuracy {number}\n")]
        nbformat.write(made, tmp_path / f"{name}.ipynb")
    options = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(SANITIZE), "-p", "no:cacheprovider"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    results = run.stdout
    assert run.returncode == 1, results
    assert "1 failed, 1 passed" in results
    assert "other.ipynb" in results
