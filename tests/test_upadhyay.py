"""The recipe on group sparsity: what is run, what is minimised, and what is measured."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, jaccard_score
from torch.nn import functional as F

from mtlcore import claims, recipes, results
from mtlcore.balance import Losses
from mtlcore.recipes.upadhyay import STUDIES, VARIANTS, config, keeping, losses, metrics, optimisers, sets, studies
from mtlcore.recipes.upadhyay.config import Config, scale_of
from mtlcore.recipes.upadhyay.running import network
from tests.small_pictures import pictures

TINY = {
    **{"train_images": 16, "val_images": 8, "test_images": 12, "epochs": 2, "batch_size": 8, "timed": 1},
    **{"size": 16, "width": 2, "blocks": (1, 1, 1, 1), "rates": (1,), "bf16": False, "channels_last": False},
}
ROOMS = ("seg", "normal", "depth")


def tiny(tasks=ROOMS, **settings):
    return Config(**{"seed": 0, "source": "twin", "tasks": tasks, **TINY, "lr": 0.01, **settings})


def grid(study, variant="corrected", seeds=1, profile="desk", source="real", **settings):
    return STUDIES[study].grid(profile, source, seeds, variant, **settings)


# what is run


def test_defaults_are_the_settings_of_the_document():
    found = Config(seed=0, source="real", tasks=ROOMS)
    assert (found.size, found.batch_size, found.lr, found.width, found.blocks) == (256, 16, 1e-4, 64, (3, 4, 6, 3))
    assert (found.rates, found.outputs, found.scale) == ((12, 24, 36), 40, 1.0)
    for study in STUDIES:
        for row, one in grid(study, profile="full"):
            assert (one.size, one.lr, one.width) == (256, 1e-4, 64), row
            assert one.scale == 1.0
            assert one.batch_size == (32 if study == "table-2" else 16)


def test_every_row_that_a_claim_or_a_table_names_is_run():
    paper = claims.load("upadhyay")
    rows = {study: {row for row, _ in grid(study)} for study in STUDIES}
    for table in paper.tables:
        for row in table.rows:
            assert {column.row(row.id) for column in table.columns if not column.arm} <= rows[table.id]
            for column, value in zip(table.columns, row.values, strict=True):
                if value is not None:
                    assert column.row(row.id) in rows[table.id]
    for claim in paper.claims:
        for side in (side for pair in (claim.test.pairs if claim.test else ()) for side in pair):
            if not claims.schema.is_number(side):
                assert claims.operand_of(side, claim.test.metric)[0] in rows[claim.test.study]


def test_one_run_serves_several_studies():
    keys = {study: {row: results.key(one) for row, one in grid(study)} for study in STUDIES}
    for row in ("seg_normal", "normal_depth", "seg_normal_depth"):
        assert keys["penalty"][f"{row}/group"] == keys["table-1"][f"{row}_1e-5"]
        assert keys["penalty"][f"{row}/l1"] == keys["table-3"][f"{row}_l1"]
    for strength in ("0", "1e-6", "1e-5"):
        assert keys["lambda-path"][f"l{strength}"] == keys["table-1"][f"seg_normal_depth_{strength}"]
    assert keys["target"]["fixed_1e-5"] == keys["lambda-path"]["l1e-5"]
    assert keys["confound"]["seg/same_optimiser"] == keys["table-1"]["seg_0"]
    assert keys["confound"]["seg/sparse_1e-6"] == keys["table-1"]["seg_1e-6"]
    assert len({key for rows in keys.values() for key in rows.values()}) == 21 + 12 + 3 + 4 + 3 + 5


@pytest.mark.parametrize("variant", ["paper", "code", "corrected"])
def test_the_confound_is_the_published_dense_optimiser(variant):
    rows, table = dict(grid("confound", variant)), dict(grid("table-1", variant))
    published, same = rows["seg_depth/published_dense"], rows["seg_depth/same_optimiser"]
    sparse = rows["seg_depth/sparse_1e-5"]
    assert (published.decay, published.weight_decay, published.epsilon) == ("coupled", 0.1, 1e-8)
    assert (same.decay, same.weight_decay, same.epsilon) == ("decoupled", sparse.weight_decay, sparse.epsilon)
    assert {published.strength, same.strength} == {0.0}
    assert table["seg_depth_0"] == (published if variant == "code" else same)
    assert table["seg_depth_1e-5"] == sparse


def test_variants_differ_as_the_audit_says():
    paper, code, corrected = (dict(grid("table-1", variant)) for variant in ("paper", "code", "corrected"))
    row = "seg_normal_depth_1e-5"
    told = {
        name: tuple(getattr(rows[row], name) for rows in (paper, code, corrected))
        for name in (f.name for f in dataclasses.fields(Config))
    }
    assert {name: values for name, values in told.items() if len(set(values)) > 1 and name != "scale"} == {
        "metric": ("identity", "adam", "adam"),
        "weight_decay": (0.0, 0.1, 0.1),
        "epsilon": (1e-8, 1e-6, 1e-6),
        "loss_penalty": (False, True, False),
        "restart": (False, True, False),
        "balance": ("uncertainty", "constant", "uncertainty"),
        "smoothing": (0.0, 0.1, 0.0),
        "outputs": (40, 41, 40),
        "resize": ("nearest", "published", "nearest"),
        "double_sigmoid": (False, True, False),
        "threshold": (0.5, 0.4, 0.5),
        "pass_per_task": (False, True, False),
        "drop_last": (False, True, False),
    }
    assert not code["seg_normal_depth_0"].loss_penalty
    faces = dict(grid("table-2", "code", profile="full"))["male_1e-5"]
    assert (faces.train_images, faces.val_images, faces.test_images, faces.outputs) == (7_000, 1_500, 1_500, 40)
    assert all(len(entry) == 4 for entry in VARIANTS)


@pytest.mark.parametrize("study", STUDIES)
def test_grids_go_seed_by_seed(study):
    found, first = grid(study, seeds=2, lr=0.5, epochs=7), grid(study, lr=0.5, epochs=7)
    assert found[: len(first)] == first
    assert [row for row, _ in found] == [row for row, _ in first] * 2
    assert {(one.lr, one.epochs, one.source) for _, one in found} == {(0.5, 7, "real")}
    assert {one.seed for _, one in found[len(first) :]} == {1}


def test_strength_is_scaled_by_what_is_shorter_thinner_and_smaller():
    full = {"dataset": "nyuv2"}
    assert scale_of(full) == 1
    assert scale_of({**full, "epochs": 50}) == 2
    assert scale_of({**full, "epochs": 10, "lr": 1e-3}) == 1
    assert scale_of({**full, "width": 8, "size": 64}) == 32
    assert scale_of({**full, "width": 16, "size": 64, "metric": "identity"}) == 2
    assert scale_of({**config.FACES, "dataset": "celebamask"}) == 1
    desk = dict(grid("table-1"))
    assert len({one.scale for row, one in desk.items() if not row.endswith("_0")}) == 1  # no row has one of its own
    assert desk["seg_0"].scale == 1
    assert dict(grid("table-1", epochs=24))["seg_1e-5"].scale == pytest.approx(desk["seg_1e-5"].scale / 2)
    assert dict(grid("table-1", scale=3.0))["seg_1e-5"].scale == 3


def test_the_rule_of_scaling_holds_when_training_begins():
    """D |w|, against which λ lr acts, falls as 1 / (width x size) where pixels agree little."""

    def measured(width, size):
        torch.manual_seed(0)
        one = tiny(("seg",), width=width, size=size)
        net = network(one)
        weights = [weight for weight in net.backbone.parameters() if weight.dim() == 4]
        coarse = pictures("nyuv2", count=16, size=8).images.float()
        images = F.interpolate(coarse, size=(size, size), mode="bilinear")
        squares = [torch.zeros_like(weight) for weight in weights]
        for batch in range(4):
            generator = torch.Generator().manual_seed(batch)
            targets = torch.randint(40, (16, size // 8, size // 8), generator=generator)
            loss = losses.objective_of(net, one)(net, images, targets).by_task()["seg"]
            for square, gradient in zip(squares, torch.autograd.grad(loss, weights), strict=True):
                square += gradient.square() / 4
        parts = [(weight.square() * v).mean((0, 2, 3)).sqrt() for weight, v in zip(weights, squares, strict=True)]
        return float(torch.cat(parts).detach().median())

    assert measured(4, 32) / measured(16, 32) == pytest.approx(4, rel=0.25)
    assert measured(4, 32) / measured(4, 128) == pytest.approx(4, rel=0.25)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tasks": ("depth", "seg")}, "not some of seg, normal, depth, in this order"),
        ({"tasks": ()}, "not some of"),
        ({"tasks": ("male",)}, "not some of seg, normal, depth"),
        ({"metric": "euclid"}, "metric 'euclid' is unknown; choose one of adam, identity"),
        ({"epochs": 0}, "epochs is 0; it must be 1 or more"),
        ({"batch_size": 1}, "batch normalisation takes 2 or more"),
        ({"size": 20}, "size is 20; it must be a multiple of 8"),
        ({"strength": -1.0}, "strength is -1.0; it must be 0 or more"),
        ({"control": "learned"}, "wanted is 0.0; a controlled"),
        ({"wanted": 70.0}, "wanted is 70.0; a controlled"),
    ],
)
def test_settings_without_meaning_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        tiny(**change)


# targets and losses


def test_targets_are_at_the_size_of_the_prediction():
    found = pictures("nyuv2", count=5)
    labels, normals, depth = sets.targets_of(tiny(), found)
    assert labels.tolist() == found.labels["segmentation"][:, 4::8, 4::8].tolist()
    assert normals.shape == (5, 3, 2, 2)
    assert torch.equal(normals, found.labels["normals"][:, :, 4::8, 4::8])
    whole = found.labels["depth"]
    relative = (whole / whole.flatten(1).max(1).values[:, None, None]).clamp(min=0.1)[:, 4::8, 4::8]
    assert torch.allclose(depth, relative)
    published = sets.targets_of(tiny(resize="published"), found)
    assert torch.equal(published[0], found.labels["segmentation"][:, ::8, ::8])
    bilinear = F.interpolate(sets.relative_depth(whole)[:, None], size=2, mode="bilinear")[:, 0]
    assert torch.equal(published[2], bilinear)


def test_relative_depth_keeps_what_is_unknown():
    depth = torch.tensor([[[0.0, 0.5], [5.0, 10.0]], [[0.0, 0.0], [0.0, 0.0]]])
    assert torch.allclose(sets.relative_depth(depth)[0], torch.tensor([[0.0, 0.1], [0.5, 1.0]]))
    assert not sets.relative_depth(depth)[1].any()


def test_faces_have_their_own_labels():
    one = tiny(("seg", "male", "smile"), dataset="celebamask")
    found = pictures("celebamask", count=4)
    mask, male, smile = sets.targets_of(one, found)
    assert torch.equal(mask, found.labels["mask"][:, 4::8, 4::8])
    assert male.dtype == smile.dtype == torch.int64
    assert torch.equal(smile, found.labels["smiling"])
    mixed = sets.targets_of(dataclasses.replace(one, resize="published"), found)[0]
    assert mixed.dtype == torch.uint8
    assert mixed.shape == (4, 2, 2)


def test_incomplete_batches_are_left_out_where_asked():
    found = pictures("nyuv2", count=21)
    one = tiny(train_images=21)
    whole = sets.Batches(dataclasses.replace(one, drop_last=True), found, "cpu")
    assert [len(batch[0]) for batch in whole.epoch(0)] == [8, 8]
    assert [len(batch[0]) for batch in sets.Batches(one, found, "cpu").epoch(0)] == [8, 8, 5]
    assert len(whole) == 2
    assert len(next(iter(whole.epoch(0)))) == 4  # images and three targets


def test_segmentation_loss_is_cross_entropy_over_labelled_pixels():
    logits, labels = torch.randn(3, 40, 4, 4), torch.randint(40, (3, 4, 4)).to(torch.uint8)
    labels[0, 0] = 255
    known = labels.flatten() != 255
    flat = logits.permute(0, 2, 3, 1).reshape(-1, 40)
    for smoothing in (0.0, 0.1):
        plain = F.cross_entropy(flat[known], labels.flatten()[known].long(), label_smoothing=smoothing)
        assert losses.segmentation(logits, labels, smoothing) == pytest.approx(float(plain), rel=1e-5)
    assert losses.segmentation(logits, torch.full_like(labels, 255)) == 0


def test_depth_loss_counts_known_pixels_unless_published():
    output, target = torch.randn(2, 1, 3, 3), torch.rand(2, 3, 3) + 0.1
    target[:, 0] = 0
    squares = (torch.sigmoid(output[:, 0]) - target)[:, 1:].square()
    assert losses.depth(output, target) == pytest.approx(float(squares.mean()), rel=1e-5)
    assert losses.depth(output, target, everywhere=True) == pytest.approx(float(squares.sum() / 18), rel=1e-5)
    assert losses.depth(output, torch.zeros(2, 3, 3)) == 0


def test_normal_loss_is_one_less_the_cosine():
    output, target = torch.randn(2, 3, 4, 4), F.normalize(torch.randn(2, 3, 4, 4), dim=1)
    target[1, :, 2:] = 0
    cosine = F.cosine_similarity(torch.tanh(output), target, dim=1)
    known = torch.cat([cosine[0].flatten(), cosine[1, :2].flatten()])
    assert losses.normals(output, target.half()) == pytest.approx(1 - float(known.mean()), abs=2e-3)
    assert losses.normals(torch.atanh(0.9 * target[:1]), target[:1]) == pytest.approx(0, abs=1e-6)


def test_two_sigmoids_keep_the_loss_away_from_zero():
    labels = torch.tensor([0, 1])
    sure = torch.tensor([[-50.0], [50.0]])
    assert losses.binary(sure, labels) == pytest.approx(0, abs=1e-6)
    # the outputs 0 and 1 are taken for logits, and so for the probabilities 0.5 and 0.73
    expected = (math.log(2) + math.log(1 + math.exp(-1))) / 2
    assert losses.binary(sure, labels, twice=True) == pytest.approx(expected)


def test_published_penalty_weighs_layers_by_their_number_of_channels():
    one = tiny(loss_penalty=True)
    torch.manual_seed(0)
    backbone = network(one).backbone
    by_hand = sum(
        module.in_channels**0.5 * float(module.weight.detach()[:, channel].norm())
        for module in keeping.convolutions(backbone).values()
        for channel in range(module.in_channels)
    )
    assert float(losses.published_penalty(backbone, 0.25).detach()) == pytest.approx(0.25 * by_hand, rel=1e-5)


@pytest.mark.parametrize("balance", ["uncertainty", "constant"])
def test_the_gradient_is_that_of_equation_2(balance):
    one = tiny(balance=balance, loss_penalty=balance == "constant", strength=0.1)
    torch.manual_seed(0)
    net = network(one).eval()
    found = pictures("nyuv2", count=4)
    batch = (found.images, *sets.targets_of(one, found))
    told = losses.objective_of(net, one)(net, *batch)
    assert isinstance(told, Losses)
    numbers = losses.balancer_of(one).backward(told.tasks, told.blocks)
    ours = [parameter.grad.clone() for parameter in net.parameters()]
    outputs = net(sets.prepared(found.images, one))
    plain = [losses.loss_of(one, task, outputs[task], target) for task, target in zip(ROOMS, batch[1:], strict=True)]
    weight = 0.5 if balance == "uncertainty" else math.exp(-1)  # 1 / (2 σ²) at σ = 1, and exp(-1) for good
    total = weight * sum(plain)
    if one.loss_penalty:
        total = total + losses.published_penalty(net.backbone, 0.1)
        assert float(numbers["weight_penalty"]) == 1
    net.zero_grad()
    total.backward()
    for mine, parameter in zip(ours, net.parameters(), strict=True):
        assert torch.allclose(mine, parameter.grad, rtol=1e-4, atol=1e-6)


def test_weights_of_the_losses_are_learnt_or_stay():
    learnt, constant = losses.balancer_of(tiny(lr=0.01)), losses.balancer_of(tiny(balance="constant"))
    weight = torch.nn.Parameter(torch.ones(()))
    for _ in range(3):
        for balancer in (learnt, constant):
            balancer.backward([factor * weight for factor in (0.1, 1.0, 9.0)], [((weight,), (0, 1, 2))])
    assert learnt.weights[0] > 1 > learnt.weights[2]
    assert constant.weights.tolist() == pytest.approx([math.exp(-1)] * 3)


def test_a_pass_a_task_moves_running_statistics_further():
    torch.manual_seed(0)
    one = network(tiny())
    torch.manual_seed(0)
    several = network(tiny(pass_per_task=True))
    images = torch.rand(4, 3, 16, 16)
    with torch.no_grad():
        for _ in range(3):
            one.features(images)
        several.features(images)
    wanted, found = one.backbone.state_dict(), several.backbone.state_dict()
    for name in wanted:
        if "running" in name:
            assert torch.allclose(found[name], wanted[name], atol=1e-5), name


# measures


def test_iou_of_an_image_is_that_of_all_its_classes_together():
    predicted, labels = torch.randint(3, (4, 5, 5)), torch.randint(3, (4, 5, 5)).to(torch.uint8)
    labels[1, :2] = 255
    labels[3] = 255  # nothing to score
    total, count = metrics.image_iou(predicted, labels)
    known = labels != 255
    by_hand = [
        jaccard_score(labels[image][known[image]], predicted[image][known[image]], average="micro")
        for image in range(3)
    ]
    assert int(count) == 3
    assert float(total) == pytest.approx(sum(by_hand))


def test_mean_iou_is_over_classes_of_the_whole_set():
    predicted, labels = torch.randint(6, (4, 5, 5)), torch.randint(5, (4, 5, 5)).to(torch.uint8)
    labels[0] = 255
    counts = metrics.confusion(predicted, labels, 6)
    known = labels != 255
    assert np.array_equal(counts, confusion_matrix(labels[known], predicted[known], labels=range(6)))
    true, said = labels[known].numpy(), predicted[known].numpy()
    expected = jaccard_score(true, said, labels=range(5), average="macro")  # class 5 never occurs
    assert metrics.mean_iou(counts) == pytest.approx(expected)
    assert metrics.mean_iou(torch.zeros(3, 3, dtype=torch.int64)) == 0


class Constant:
    """A network that says the same of every image."""

    def __init__(self, **outputs):
        self.outputs = outputs

    def __call__(self, images):
        return {task: output.expand(len(images), *output.shape[1:]) for task, output in self.outputs.items()}


@pytest.mark.parametrize("fine", [True, False])
def test_depth_is_measured_relative_and_in_metres(fine):
    found = pictures("nyuv2", count=11)
    net = Constant(depth=torch.zeros(1, 1, 2, 2))  # half of the largest depth everywhere
    measured = metrics.Examiner(tiny(("depth",)), found, "cpu", fine=fine)(net)
    target = sets.targets_of(tiny(("depth",)), found)[0]
    assert measured["mae"] == pytest.approx(float((target - 0.5).abs()[target > 0].mean()), rel=1e-5)
    depth = found.labels["depth"]
    error = (depth - 0.5 * depth.flatten(1).max(1).values[:, None, None]).abs()[depth > 0]
    assert measured.get("mae_metres", float(error.mean())) == pytest.approx(float(error.mean()), rel=1e-5)
    assert ("mae_metres" in measured) == fine


def test_normals_are_measured_by_cosine_and_degrees():
    found = pictures("nyuv2", count=9)
    output = torch.atanh(torch.tensor([0.0, 0.0, -0.5])).view(1, 3, 1, 1).expand(1, 3, 2, 2)
    measured = metrics.Examiner(tiny(("normal",)), found, "cpu", fine=True)(Constant(normal=output))
    truth = found.labels["normals"].float()
    cosine = -truth[:, 2][(truth != 0).any(1)]
    angles = torch.rad2deg(torch.acos(cosine.clamp(-1, 1)))
    assert measured["cs"] == pytest.approx(float(cosine.mean()), abs=1e-5)
    assert measured["angle"] == pytest.approx(float(angles.mean()), abs=1e-2)
    assert measured["angle_median"] == pytest.approx(float(angles.median()), abs=0.11)


def test_segmentation_is_measured_at_both_sizes():
    found = pictures("nyuv2", count=10)
    logits = torch.zeros(1, 40, 2, 2)
    logits[:, 20] = 5
    measured = metrics.Examiner(tiny(("seg",)), found, "cpu", fine=True)(Constant(seg=logits))
    labels = found.labels["segmentation"]
    known = labels[labels != 255].numpy()
    expected = jaccard_score(known, np.full_like(known, 20), labels=np.unique(known), average="macro")
    assert measured["miou"] == pytest.approx(expected)
    target = sets.targets_of(tiny(("seg",)), found)[0]
    total, count = metrics.image_iou(torch.full_like(target, 20).long(), target)
    assert measured["iou"] == pytest.approx(float(total / count))
    assert measured["loss_seg"] > 0


def test_attributes_are_measured_by_a_threshold():
    found = pictures("celebamask", count=9)
    one = tiny(("male", "smile"), dataset="celebamask")
    net = Constant(male=torch.full((1, 1), -0.2), smile=torch.full((1, 1), 3.0))  # probabilities 0.45 and 0.95
    male, smile = (found.labels[name].double().mean() for name in ("male", "smiling"))
    strict = metrics.Examiner(one, found, "cpu", fine=True)(net)
    assert strict["accuracy_male"] == pytest.approx(1 - float(male))
    assert strict["accuracy_smile"] == pytest.approx(float(smile))
    loose = metrics.Examiner(dataclasses.replace(one, threshold=0.4), found, "cpu", fine=True)(net)
    assert loose["accuracy_male"] == pytest.approx(float(male))
    for name, share in (("male", float(male)), ("smile", float(smile))):
        assert strict[f"constant_{name}"] == pytest.approx(max(share, 1 - share))
    assert not any(name.startswith("constant") for name in metrics.Examiner(one, found, "cpu", fine=False)(net))


def test_published_tests_leave_out_incomplete_batches():
    found = pictures("nyuv2", count=11)
    net = Constant(depth=torch.zeros(1, 1, 2, 2))
    dropped = metrics.Examiner(tiny(("depth",), drop_last=True), found, "cpu", fine=True)(net)
    assert dropped == metrics.Examiner(tiny(("depth",)), found.first(8), "cpu", fine=True)(net)


# λ that follows a sparsity


def test_reference_rises_to_what_is_wanted():
    due = [optimisers.reference("scheduled", 70.0, progress / 20) for progress in range(21)]
    assert due[0] == 0
    assert due[15:] == pytest.approx([0.7] * 6)
    assert due == sorted(due)
    assert {optimisers.reference("learned", 70.0, progress) for progress in (0.0, 0.5, 1.0)} == {0.7}


def test_zeros_are_counted_by_group_or_by_element():
    weight = torch.ones(4, 3, 2, 2)
    weight[:, 1] = 0
    weight[0, 0] = 0
    assert optimisers.share_of_zeros([weight, torch.ones(2, 3, 1, 1)], "input_channel") == pytest.approx(1 / 6)
    assert optimisers.share_of_zeros([weight], "element") == pytest.approx(20 / 48)


@pytest.mark.parametrize("control", ["scheduled", "learned"])
def test_strength_rises_while_sparsity_lacks_and_falls_beyond(control):
    one = tiny(("seg",), strength=1e-9, control=control, wanted=50.0)
    torch.manual_seed(0)
    net = network(one)
    make = optimisers.Maker(one, steps=40)
    optimizer = make(net)

    def steps(count):
        for _ in range(count):
            for parameter in net.parameters():
                parameter.grad = torch.randn_like(parameter)
            optimizer.step()
        return make.strength

    low = steps(20)
    assert low > 1e-9
    with torch.no_grad():
        for weight in optimizer.param_groups[0]["params"]:
            weight.zero_()
            optimizer.state[weight]["exp_avg_sq"].zero_()
    optimizer.param_groups[0]["strength"] = 1e9
    assert steps(optimisers.EVERY) < 1e9
    again = make(net)  # as a new epoch of the published code makes one
    assert (again.param_groups[0]["strength"], again.param_groups[0]["taken"]) == (make.strength, 24)
    assert again.param_groups[1]["strength"] == 0


def test_dense_rows_as_published_are_adam_with_the_decay_in_the_gradient():
    one = tiny(("seg",), **config.PUBLISHED_DENSE)
    torch.manual_seed(0)
    net = network(one)
    twin = network(one)
    twin.load_state_dict(net.state_dict())
    mine = optimisers.Maker(one, 1)(net)
    adam = torch.optim.Adam(twin.parameters(), one.lr, weight_decay=0.1, fused=True)
    for parameter, other in zip(net.parameters(), twin.parameters(), strict=True):
        parameter.grad = torch.randn_like(parameter)
        other.grad = parameter.grad.clone()
    mine.step()
    adam.step()
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), twin.parameters(), strict=True))


# which channels are kept


def test_channels_are_packed_and_found_again():
    living = torch.rand(103, generator=torch.Generator().manual_seed(0)) < 0.5
    sizes = [3.0, 64.0, 36.0]
    record = results.Record("", "upadhyay", {}, {}, {"channels_before": sizes}, {"alive": keeping.packed(living)})
    found = keeping.alive_of(record)
    assert [len(part) for part in found] == [3, 64, 36]
    assert torch.equal(torch.cat(found), living)


def test_overlap_is_set_beside_chance():
    one, other = torch.tensor([1, 1, 0, 0]).bool(), torch.tensor([1, 0, 1, 0]).bool()
    whole = torch.ones(2, dtype=torch.bool)
    assert keeping.overlap([one], [other]) == (1 / 3, 1 / 3)
    assert keeping.overlap([one], [one]) == (1, 1 / 3)
    assert keeping.overlap([one, whole], [other, whole]) == (3 / 5, 3 / 5)
    with pytest.raises(ValueError, match="have other layers"):
        keeping.overlap([one], [other, whole])
    with pytest.raises(ValueError, match="nothing to compare"):
        keeping.overlap([one & ~one], [other & ~other])


def test_a_channel_is_its_tasks_own_where_that_task_needs_it_most():
    needed = {"seg": torch.tensor([0.6, 0.2, 0.2, 0.0]), "depth": torch.tensor([0.1, 0.3, 0.5, 0.1])}
    living = torch.tensor([True, True, True, False])
    assert keeping.keepers(needed, living, [2, 2]) == {
        "kept_seg": [1.0, 0.0],
        "kept_depth": [0.0, 1.0],
        "kept_shared": [1.0, 0.0],
    }


def test_need_is_what_a_loss_changes_by_without_the_channel():
    one = tiny(("normal", "depth"))
    torch.manual_seed(0)
    net = network(one).eval()
    with torch.no_grad():
        net.backbone.stem[3].weight[:, 1] = 0
    found = pictures("nyuv2", count=8)
    needed = keeping.needs(net, one, found, "cpu")
    dead = int((~keeping.alive(net.backbone)).nonzero()[0])
    for task, target in zip(one.tasks, sets.targets_of(one, found), strict=True):
        assert float(needed[task].sum()) == pytest.approx(1, rel=1e-4)
        assert needed[task][dead] == 0
        loss = losses.loss_of(one, task, net(sets.prepared(found.images, one))[task], target)
        weights = [module.weight for module in keeping.convolutions(net.backbone).values()]
        products = [(w * g).sum((0, 2, 3)) for w, g in zip(weights, torch.autograd.grad(loss, weights), strict=True)]
        expected = torch.cat(products).detach().square()
        assert torch.allclose(needed[task], expected / expected.sum(), atol=1e-6)


def test_the_recipe_is_among_the_others():
    assert recipes.study("upadhyay", "table-1") is STUDIES["table-1"]
    assert set(studies.GRIDS) == set(STUDIES)
