import json

import numpy as np
import pytest

from nnlite import constraints, initializers, losses, metrics, optim, regularizers
from nnlite._lib.registry import Registry, custom_objects
from nnlite.layers import activations
from nnlite.losses import registry as loss_rules
from nnlite.metrics import registry as metric_rules
from nnlite.optim import registry as rules


class Animal:
    pass


class Dog(Animal):
    pass


class Owl(Animal):
    pass


def animals(**options):
    return Registry("pet", Animal, {"dog": Dog, "owl": Owl, "bird": Owl}, example="pet='dog'", **options)


@pytest.mark.parametrize("spec", ["dog", "Dog", Dog])
def test_a_name_or_a_class_becomes_a_new_object(spec):
    first, second = animals().get(spec), animals().get(spec)
    assert type(first) is Dog
    assert first is not second


def test_an_object_is_returned_as_it_is():
    dog = Dog()
    assert animals().get(dog) is dog


def test_it_is_a_mapping():
    assert set(animals()) == {"dog", "owl", "bird", "Dog", "Owl"}
    assert len(animals()) == 5
    assert animals()["bird"] is Owl
    assert "cat" not in animals()


def test_case_matters_unless_it_is_ignored():
    assert "DOG" not in animals()
    free = animals(ignore_case=True)
    assert all(type(free.get(name)) is Dog for name in ("dog", "Dog", "DOG"))
    assert set(free) == {"dog", "owl", "bird"}


def test_an_unknown_name_lists_the_known_and_suggests_the_nearest():
    with pytest.raises(ValueError, match=r"^unknown pet 'dgo'\n  needed: one of: ") as error:
        animals().get("dgo")
    assert "bird, dog, owl; or an Animal object" in str(error.value)
    assert "did you mean 'dog'" in str(error.value)


@pytest.mark.parametrize("spec", [3, None, int, ["dog"], b"dog"])
def test_what_is_neither_name_nor_class_nor_object(spec):
    with pytest.raises(TypeError, match=r"the pet is .*\n  needed: a name, .*Animal\n  fix:    pet='dog'"):
        animals().get(spec)


LIBRARY = [
    rules.registry,
    activations.registry,
    loss_rules.registry,
    metric_rules.registry,
    initializers.registry,
    regularizers.registry,
]


# what has no sense without an argument
NEEDS = {
    activations.Threshold: {"threshold": 0.5, "default_value": 0.0},
    losses.FunctionLoss: {"fn": lambda y, p: p},
    initializers.FunctionInitializer: {"fn": np.zeros},
    regularizers.FunctionRegularizer: {"fn": np.sum},
    metrics.MeanLoss: {"loss": "mse"},
    metrics.MeanMetricWrapper: {"fn": lambda y, p: p},
    metrics.SensitivityAtSpecificity: {"specificity": 0.5},
    metrics.SpecificityAtSensitivity: {"sensitivity": 0.5},
    metrics.PrecisionAtRecall: {"recall": 0.5},
    metrics.RecallAtPrecision: {"precision": 0.5},
    **{key: {"num_classes": 2} for key in (metrics.MeanIoU, metrics.OneHotMeanIoU)},
    **{key: {"num_classes": 2, "target_class_ids": [1]} for key in (metrics.IoU, metrics.OneHotIoU)},
}


@pytest.mark.parametrize("registry", LIBRARY, ids=lambda r: r.kind)
def test_every_name_of_the_library_makes_an_object(registry):
    for name, cls in registry.items():
        assert type(registry.get(name, **NEEDS.get(cls, {}))) is cls
        assert issubclass(cls, registry.base)


@pytest.mark.parametrize("registry", LIBRARY, ids=lambda r: r.kind)
def test_the_library_suggests_a_name_for_a_slip(registry):
    name = max(registry, key=len)
    with pytest.raises(ValueError, match=f"unknown {registry.kind}(.|\n)*did you mean (.|\n)*{name}"):
        registry.get(name[:-2] + name[-1] + name[-2] + "x")


@pytest.mark.parametrize("registry", LIBRARY, ids=lambda r: r.kind)
def test_the_example_is_a_line_of_python_and_its_value_is_understood(registry):
    import nnlite

    keyword = f"dict({registry.example})"
    ((_, value),) = eval(keyword, {"nnlite": nnlite}).items()
    (value,) = value if isinstance(value, list) else [value]
    assert isinstance(registry.get(value), registry.base)


@pytest.mark.parametrize(
    ("registry", "module"),
    [
        (activations.registry, activations),
        (loss_rules.registry, losses),
        (metric_rules.registry, metrics),
        (initializers.registry, initializers),
        (regularizers.registry, regularizers),
        (rules.registry, optim),
    ],
    ids=lambda x: getattr(x, "kind", ""),
)
def test_every_public_class_of_a_kind_has_a_name(registry, module):
    classes = {thing for name in module.__all__ if isinstance(thing := getattr(module, name), type)}
    kinds = {cls for cls in classes if issubclass(cls, registry.base)} - {registry.base}
    # Activation is itself a way to write a name; a truncated list of activations would be found here
    assert kinds - {activations.Activation, metrics.SampleMean} == set(registry.values())


@pytest.mark.parametrize(
    ("module", "thing"),
    [
        (losses, losses.Huber(2.0)),
        (metrics, metrics.AUC(thresholds=[0.5])),
        (initializers, initializers.VarianceScaling(2.0, seed=3)),
        (regularizers, regularizers.L1L2(0.1, 0.2)),
        (constraints, constraints.MaxNorm(1.5)),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_each_kind_can_be_written_down_and_made_again(module, thing):
    written = module.serialize(thing)
    assert json.loads(json.dumps(written)) == written
    assert written["class_name"] == type(thing).__name__
    again = module.deserialize(written)
    assert type(again) is type(thing)
    assert again.get_config() == thing.get_config()

    Mine = type("Mine", (type(thing),), {})
    written = {"class_name": "Mine", "config": written["config"]}
    assert type(module.deserialize(written, {"Mine": Mine})) is Mine
    with pytest.raises(ValueError, match=r"unknown .* 'Mine'"):
        module.deserialize(written)
    with pytest.raises(TypeError, match="cannot be written down"):
        module.serialize(object())


def test_a_name_that_only_a_file_knows():
    with pytest.raises(ValueError, match="did you mean 'huber'"):
        losses.get("hubber")
    with custom_objects({}), pytest.raises(ValueError, match=r"custom_objects={'hubber': hubber}\)$"):
        losses.get("hubber")
    with custom_objects({}), pytest.raises(ValueError, match=r"custom_objects={'mine>Loss': …}\)$"):
        losses.get("mine>Loss")
