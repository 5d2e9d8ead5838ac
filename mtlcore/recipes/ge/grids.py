"""Which runs make which table of the document [ge, Tables 1 to 4], in each variant."""

from __future__ import annotations

from typing import Any

from mtlcore import data
from mtlcore.recipes import Grid
from mtlcore.recipes.ge.config import Config, budget, centre

ANGLES = (15, 20, 25, 30)
EPOCHS, LONG, LR = 400, 600, 0.001  # of the chosen setting; of dropout at 0.5 as written

# Rows of Table 1: what differs from the chosen setting; epochs and learning rate are those at `full`.
SETTINGS: dict[str, dict[str, Any]] = {
    "lr-1e-2": {"epochs": 50, "lr": 0.01},
    "chosen": {},
    "lr-5e-4": {"epochs": 600, "lr": 0.0005},
    "batch-512": {"epochs": 650, "batch_size": 512},
    "l2-01": {"epochs": 50, "l2": 0.1},
    "all-features": {"features": "all"},
}


def _common(config: dict[str, Any], seed: int, variant: str, activation: str) -> dict[str, Any]:
    """What a variant means for every run of a seed."""
    if variant == "corrected":
        # each seed selects for itself, so that an interval holds the chance of the selection too
        return {"selection_seed": 1000 + seed, "center": centre(activation)} | config
    return config


def _config(
    profile: str, source: str, seed: int, variant: str, row: dict[str, Any], settings: dict[str, Any]
) -> Config:
    fields = dict(row)
    lengths = budget(profile, fields.pop("epochs", EPOCHS), fields.pop("lr", LR))
    if fields.get("technique") == "weight_matrix" and variant == "corrected":
        half = lengths["epochs"] // 2  # the same budget in all rows: half before the pruning, the rest behind it
        fields |= {"pretraining": half, "epochs": lengths["epochs"] - half}
    if fields.get("technique") != "neuron_behaviour":
        settings = {name: value for name, value in settings.items() if name not in ("center", "condition")}
    fields = _common(fields, seed, variant, _activation(settings))
    if fields.get("technique") != "neuron_behaviour":
        fields.pop("center", None)  # a run that compares no behaviour is the same run in all variants
    return Config(seed=seed, source=source, **(lengths | fields | settings))


def _activation(settings: dict[str, Any]) -> str:
    return str(settings.get("activation", Config.activation))


def _grid(
    rows: dict[str, dict[str, Any]], profile: str, source: str, seeds: int, variant: str, settings: dict[str, Any]
) -> Grid:
    resolved = data.source_of("vehiclex-features", source) if source == "auto" else source
    return [
        (name, _config(profile, resolved, seed, variant, row, settings))
        for seed in range(seeds)
        for name, row in rows.items()
    ]


def _techniques(variant: str) -> dict[str, dict[str, Any]]:
    """Every pruning and dropout run of Tables 2 to 4, by name."""
    behaviour = {f"nb-{angle}": {"technique": "neuron_behaviour", "angle": float(angle)} for angle in ANGLES}
    matrix = {f"wm-{angle}": {"technique": "weight_matrix", "angle": float(angle)} for angle in ANGLES}
    longer = {} if variant == "corrected" else {"epochs": LONG}  # corrected: the same budget on both sides
    dropout = {
        "dropout-r20": {"technique": "dropout", "dropout": 0.2},
        "dropout-r50": {"technique": "dropout", "dropout": 0.5} | longer,
    }
    return behaviour | matrix | dropout


def _matched(variant: str) -> dict[str, dict[str, Any]]:
    """Table 3: as written the runs of Table 2 whose ratios came nearest; corrected, pruned to the very rate."""
    runs = _techniques(variant)
    if variant != "corrected":
        pruned = {"nb-r20": "nb-20", "wm-r23": "wm-15", "nb-r42": "nb-30", "wm-r53": "wm-25"}
        matched = {row: runs[name] for row, name in pruned.items()}
    else:
        rates = {"nb-r20": 0.2, "wm-r23": 0.2, "nb-r42": 0.5, "wm-r53": 0.5}
        names = {"nb": "neuron_behaviour", "wm": "weight_matrix"}
        # at every moment of the schedule, or the rate would not be reached
        matched = {
            row: {"technique": names[row[:2]], "rate": rate} | ({"condition": "always"} if row[:2] == "nb" else {})
            for row, rate in rates.items()
        }
    order = ("dropout-r20", "nb-r20", "wm-r23", "dropout-r50", "nb-r42", "wm-r53")
    return {row: (matched | runs)[row] for row in order}


def table_1(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The six settings of Table 1."""
    return _grid(SETTINGS, profile, source, seeds, variant, settings)


def table_2(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Two methods at four angles."""
    rows = {name: row for name, row in _techniques(variant).items() if not name.startswith("dropout")}
    return _grid(rows, profile, source, seeds, variant, settings)


def table_3(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Dropout beside both methods at similar rates."""
    return _grid(_matched(variant), profile, source, seeds, variant, settings)


def table_4(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The best setting of each, as the document chose it, and the baseline."""
    runs = _techniques(variant)
    rows = {"dropout": "dropout-r50", "neuron-behaviour": "nb-20", "weight-matrix": "wm-15"}
    return _grid(
        {row: runs[name] for row, name in rows.items()} | {"baseline": {}}, profile, source, seeds, variant, settings
    )


def thresholds(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Table 2 with the baseline in one study."""
    rows = {name: row for name, row in _techniques(variant).items() if not name.startswith("dropout")}
    return _grid(rows | {"baseline": {}}, profile, source, seeds, variant, settings)


def loss_jump(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The narrowest and the widest threshold of Neuron Behaviour [ge, Fig. 4]."""
    runs = _techniques(variant)
    return _grid({row: runs[row] for row in ("nb-15", "nb-30")}, profile, source, seeds, variant, settings)


def selection(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Half of the features by the genetic algorithm, half at random, and all of them."""
    rows = {"chosen": {}, "random-half": {"features": "random"}, "all-features": {"features": "all"}}
    return _grid(rows, profile, source, seeds, variant, settings)


def alternatives(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """Readings of what the text leaves silent, each beside the one that we chose, and a baseline trained twice as long.

    The last one is what Weight Matrix as written has to be compared with: it trains for twice the epochs.
    """
    runs = _techniques(variant)
    behaviour, matrix = runs["nb-30"], runs["wm-15"]
    rows = {
        "nb-30": behaviour,
        "nb-always": behaviour | {"condition": "always"},
        "nb-origin": behaviour | {"center": None},
        "nb-centre": behaviour | {"center": centre(_activation(settings))},
        "wm-15": matrix,
        "wm-bias": matrix | {"bias": True},
        "wm-afresh": matrix | {"retrain": "afresh"},
        "baseline": {},
        "baseline-twice": {"epochs": 2 * EPOCHS},
    }
    return _grid(rows, profile, source, seeds, variant, settings)
