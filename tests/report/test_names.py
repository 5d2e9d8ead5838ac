import re

import pytest

from mtlcore import claims
from mtlcore.report import names


def names_of(short, id):
    test = next(claim.test for claim in claims.load(short).claims if claim.id == id)
    return [(name.difference, name.shared) for name in names.pair_names(short, test)]


@pytest.mark.parametrize(
    ("short", "id", "first", "last"),
    [
        (
            "goutam",
            "mnist-efreeze-best",
            ("LayerOut-efreeze − baseline", ""),
            ("LayerOut-efreeze − LayerOut-dfreeze", ""),
        ),
        ("goutam", "mnist-frozen-manual", ("LayerOut-dfreeze − 34.9", ""), ("LayerOut-efreeze − 22.3", "")),
        (
            "goutam",
            "vgg-cifar10-gains",
            ("LayerOut-dfreeze − baseline", "Accuracy, with R.E"),
            ("LayerOut-efreeze − baseline", "Accuracy, without R.E"),
        ),
        ("goutam", "cost-backward", ("LayerOut since start − 25", ""), ("LayerOut-efreeze − 25", "VGG-16")),
        (
            "ge",
            "nb-worst",
            ("Neuron Behaviour 0.20 − dropout 0.20", "T1 accuracy (type)"),
            ("Neuron Behaviour 0.42 − Weight Matrix 0.53", "T2 accuracy (colour)"),
        ),
        (
            "ge",
            "wm-faster-than-nb",
            ("Weight Matrix 15° − Neuron Behaviour 15°", ""),
            ("Weight Matrix 30° − Neuron Behaviour 30°", ""),
        ),
        ("singh", "dprune-beats-direct", ("D-Prune − Baseline", "Average"), ("D-Prune − Baseline", "VehicleID")),
        ("singh", "angle-grows", ("last − first", "ResNet-50"), ("last − first", "VGG-11")),
        (
            "tran",
            "hybrid-quality",
            ("hybrid − MGDA", "accuracy, Fashion-MNIST"),
            ("hybrid − MGDA", "accuracy, MNIST"),
        ),
        (
            "tran",
            "kmnist-nearest-mnist",
            ("MNIST − Fashion-MNIST", "Kuzushiji-MNIST"),
            ("Kuzushiji-MNIST (MNIST) − MNIST (Fashion-MNIST)", ""),
        ),
        (
            "upadhyay",
            "nyu-multi-sparse-beats-dense",
            ("Segmentation + depth: λ = 1e-5 − λ = 0", "Segmentation, IoU"),
            ("Segmentation + surface normal + depth: λ = 0 − λ = 1e-5", "Depth, MAE"),
        ),
        (
            "upadhyay",
            "dense-single-beats-multi",
            ("Semantic segmentation − (Segmentation + depth), λ = 0", "Segmentation, IoU"),
            ("(Segmentation + surface normal + depth) − Depth estimation, λ = 0", "Depth, MAE"),
        ),
    ],
)
def test_pairs_have_readable_names(short, id, first, last):
    found = names_of(short, id)
    assert (found[0], found[-1]) == (first, last)


@pytest.mark.parametrize("short", claims.DOCUMENTS)
def test_no_pair_shows_an_identifier_and_no_two_look_alike(short):
    for claim in claims.load(short).claims:
        if claim.test:
            found = [str(name) for name in names.pair_names(short, claim.test)]
            assert len(set(found)) == len(found)
            assert not [name for name in found if re.search(r"_|:\w|\(\)|−$", name)]


def test_a_row_keeps_the_label_of_its_own_document():
    """`type` is the vehicle type of another document, whose short name would stand beside ColorID and VehicleID."""
    found = names_of("singh", "dprune-beats-direct")
    assert [pair[-1] for pair in found] == ["Average", "ColorID", "TypeID", "VehicleID"]
    assert names.row_name("ge", "table-1", "type") == "vehicle type"


def test_a_bound_may_stand_on_the_left():
    test = claims.Test("table-1", "frozen", "less", ((34.9, "dfreeze"), (22.3, "efreeze")))
    assert [str(name) for name in names.pair_names("goutam", test)] == [
        "34.9 − LayerOut-dfreeze",
        "22.3 − LayerOut-efreeze",
    ]
    assert names.operand_name("goutam", test, 34.9) == "34.9"


@pytest.mark.parametrize(
    ("short", "study", "operand", "metric", "found"),
    [
        ("goutam", "table-2", "dfreeze/re", "accuracy", "accuracy_re"),
        ("goutam", "table-2", "dfreeze/nore", "accuracy", "accuracy_nore"),
        ("goutam", "cost", "dfreeze/vgg16", "frozen", "frozen"),
        ("ge", "thresholds", "nb-15:accuracy_t2", "accuracy_t1", "accuracy_t2"),
        ("upadhyay", "lambda-path", "l1e-5", "iou", "iou"),
    ],
)
def test_column_is_that_of_arm_and_metric(short, study, operand, metric, found):
    assert names.column_of(short, study, operand, metric).id == found


def test_a_measure_that_no_table_prints_has_no_column():
    assert names.column_of("tran", "balancing", "mgda", "seconds") is None


@pytest.mark.parametrize(
    ("short", "study", "row", "name"),
    [
        ("goutam", "table-1", "warmup", "LayerOut with warm-up"),
        ("goutam", "cost", "efreeze/vgg16", "LayerOut-efreeze, VGG-16"),
        ("ge", "thresholds", "nb-15", "Neuron Behaviour 15°"),
        ("upadhyay", "lambda-path", "l1e-5", "λ = 1e-5"),
        ("toy", "study", "some_row/an-arm", "some row, an arm"),
    ],
)
def test_rows_in_words(short, study, row, name):
    assert names.names_of_row(short, study, row) == name
