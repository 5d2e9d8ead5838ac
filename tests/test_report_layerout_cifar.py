"""The CIFAR half of the chapter on LayerOut: tables, sentences and figures say what the evidence holds."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch

from mtlcore import claims, recipes, report
from mtlcore.kernels import freezing
from mtlcore.prune import savings
from mtlcore.prune.layerout import freezable, freeze
from mtlcore.prune.stochastic_depth import linear_decay
from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam import cifar, cifar_grids, networks
from mtlcore.recipes.goutam.cost import Point
from mtlcore.report import layerout
from mtlcore.report.layerout import cifar as pages
from mtlcore.report.layerout import cifar_saved, cifar_words
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
    recorded = {id: {"corrected": one, "code": None} for id, one in runs.items()}
    shown = cells(layerout.cifar_frozen_table(recorded, runs))
    assert len(shown) == 2 + 4 * 3
    assert shown[0][1:] == [
        *["paper", "meant", "meant, over the run", "expected of our runs", "published loop"],
        *["measured, corrected", "measured, this run"],  # a variant without runs has no column
    ]
    dfreeze = next(row for row in shown if row[0] == "LayerOut-dfreeze")
    here = 100 * pages.expected_frozen("dfreeze", "narrow-vgg-16", 10) * 11 / 12
    found = "12.50 ± 0.00 (3)"
    assert dfreeze == ["LayerOut-dfreeze", "69.91", "70.4", "65.7", f"{here:.1f}", "0.01", found, found]
    start = next(row for row in shown if row[0] == "LayerOut since start")
    assert [start[2:4], start[5]] == [["50.0", "50.0"], "0.06; 0 with R.E"]  # one script recognises no layer
    variants = {id: {"corrected": one, "code": study(id, variant="code")} for id, one in runs.items()}
    assert "measured, as published" in cells(layerout.cifar_frozen_table(variants, {}))[0]


def test_variants_stand_beside_each_other_with_the_best_test_epoch():
    recorded = {
        "table-2": {"paper": None, "code": study("table-2", variant="code"), "corrected": study("table-2")},
        "table-3": {"paper": None, "code": None, "corrected": study("table-3")},
    }
    shown = layerout.cifar_variants(recorded)
    table = cells(shown)
    assert table[0][1:] == ["as published", "as published, best test epoch", "corrected"]
    assert table[2] == ["baseline, with erasing", "60.10 ± 0.10 (3)", "60.60 ± 0.10 (3)", "60.10 ± 0.10 (3)"]
    assert "Table 3" not in shown.markdown  # it has one variant
    assert "no two variants are recorded" in layerout.cifar_variants({}).markdown
    alike = {"table-2": {"paper": study("table-2"), "corrected": study("table-2")}}
    assert "6 of these rows are the same runs" in layerout.cifar_variants(alike).markdown


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
    assert shown[6][2] == "+0.50 [+0.50,\N{NO-BREAK SPACE}+0.50] (up to +0.50)"
    one = cells(layerout.confound_table(study("confounds", 1), []))
    assert one[2][1] == "+0.00"


def test_the_best_epoch_is_that_of_runs_that_freeze_nothing_each_once():
    found, others = study("confounds"), [study("table-2"), study("table-4"), study("table-6")]
    for evidence in others:
        for record in evidence.records:
            if record.config["layerout"] or record.config["dataset"] == "cifar100" or record.config["policy_epochs"]:
                record.metrics["best_accuracy"] += 30
    for again in others[0].rows["baseline/nore"]:  # the very runs of the first row
        again.metrics["best_accuracy"] += 30
    same = [dataclasses.replace(one, key=f"confoundsbaseline/vgg16{one.seed}") for one in found.rows["baseline/vgg16"]]
    others[0] = dataclasses.replace(others[0], rows={**others[0].rows, "baseline/nore": same})
    shown = layerout.confound_table(found, others)
    assert [cell.endswith("(up to +0.50)") for cell in cells(shown)[6][1:]] == [True, True]
    assert "(15 and 15 of the two networks)" in shown.markdown  # 12 + erasing; 12 + Table 6


def test_sources_and_budget_are_told():
    told = one_line(layerout.sources_words({"table-2": study("table-2"), "table-5": study("table-5", source="real")}))
    assert "CIFAR-10: twin; CIFAR-100: real" in told
    assert "96,000 images in all, 0.64 %" in told
    assert "recorded" not in told
    also = one_line(layerout.sources_words({"table-2": study("table-2", profile="lab")}, {"table-2": study("table-2")}))
    assert "In the recorded runs it sees 0.64 %" in also


def test_the_first_screen_counts_the_claims():
    runs = {id: study(id) for id in layerout.TABLES}
    told = layerout.cifar_claims(runs)
    about = [claim for claim in claims.load("goutam").claims if claim.test and claim.test.study in layerout.TABLES]
    numbers = [int(number) for number in re.findall(r"</span> (\d+)", told)]
    assert f"Of the {len(about)} claims about Tables 2 to 6" in told
    assert "On twin CIFAR-10 (corrected, desk, 3 seeds, last epoch, without random erasing)" in told
    assert "a narrow sibling of VGG-16, given 0.6 % of the document's training, reaches 60.1 %" in told
    assert "63.1 % with LayerOut-dfreeze (+3.00 points)" in told
    assert "ResNet-110, given 1.0 %" in told
    assert sum(numbers) == len(about)
    assert layerout.cifar_claims(dict.fromkeys(layerout.TABLES)) == ""
    assert "desk" in layerout.cifar_claims({**dict.fromkeys(layerout.TABLES), "table-2": runs["table-2"]})


def test_the_first_screen_begins_in_everyday_words():
    cifar_runs = {id: study(id) for id in layerout.TABLES}
    differences = cifar_words.against_baseline(cifar_runs, cifar_words.WARMED, ["/re", "/nore"])
    assert len(differences) == 6
    wanted = "is more accurate than the baseline on CIFAR-10, by 3.00 points"
    assert cifar_words.compared("CIFAR-10", differences) == wanted
    few = {"table-2": study("table-2", 2)}
    assert cifar_words.against_baseline(few, cifar_words.WARMED, ["/nore"]) == []
    assert cifar_words.compared("MNIST", []) == ""
    mixed = [(-1.0, -2.0, -0.5), (0.1, -1.0, 1.2), (0.5, 0.1, 0.9)]
    told = cifar_words.compared("MNIST", mixed)
    assert told.startswith("is less accurate than the baseline on MNIST in 1 of 3 comparisons, more accurate in 1 and")
    assert told.endswith("too close to call in 1")
    told = cifar_words.compared("MNIST", mixed[1:])
    assert told.startswith("is more accurate than the baseline on MNIST in 1 of 2 comparisons, less accurate in none")


def digits(profile="desk"):
    """Table 1, every form of LayerOut a point below the baseline."""
    rows = {}
    for row, config in recipes.study("goutam", "table-1").grid(profile, "twin", 3, "corrected"):
        metrics = {"accuracy": 98 - (row != "baseline") + config.seed / 10, "best_accuracy": 98.5}
        told = {"device": "cpu", "seconds": 1.0}
        rows.setdefault(row, []).append(Record(f"{row}{config.seed}", "goutam", plain(config), metrics, {}, told))
    return Evidence("goutam", "table-1", profile, "twin", "corrected", rows)


def lead_of(told):
    return told[: told.index("- **Accuracy.**")]


def test_the_lead_stands_above_the_result():
    lead = lead_of(layerout.headline(digits(), {}).markdown)
    assert "LayerOut after a warm-up is less accurate than the baseline on MNIST, by 1.00 points" in lead
    assert "points (10 % of the document's training)." in lead
    assert "What it freezes is not what it saves" in lead


def test_the_lead_says_how_little_was_trained_on_which_networks_and_what_is_not_recorded():
    lead = lead_of(layerout.headline(digits(), {id: study(id) for id in layerout.TABLES}).markdown)
    assert "by 3.00 points (narrow siblings of the networks, 0.6 to 1.0 % of the document's training)." in lead
    assert "not recorded" not in lead
    lab = lead_of(layerout.headline(digits("lab"), {}).markdown)
    assert "% of the document's training, not recorded: lab, 3 seeds)." in lab


def test_lessons_on_digits_name_the_profile_of_runs_that_are_not_recorded():
    told = layerout.lessons(digits("lab"), cost_evidence()).markdown
    assert told.count("*(lab, 3 seeds)*") == 2
    assert "(desk" not in layerout.lessons(digits(), cost_evidence()).markdown


def test_accuracies_beside_a_paired_difference_are_of_the_same_seeds():
    runs = study("table-2")
    runs.rows["baseline/nore"].pop()  # its best seed
    runs.rows["efreeze/nore"][2].metrics["accuracy"] = 0.0  # of a seed that the baseline lacks
    told = layerout.cifar_claims({**dict.fromkeys(layerout.TABLES), "table-2": runs})
    assert re.search(r"63\.[01] % with LayerOut-efreeze \(\+3\.00 points\)", told)


def test_a_lead_over_a_rival_stands_beside_the_plain_network():
    told = layerout.cifar_lessons({id: study(id) for id in layerout.TABLES}, cost_evidence()).markdown
    plain_first = "on CIFAR-10 ResNet-110 60.1 %, LayerOut 63.1 %, Stochastic Depth 60.1 % and BlockDrop 60.1 %"
    assert f"The plain network for comparison: {plain_first}; on CIFAR-100" in told
    runs = study("table-6")
    for row in ("resnet110/cifar10", "resnet110/cifar100"):
        runs.rows[row] = []
    without = layerout.cifar_lessons({"table-6": runs}, cost_evidence()).markdown
    assert "plain network" not in without


def test_the_first_screen_names_the_few_claims_that_hold():
    runs = {id: study(id) for id in layerout.TABLES}
    for evidence in runs.values():
        for row, records in evidence.rows.items():
            for record in records:
                lead = 6.0 if row == "layerout/cifar10" else -3.0 if "resnet110" not in row else 9.0
                record.metrics["accuracy"] = 50.0 + (lead if evidence.study == "table-6" else -lead) + record.seed / 10
                record.metrics["accuracy"] += 0.01 * record.seed**2 * (row[0] == "l")
    for record in runs["table-6"].rows["blockdrop/cifar10"]:
        record.metrics["accuracy"] += 20
    told = layerout.cifar_claims(runs)
    assert "What holds: *LayerOut is more accurate than Stochastic Depth on CIFAR-10*." in told
    assert "The plain network for comparison: on CIFAR-10 ResNet-110 59.1 %" in told
    assert "What holds" not in layerout.cifar_claims({**dict.fromkeys(layerout.TABLES), "table-2": study("table-2", 2)})


def test_networks_that_have_learnt_nothing_are_told():
    runs = study("table-2", profile="lab")
    for record in runs.records:
        record.metrics["accuracy"] = 12.0
    told = one_line(layerout.sources_words({"table-2": runs}))
    assert "the best baseline reaches 12.0 % on CIFAR-10, where guessing gives 10 %" in told
    assert "verdicts on this run say nothing" in told


def test_times_name_the_profile_and_draws_theirs():
    def points(order):
        return [Point(order, layers, 10.0 * layers, 5.0 * layers, 6.0 * layers) for layers in range(8)]

    found = points("prefix") + points("suffix")
    told = one_line(layerout.cost_words(found, found, found, profile="smoke"))
    assert told.startswith("Timed when the page was built (`smoke`): freezing the first three layers, 30 %")
    assert "(lab · 3 seeds)" in layerout.cost_table(cost_evidence()).markdown


def cost_evidence():
    """Costs of drawn epochs that are far from their means, on small networks."""
    rows = {}
    for row, values in {"dfreeze/vgg16": 20.0, "efreeze/vgg16": 30.0, "stochastic_depth/resnet110": 25.0}.items():
        names = ("backward_saved", "computed_saved", "kept_saved", "step_saved")
        metrics = {name: values + index for index, name in enumerate(names)}
        if "vgg" in row:
            metrics |= {f"{name}_prefix": value + 10 for name, value in metrics.items()} | {"frozen": 50.0}
        else:
            metrics["dropped"] = 25.0
        config = {"network": "tiny-vgg-16" if "vgg" in row else "tiny-resnet-8", "draws": 2, "timed": 1}
        told = {"device": "cpu", "seconds": 1.0}
        rows[row] = [Record(f"{row}{s}", "goutam", {"seed": s, **config}, metrics, {}, told) for s in range(3)]
    return Evidence("goutam", "cost", "lab", "none", "corrected", rows)


def test_costs_of_the_two_mechanisms_stand_under_each_other():
    block = layerout.cifar_cost_table(cost_evidence())
    shown = cells(block)
    assert [row[0] for row in shown[2:]] == [
        "LayerOut-dfreeze, VGG-16",
        "LayerOut-dfreeze, VGG-16, saving",
        "LayerOut-efreeze, VGG-16",
        "LayerOut-efreeze, VGG-16, saving",
        "Stochastic Depth, ResNet-110",
    ]
    exact = cifar_saved.saved("efreeze/vgg16", "tiny-vgg-16")
    names = ("left_out", "backward_saved", "computed_saved", "kept_saved", "gradients_saved", "both_saved")
    assert shown[4][1:] == [*(f"{exact[name]:.1f}" for name in names), "33.0 ± 0.0"]  # time alone is measured
    assert shown[6][4:] == ["27.0 ± 0.0", "–", "–", "28.0 ± 0.0"]  # of activations the exact mean is not known
    assert "3 drawn" not in block.markdown
    assert "2 drawn steps, 1 of them timed (lab · 3 seeds)" in block.markdown
    assert "at the batches of the document (128 and 32)" in block.markdown


def test_sentences_on_costs_are_of_means_not_of_draws():
    told = one_line(layerout.cifar_cost_words(cost_evidence()))
    exact = {row: cifar_saved.saved(f"{row}/vgg16", "tiny-vgg-16") for row in ("efreeze", "dfreeze")}
    early = exact["efreeze"]
    assert f"efreeze freezes {early['left_out']:.0f} % and saves {early['computed_saved']:.0f} %" in told
    assert f"saves {early['kept_saved']:.0f} % while the normalisation at the bottom still trains" in told
    assert f"and {early['kept_saved_prefix']:.0f} % where it is frozen" in told
    assert f"{exact['dfreeze']['gradients_saved']:.0f} % against {early['gradients_saved']:.0f} %" in told
    assert "at a batch of 128" in told
    assert "as published" not in told
    empty = Evidence("goutam", "cost", "lab", "none", "corrected", {})
    assert "saves – of the FLOPs" in one_line(layerout.cifar_cost_words(empty))


def frozen_step(net, frozen):
    net.requires_grad_(True)
    freeze(freezable(net), frozen)
    return savings.count(net, (1, 3, 32, 32))


@pytest.mark.parametrize("published", [False, True])
def test_exact_savings_of_a_random_vector_are_those_of_its_patterns(published):
    net = savings.without_data(networks.build("tiny-resnet-8"))
    layers = len(freezable(net))
    places = torch.arange(layers)
    whole = frozen_step(net, places < 0)
    if published:  # a run of k layers has chance 2^-(k+1)
        chances = {k: 0.5 ** (k + 1) for k in range(5)} | {5: 0.5**5}
        steps = [(chance, frozen_step(net, places < k)) for k, chance in chances.items()]
    else:  # each layer half of the time, and their shares add up
        steps = [(0.5, whole), (0.5, frozen_step(net, places < layers))]
    found = cifar_saved.saved("warmup/resnet110", "tiny-resnet-8", published=published)
    for name in ("backward", "computed", "gradients"):
        mean = sum(chance * getattr(step, name) for chance, step in steps) / getattr(whole, name)
        assert found[f"{name}_saved"] == pytest.approx(100 * (1 - mean), abs=0.5 if published else 1e-3), name


def test_exact_savings_of_stochastic_depth_are_those_of_all_choices_of_blocks():
    net = savings.without_data(networks.build("tiny-resnet-8"))
    survival = linear_decay(3)
    whole, total = savings.count(net, (1, 3, 32, 32)).computed, 0.0
    for keep in itertools.product((0.0, 1.0), repeat=3):
        chance = math.prod(p if one else 1 - p for p, one in zip(survival, keep, strict=True))
        step = savings.count(net, (1, 3, 32, 32), forward=lambda net, images, keep=keep: net(images, keep))
        total += chance * step.computed
    found = cifar_saved.saved("stochastic_depth/resnet110", "tiny-resnet-8")
    assert found["computed_saved"] == pytest.approx(100 * (1 - total / whole))


def test_stochastic_depth_saves_the_blocks_that_it_leaves_out():
    found = cifar_saved.saved("stochastic_depth/resnet110", "resnet-110")
    assert found["left_out"] == pytest.approx(100 * (1 - (3 * 54 - 1) / (4 * 54)))
    assert found["computed_saved"] == pytest.approx(found["left_out"], abs=1)
    assert cifar_saved.saved("since_start", "resnet-110") == {}


def test_lessons_carry_verdicts():
    told = layerout.cifar_lessons({id: study(id) for id in layerout.TABLES}, cost_evidence()).markdown
    assert told.count("verdict") >= 8
    for rival in ("Stochastic Depth", "BlockDrop"):  # each with a verdict of its own
        assert f"{rival}, CIFAR-10 <span class='verdict" in told
        assert f"{rival}, CIFAR-100 <span class='verdict" in told
    assert "this run: desk" not in told
    assert "as published" not in told
    early = cifar_saved.saved("efreeze/vgg16", "tiny-vgg-16")
    assert f"saves {early['kept_saved']:.0f} % of the activations kept, and {early['kept_saved_prefix']:.0f} %" in told
    empty = Evidence("goutam", "cost", "lab", "none", "corrected", {})
    assert "Memory" not in layerout.cifar_lessons({}, empty).markdown


def test_lessons_judge_recorded_runs_alone_where_there_are_some():
    runs = {id: study(id, profile="lab") for id in layerout.TABLES}
    mine = layerout.cifar_lessons(runs, cost_evidence()).markdown
    assert "(this run: lab · twin · 3 seeds) VGG-16, CIFAR-10" in mine
    some = layerout.cifar_lessons(runs | {"table-2": study("table-2")}, cost_evidence()).markdown
    first = some.splitlines()[0]
    assert "this run" not in first
    assert first.count("not testable here") == 3  # Tables 3 to 5 have networks that have learnt next to nothing


def test_every_table_has_its_command():
    shown = layerout.commands({**dict.fromkeys(layerout.TABLES), "table-2": study("table-2")}).markdown
    for id in layerout.TABLES:
        full = f"python -m mtlcore run goutam {id} --profile full --source real --seeds 5 --variant corrected"
        assert shown.count(full) == 1
        desk = f"python -m mtlcore run goutam {id} --profile desk --source real --seeds 3 --variant corrected"
        assert shown.count(desk) == (id != "table-2")
    assert "Not recorded" not in layerout.commands({id: study(id) for id in layerout.TABLES}).markdown


def test_what_blockdrop_has_beside_the_others_is_said():
    assert "1 + 1 epochs in this run, 4 + 2 at `desk` and 500 + 200 at `full`" in one_line(layerout.alike_words("lab"))


def test_hours_count_every_run_once():
    rates = {"vgg-16": 1000.0, "resnet-110": 500.0, "bottleneck-164": 250.0}
    assert _hours("table-2", "corrected", rates) == pytest.approx(6 * 300 * 50_000 / 1000 / 3600)
    assert _hours("table-2", "code", rates) == pytest.approx(3 * 300 * 50_000 / 1000 / 3600)
    assert _hours("table-3", "code", rates) == pytest.approx(4 * 200 * 50_000 / 250 / 3600)
    assert _hours("table-3", "corrected", {"vgg-16": 1.0}) is None
    plain_epochs = 164 + (164 + 500 + 200) + 164 * (3 * 54 - 1) / (4 * 54) + 164
    assert _hours("table-6", "corrected", rates) == pytest.approx(2 * plain_epochs * 50_000 / 500 / 3600)
    told = {"device": "cpu", "seconds": 1.0}
    rows = {
        name: [
            Record(
                name,
                "goutam",
                {"seed": 0, "network": name, "steps": 2, "batch_size": 8},
                {"images_per_second": rate},
                {},
                told,
            )
        ]
        for name, rate in rates.items()
    }
    shown = layerout.hours_table(Evidence("goutam", "speed", "lab", "none", "corrected", rows), seeds=2)
    assert cells(shown)[2] == ["Table 2", "50", "25"]
    assert "bottleneck-164 250, measured at lab over 2 steps in batches of 8" in shown.markdown
    assert shown.markdown.startswith("~~~~{table} Estimated hours")


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
