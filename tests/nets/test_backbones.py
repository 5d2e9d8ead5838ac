import subprocess
import sys

import pytest
import torch

from mtlcore.nets import backbones, torchvision_cpu
from mtlcore.nets.backbones import BACKBONES, WeightsError, backbone, check_backbone, classifier_parameters, count
from mtlcore.nets.thin import THIN
from tests.helpers import ENV

PRINTED = dict(zip(BACKBONES, (5.29, 9.11, 11.69, 25.56, 35.07, 132.87), strict=True))  # millions [singh, Table 2]
WIDTHS = dict(zip(BACKBONES, (1280, 1408, 512, 2048, 2304, 512), strict=True))


@pytest.mark.parametrize("name", list(BACKBONES))
def test_classifiers_have_the_printed_parameters(name):
    assert round(classifier_parameters(name) / 1e6, 2) == PRINTED[name]


@pytest.mark.parametrize("name", list(BACKBONES))
def test_thin_siblings_have_a_quarter_of_the_features(name):
    net = backbone(THIN[name])
    assert net.num_features == WIDTHS[name] // 4
    assert net.eval()(torch.rand(2, 3, 32, 32)).shape == (2, WIDTHS[name] // 4)
    assert count(net) < 1e6
    assert classifier_parameters(THIN[name]) == count(net) + 1000 * (WIDTHS[name] // 4 + 1)


def test_the_smallest_ones_themselves_and_any_of_timm():
    for name, width in (("resnet-18", 512), ("resnet10t", 512)):
        net = backbone(name)
        assert net.num_features == width
        assert net.eval()(torch.rand(1, 3, 32, 32)).shape == (1, width)


def test_vgg_goes_without_its_fully_connected_layers():
    with torch.device("meta"):
        net = backbone("vgg-11")
    assert not [name for name, module in net.named_modules() if isinstance(module, torch.nn.Linear)]
    assert count(net) < 10e6 < classifier_parameters("vgg-11")
    assert net(torch.rand(2, 3, 64, 64, device="meta")).shape == (2, 512)


def test_weights_come_from_a_file_below_the_data_root(tmp_path):
    torch.manual_seed(0)
    given = backbones.timm().create_model("resnet10t", num_classes=5)  # its classifier stays behind
    (tmp_path / "imagenet").mkdir()
    torch.save(given.state_dict(), tmp_path / "imagenet" / "resnet10t.pth")
    net = backbone("resnet10t", weights="imagenet", root=tmp_path)
    state = given.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())


def test_files_that_are_no_weights_of_the_network_are_refused(tmp_path):
    (tmp_path / "imagenet").mkdir()
    path = tmp_path / "imagenet" / "resnet10t.pth"
    path.write_bytes(b"no weights")
    with pytest.raises(WeightsError, match="resnet10t.pth is no file of weights"):
        backbone("resnet10t", weights="imagenet", root=tmp_path)
    torch.save({"fc.weight": torch.zeros(2)}, path)
    with pytest.raises(WeightsError, match="resnet10t.pth has no conv1.0.weight of the shape that is needed"):
        backbone("resnet10t", weights="imagenet", root=tmp_path)


def test_without_a_file_or_a_hub_the_error_says_what_to_do(tmp_path, monkeypatch):
    library = backbones.timm()

    def create_model(name, *, pretrained=False, num_classes=0):
        assert pretrained
        raise OSError("no connection\nand more")

    monkeypatch.setattr(library, "create_model", create_model)
    with pytest.raises(WeightsError, match=r"from timm's hub \(no connection\); put imagenet/resnet50.safetensors"):
        backbone("resnet-50", weights="imagenet", root=tmp_path)
    with pytest.raises(WeightsError, match="there are no ImageNet weights of thin resnet-50; take weights=none"):
        backbone("thin resnet-50", weights="imagenet")


def test_unknown_names_are_refused():
    with pytest.raises(
        ValueError, match="backbone 'thin squeeze' is unknown; choose efficientnet-b0, .*, or a name of"
    ):
        check_backbone("thin squeeze")
    with pytest.raises(ValueError, match="knows no network 'resnet_50'; near it are .*resnet50"):
        backbone("resnet_50")


def run(script):
    return subprocess.run([sys.executable, "-W", "error", "-c", script], env=ENV, capture_output=True, text=True)


@pytest.mark.slow
def test_nothing_of_timm_is_imported_where_it_is_not_needed():
    done = run(
        "import sys\n"
        "import mtlcore.recipes, mtlcore.report, mtlcore.data, mtlcore.prune, mtlcore.nets.encoder\n"
        "import mtlcore.recipes.singh\n"
        "found = {name.partition('.')[0] for name in sys.modules} & {'timm', 'torchvision', 'huggingface_hub'}\n"
        "assert not found, found\n"
        "from mtlcore.nets.backbones import backbone\n"
        "backbone('thin resnet-18')\n"
        "assert 'timm' in sys.modules"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["timm", "torchvision"])
def test_without_timm_all_else_works_and_the_error_says_what_to_install(missing):
    done = run(
        "import sys\n"
        f"sys.modules['{missing}'] = None\n"  # as Python has it where an import must not succeed
        "from mtlcore.recipes import singh, goutam\n"
        "rows = singh.STUDIES['table-2'].grid('lab', 'twin', 1, 'paper')\n"
        "assert len(rows) == 6\n"
        "from mtlcore.nets.backbones import backbone\n"
        "try:\n"
        "    backbone('thin resnet-18')\n"
        "except ModuleNotFoundError as error:\n"
        f"    assert 'need {missing}, which is not installed: run `pip install' in str(error), error\n"
        "else:\n"
        "    raise AssertionError('it was there')"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_in_a_notebook_without_widgets_nothing_is_said():
    """A page with a warning in it fails the book."""
    script = (
        "import sys, types\n"
        "sys.modules['ipywidgets'] = None\n"
        "sys.modules['ipykernel.zmqshell'] = types.ModuleType('zmqshell')\n"  # as in a kernel
        "sys.modules['IPython'] = types.SimpleNamespace(get_ipython=lambda: None, version_info=(9,))\n"
        "from mtlcore.nets.backbones import timm\n"
        "timm()\n"
        "assert 'tqdm.autonotebook' in sys.modules"
    )
    # as warnings are by default: where they are errors, tqdm catches its own
    done = subprocess.run([sys.executable, "-c", script], env=ENV, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_operators_are_declared_where_the_library_cannot_be_loaded(tmp_path, monkeypatch):
    """In a namespace of our own, so that the real one is left alone."""
    declared = []

    class Library:
        def __init__(self, name, kind):
            declared.append((name, kind))

        def define(self, schema):
            declared.append(schema.partition("(")[0])

    class Found:
        submodule_search_locations = (str(tmp_path),)

    plain = torchvision_cpu.declare_operators.__wrapped__
    monkeypatch.setattr(torchvision_cpu.torch.library, "Library", Library)
    monkeypatch.setattr(torchvision_cpu.importlib.util, "find_spec", lambda name: Found)
    (tmp_path / "_C.so").write_bytes(b"of another build")
    assert plain() is not None
    assert declared == [("torchvision", "DEF"), "nms", "qnms"]
    monkeypatch.setattr(torchvision_cpu.torch.ops, "load_library", lambda path: None)  # it works
    assert plain() is None
    monkeypatch.setattr(torchvision_cpu.importlib.util, "find_spec", lambda name: None)
    assert plain() is None
    assert len(declared) == 3
