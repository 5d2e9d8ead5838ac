"""The page that names everything public, and the examples of the README."""

from __future__ import annotations

import re

import pytest

from mtlcore.paths import ROOT
from mtlcore.report import reference

FIXED = (
    "kernels.angles.pairwise_angles",
    "kernels.minnorm.min_norm_weights",
    "kernels.prox.soft_threshold",
    "kernels.prox.group_soft_threshold",
    "kernels.genetic.select_features",
    "kernels.mining.hardest_mean",
    "prune.ProxAdam",
    "prune.compact",
    "prune.Distinctiveness",
    "prune.LayerOut",
    "nets.tree.TreeNet",
    "data.load",
    "sweep.sweep",
    *(f"balance.{name}" for name in ("Sum", "Uncertainty", "GradNorm", "MGDA", "MGDAUB", "Hybrid", "PCGrad")),
)


@pytest.fixture(scope="module")
def text():
    return reference.names().html


@pytest.mark.parametrize("name", FIXED)
def test_every_fixed_name_has_its_entry(text, name):
    module, _, short = name.rpartition(".")
    assert (
        len(re.findall(rf"<summary><code>mtlcore\.{re.escape(module)}\.<strong>{short}</strong></code> \w", text)) == 1
    )


def test_an_entry_has_the_call_the_docstring_and_the_methods(text):
    entry = text.partition("<strong>TreeNet</strong>")[2].partition("</details>")[0]
    assert "TreeNet(" in entry
    assert re.search(r"^\.peel\(self, ", entry, re.M)
    assert re.search(r"^    \w.*\.$", entry, re.M)


def test_what_others_are_made_of_is_left_out(text):
    assert "minnorm_exact" not in text
    assert "<code>torch" not in text


def test_every_entry_is_one_fold_and_nothing_is_taken_for_markup(text):
    assert text.count("<details>") == text.count("</details>") == text.count("<pre") > 60
    assert "-&gt; Tensor" in text


def test_the_examples_of_the_readme_run(capsys):
    found = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert found
    for code in found:
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    assert "True" in capsys.readouterr().out
