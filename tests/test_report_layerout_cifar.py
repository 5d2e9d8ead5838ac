"""The CIFAR half of the chapter on LayerOut: tables, sentences and figures say what the evidence holds."""

from __future__ import annotations

import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch

from mtlcore import claims, recipes, report
from mtlcore.kernels import freezing
from mtlcore.prune.layerout import freezable
from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam import cifar, cifar_grids, networks
from mtlcore.report import layerout
from mtlcore.report.layerout import cifar as pages
from mtlcore.report.layerout.cifar_costs import _hours
from mtlcore.results import Record, plain


@pytest.fixture(autouse=True)
def closed_figures():
    with mpl.rc_context():
        report.style()
        yield
    plt.close("all")


def level(row, seed):
    """An accuracy that every row has for itself, and a little for every seed."""
    return 60.0 + 3.0 * ("freeze" in row or "warmup" in row or "layerout" in row) + seed / 10


def study(id, seeds=3, source="twin", variant="corrected", profile="desk"):
    """Evidence of every row of a study, made up but for its configurations."""
    rows = {}
    for row, config in recipes.study("goutam", id).grid(profile, source, seeds, variant):
        metrics = {"accuracy": level(row, config.seed), "best_accuracy": level(row, config.seed) + 0.5, "frozen": 12.5}
        if config.policy_epochs:
            metrics |= {"kept": 40.0, "pretrained_accuracy": level(row, config.seed) - 1}
        if config.survival < 1:
            metrics["depth"] = 70.0
        told = {"device": "cpu", "seconds": 1.0, "data": "made up"}
        record = Record(f"{id}{row}{config.seed}", "goutam", plain(config), metrics, {}, told)
        rows.setdefault(row, []).append(record)
    return Evidence("goutam", id, profile, source, variant, rows)


def cells(block):
    lines = [line for line in block.markdown.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def one_line(block):
    return " ".join(block.markdown.split())


@pytest.mark.parametrize("id", ["table-2", "table-3", "table-4", "table-5"])
def test_tables_show_both_arms_and_what_is_frozen(id):
    shown = cells(layerout.cifar_table(id, recorded=study(id), this_run=study(id, 1, profile="lab")))
    assert shown[0][2:] == ["recorded · desk · twin · 3 seeds", "this run · lab · twin · 1 seed"]
    frozen = shown[next(i for i, row in enumerate(shown) if "frozen" in row[0]) + 1 :]
    assert [row[2] for row in frozen] == ["12.50 ± 0.00", "12.50 ± 0.00"]  # the baseline freezes nothing
    assert sum("60.10 ± 0.10" in row for row in shown for row in row) >= 2
    paper = claims.load("goutam").table(id)
    assert [row[1] for row in frozen] == [f"{row.values[2]:.2f}" for row in paper.rows[1:]]


def test_a_table_without_runs_says_so():
    assert "Not recorded yet" in layerout.cifar_table("table-2", recorded=None).markdown


def test_expected_shares_are_those_of_the_audit():
    meant = {row: 100 * pages.expected_frozen(row, "vgg-16", 10) for row in ("efreeze", "dfreeze")}
    loop = {row: 100 * pages.expected_frozen(row, "vgg-16", 10, published=True) for row in ("efreeze", "dfreeze")}
    assert meant == pytest.approx({"efreeze": 29.6, "dfreeze": 70.4}, abs=0.06)
    assert loop == pytest.approx({"efreeze": 1.6, "dfreeze": 0.01}, abs=0.05)
    assert 100 * pages.expected_frozen("dfreeze", "vgg-16", 100) == pytest.approx(70.6, abs=0.06)
    assert pages.expected_frozen("warmup", "resnet-110", 10) == pytest.approx(0.5)
    layers = freezable(networks.build("narrow-vgg-16"))
    assert pages.sizes("narrow-vgg-16", 10).tolist() == [sum(p.numel() for p in one.parameters()) for one in layers]


def test_the_published_loop_freezes_as_many_layers_as_the_audit_says():
    chances = torch.tensor((0.5,) * 167, dtype=torch.float64)
    patterns = torch.ones(167)
    found = 167 * freezing.expected_frozen(chances, patterns, published=True)
    assert found == pytest.approx(1.0)  # of a uniform v drawn anew; the one published vector is another
    vector = torch.tensor(cifar.VECTORS["dfreeze"])
    assert 16 * freezing.expected_frozen(vector, torch.ones(16), published=True) == pytest.approx(0.13, abs=0.005)


def test_frozen_shares_stand_beside_what_is_printed():
    runs = {id: study(id) for id in pages.CLASSES}
    shown = cells(layerout.cifar_frozen_table({id: {"corrected": one, "code": None} for id, one in runs.items()}, runs))
    assert len(shown) == 2 + 4 * 3
    dfreeze = next(row for row in shown if row[0] == "LayerOut-dfreeze")
    assert dfreeze == ["LayerOut-dfreeze", "69.91", "70.4", "0.01", "12.50 ± 0.00 (3)", "–", "12.50 ± 0.00 (3)"]


def test_networks_are_counted():
    shown = one_line(layerout.networks_table())
    for number in ("33,646,666", "1,730,714", "1,704,154", "167"):
        assert number in shown
    for name in networks.SIBLINGS["narrow"].values():
        assert f"`{name}`" in shown


def test_rivals_are_told_by_what_they_leave_out():
    shown = cells(layerout.rivals_table(study("table-6")))
    assert len(shown) == 2 + 8
    by_name = {row[0]: row[1:] for row in shown}
    assert by_name["BlockDrop, CIFAR-10 (twin)"] == ["–", "40.0 ± 0.0", "–", "60.10 ± 0.10", "1.00 ± 0.00"]
    assert by_name["Stochastic Depth, CIFAR-100 (twin)"][:3] == ["70.0 ± 0.0", "–", "–"]
    assert by_name["LayerOut, CIFAR-10 (twin)"][2] == "12.5 ± 0.0"
    assert by_name["ResNet-110, CIFAR-10 (twin)"][:3] == ["–"] * 3


def test_confounds_are_differences_paired_by_seed():
    found = study("confounds")
    for name, shift in (("weight_decay", 1.0), ("momentum_reset", -2.0)):
        for record in found.rows[f"{name}/vgg16"]:
            record.metrics["accuracy"] += shift + (record.seed - 1) / 100
    shown = cells(layerout.confound_table(found, [study("table-2"), None]))
    assert shown[0] == ["", "VGG-16 (sibling)", "ResNet-110 (sibling)"]
    mean, low, high = claims.interval([0.99, 1.0, 1.01])
    assert shown[2][1] == f"+{mean:.2f} [+{low:.2f},\N{NO-BREAK SPACE}+{high:.2f}]"
    assert shown[3][1].startswith("−2.00 [−2.02")
    assert shown[2][2].startswith("+0.00")
    assert [len(shown), shown[5][1]] == [7, "0, the same run"]
    best = {row.removesuffix("/vgg16"): 0.5 for row in found.rows}
    assert set(best.values()) == {0.5}
    assert shown[6][2] == "+0.50 (up to +0.50)"
    assert pages.paired(found, "erasing/vgg16", "nowhere") == []
    one = cells(layerout.confound_table(study("confounds", 1), []))
    assert one[2][1] == "+0.00"


def test_sources_and_budget_are_told():
    told = one_line(layerout.sources_words({"table-2": study("table-2"), "table-5": study("table-5", source="real")}))
    assert "CIFAR-10: twin; CIFAR-100: real" in told
    assert "96,000 images in all, 0.64 %" in told


def test_the_first_screen_counts_the_claims():
    runs = {id: study(id) for id in layerout.TABLES}
    told = layerout.cifar_claims(runs)
    about = [claim for claim in claims.load("goutam").claims if claim.test and claim.test.study in layerout.TABLES]
    numbers = [int(number) for number in re.findall(r"</span> (\d+)", told)]
    assert f"of the {len(about)} claims about Tables 2 to 6" in told
    assert "twin CIFAR-10" in told
    assert sum(numbers) == len(about)
    assert layerout.cifar_claims(dict.fromkeys(layerout.TABLES)) == ""
    assert "desk" in layerout.cifar_claims({**dict.fromkeys(layerout.TABLES), "table-2": runs["table-2"]})


def cost_evidence():
    rows = {}
    for row, values in {"dfreeze/vgg16": 20.0, "efreeze/vgg16": 30.0, "stochastic_depth/resnet110": 25.0}.items():
        names = ("backward_saved", "computed_saved", "kept_saved", "step_saved")
        metrics = {name: values + index for index, name in enumerate(names)}
        if "vgg" in row:
            metrics |= {f"{name}_prefix": value + 10 for name, value in metrics.items()} | {"frozen": 50.0}
        else:
            metrics["dropped"] = 25.0
        told = {"device": "cpu", "seconds": 1.0}
        rows[row] = [Record(f"{row}{s}", "goutam", {"seed": s}, metrics, {}, told) for s in range(3)]
    return Evidence("goutam", "cost", "lab", "none", "corrected", rows)


def test_costs_of_the_two_mechanisms_stand_under_each_other():
    shown = cells(layerout.cifar_cost_table(cost_evidence()))
    assert [row[0] for row in shown[2:]] == [
        "LayerOut-dfreeze, VGG-16",
        "LayerOut-dfreeze, VGG-16, saving",
        "LayerOut-efreeze, VGG-16",
        "LayerOut-efreeze, VGG-16, saving",
        "Stochastic Depth, ResNet-110",
    ]
    assert shown[4][1:] == ["50.0 ± 0.0", "30.0 ± 0.0", "31.0 ± 0.0", "32.0 ± 0.0", "33.0 ± 0.0"]
    told = one_line(layerout.cifar_cost_words(cost_evidence()))
    assert "efreeze freezes 50 % and saves 31 %" in told
    assert "saves 32 % as published" in told
    assert "and 42 % where it is frozen" in told


def test_lessons_carry_verdicts():
    told = layerout.cifar_lessons({id: study(id) for id in layerout.TABLES}, cost_evidence()).markdown
    assert told.count("verdict") >= 8
    assert "saves 32 % of the activations kept as published, and 42 %" in told
    empty = Evidence("goutam", "cost", "lab", "none", "corrected", {})
    assert "Memory" not in layerout.cifar_lessons({}, empty).markdown


def test_hours_count_every_run_once():
    rates = {"vgg-16": 1000.0, "resnet-110": 500.0, "bottleneck-164": 250.0}
    assert _hours("table-2", "corrected", rates) == pytest.approx(6 * 300 * 50_000 / 1000 / 3600)
    assert _hours("table-2", "code", rates) == pytest.approx(3 * 300 * 50_000 / 1000 / 3600)
    assert _hours("table-3", "code", rates) == pytest.approx(4 * 200 * 50_000 / 250 / 3600)
    assert _hours("table-3", "corrected", {"vgg-16": 1.0}) is None
    told = {"device": "cpu", "seconds": 1.0}
    rows = {
        name: [Record(name, "goutam", {"seed": 0, "network": name}, {"images_per_second": rate}, {}, told)]
        for name, rate in rates.items()
    }
    shown = layerout.hours_table(Evidence("goutam", "speed", "lab", "none", "corrected", rows), seeds=2)
    assert cells(shown)[2] == ["Table 2", "50", "25"]
    assert "bottleneck-164 250" in shown.markdown


def test_the_figure_draws_all_three_methods():
    figure = layerout.draw_rivals()
    grids = [axes.images[0].get_array() for axes in figure.axes]
    assert [grid.shape for grid in grids] == [(9, 36)] * 3
    assert set(grids[0].flatten().tolist()) <= {0.0, 0.5, 1.0}
    assert grids[1][:3].mean() > grids[1][-3:].mean()  # deep blocks are left out more often
    assert 0 < grids[2].mean() < 1


def test_rows_have_names_and_colours():
    for row in (*cifar_grids.TABLE_6_ROWS, *cifar_grids.RESNET_ROWS, *cifar_grids.VGG_ROWS):
        assert row in report.LABELS
        assert row in report.COLOURS
