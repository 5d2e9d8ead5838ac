"""What the chapter of singh shows beside its runs: angles of a trained network, samples, class sizes."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest
import torch

from mtlcore import data, paths
from mtlcore.data.vehiclex_cache import fair_order
from mtlcore.data.vehiclex_labels import COLOURS, TYPES
from mtlcore.recipes.singh import inspection
from mtlcore.results import Store
from tests import singh_pictures
from tests.data.test_vehiclex_images import Folder


def test_angles_are_those_of_a_network_that_is_never_pruned(monkeypatch):
    singh_pictures.install(monkeypatch)
    config = inspection.config("smoke", "twin", "corrected", seed=1)
    assert (config.pruning, config.seed, config.backbone) == ("none", 1, "thin resnet-50")
    found = inspection.angles(config)
    assert len(found) == config.hidden * (config.hidden - 1) // 2
    assert float(found.max()) > 90
    assert torch.equal(found, inspection.angles(config))
    positive = inspection.angles(dataclasses.replace(config, relu="after"))
    assert float(positive.max()) <= 90 + 1e-6


def test_class_sizes_are_those_of_the_images():
    found, classes = inspection.labels("twin")
    drawn = data.load("vehiclex", source="twin", split="train", limit=200, size=16)
    for label, values in found.items():
        assert torch.equal(values[: len(drawn)], drawn.labels[label])
        assert int(values.max()) < len(classes[label])
    assert len(found["type"]) == 45_438


def test_every_recorded_run_has_the_constant_answer_of_its_labels():
    for record in Store(paths.RESULTS / "singh.jsonl").read().values():
        config = record.config
        data = (config[name] for name in ("source", "train_images", "test_images", "vehicles"))
        if config["source"] == "twin":
            found = inspection.constant(*data)
            assert {task: record.metrics[f"constant_{task}"] for task in config["tasks"]} == pytest.approx(
                {task: found[task] for task in config["tasks"]}
            )


def test_constant_answer_is_the_share_of_the_class_that_is_commonest_in_training():
    split = {name: data.load("vehiclex", source="twin", split=name, limit=400, size=24) for name in ("train", "test")}
    kept = {name: one.labels["vehicle"] < 300 for name, one in split.items()}
    found = inspection.constant("twin", 400, 400, 300)
    for task, label in {"color": "colour", "type": "type", "vehicle": "vehicle", "camera": "camera"}.items():
        train, test = (split[name].labels[label][kept[name]] for name in ("train", "test"))
        answer = int(torch.bincount(train).argmax())
        assert found[task] == pytest.approx(100 * float((test == answer).float().mean()))


def test_sheet_shows_each_type_of_the_twin():
    sheet = inspection.sheet("twin", size=24)
    assert sheet.rows == TYPES
    assert sheet.images.shape == (len(TYPES), len(COLOURS), 3, 24, 24)
    assert sheet.columns == ()


def test_sheet_of_real_images_has_the_first_of_each_type_and_colour(monkeypatch):
    drawn = singh_pictures.drawn("train", 60, 16)
    asked = {}
    monkeypatch.setattr(data, "source_of", lambda name, source: "real")
    monkeypatch.setattr(data, "load", lambda name, **given: asked.update(given) or drawn)
    sheet = inspection.sheet("auto", images=60, size=16)
    assert (asked["limit"], asked["size"]) == (60, 16)
    kind, colour = int(drawn.labels["type"][0]), int(drawn.labels["colour"][0])
    assert torch.equal(sheet.images[kind, colour], drawn.images[0])
    pairs = set(zip(drawn.labels["type"].tolist(), drawn.labels["colour"].tolist(), strict=True))
    blank = [image for line in sheet.images for image in line if bool((image == 255).all())]
    assert len(blank) == len(sheet.rows) * len(sheet.columns) - len(pairs)


def test_class_sizes_of_real_images_come_from_the_xml_alone(tmp_path, monkeypatch):
    folder = Folder(tmp_path)
    for name in folder.names("train"):
        folder.file(name).write_bytes(b"")  # no image is opened
    monkeypatch.setattr(paths, "data_root", lambda: tmp_path)
    found, classes = inspection.labels("real")
    expected = Counter(int(folder.items[name]["colorID"]) for name in folder.names("train"))
    assert Counter(found["colour"].tolist()) == expected
    assert len(found["vehicle"]) == len(folder.names("train"))
    names = sorted(name.removesuffix(".jpg") for name in folder.names("train"))
    expected = [int(folder.items[names[place]]["colorID"]) for place in fair_order(tuple(names))]
    assert found["colour"].tolist() == expected  # in the order in which the images are read
    assert len(classes["vehicle"]) == 1362
