"""The hundred classes of CIFAR-100, in the order of the published labels, which is that of their names."""

from __future__ import annotations

from mtlcore.data.twins.scenes.drawing import Figure
from mtlcore.data.twins.scenes.hundred_animals import ANIMALS
from mtlcore.data.twins.scenes.hundred_mammals import MAMMALS
from mtlcore.data.twins.scenes.hundred_people import PEOPLE
from mtlcore.data.twins.scenes.hundred_plants import PLANTS
from mtlcore.data.twins.scenes.hundred_things import HOUSEHOLD, OUTDOORS, VEHICLES

FIGURES: dict[str, Figure] = dict(
    sorted({**ANIMALS, **MAMMALS, **PEOPLE, **PLANTS, **HOUSEHOLD, **OUTDOORS, **VEHICLES}.items())
)
