"""The house has floors: a module imports only from floors below its own, never from a sibling.

That is why a part can be read, tested and replaced without the rest. A new module gets its floor in the
table below, or the test fails; if no floor fits, the dependency is probably the wrong way round.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import nnlite

SOURCE = Path(nnlite.__file__).parent

FLOORS = {
    # what everything stands on
    "nnlite.errors": 0,
    "nnlite.checks": 5,
    "nnlite.allowance": 5,
    "nnlite.configurable": 5,
    "nnlite.calculus": 8,  # below the shapes, beside which it is found
    "nnlite.registry": 10,
    "nnlite.config": 10,
    "nnlite.tensor": 10,
    # formulas and choices that know neither layers nor models
    "nnlite.functional": 20,
    "nnlite.initializers": 20,
    "nnlite.regularizers": 20,
    "nnlite.constraints": 20,
    # what stands for a tensor or an array where a script names it
    "nnlite.symbols": 20,
    "nnlite.variables": 20,
    # θ
    "nnlite.parameters": 30,
    # gradient checks know layers and models by what they can do, not by name
    "nnlite.gradcheck.numeric": 20,
    "nnlite.gradcheck.evidence": 20,
    "nnlite.gradcheck.report": 20,
    "nnlite.gradcheck.compare": 25,
    "nnlite.gradcheck.checks": 35,
    # gradient tensors of whatever has a backward
    "nnlite.jacobians": 20,
    # what a training shows of itself
    "nnlite.progress": 55,
    # the contracts
    "nnlite.layers.base": 40,
    "nnlite.optim.schedules": 35,
    "nnlite.optim.base": 40,
    # the parts; siblings do not know each other
    "nnlite.layers.activity": 50,
    "nnlite.layers.activation_layer": 45,
    "nnlite.layers.elementwise": 47,
    "nnlite.layers.gates": 47,
    "nnlite.layers.rectifiers": 47,
    "nnlite.layers.sigmoids": 47,
    "nnlite.layers.activations": 50,  # below the others: a Dense ends in one of these
    "nnlite.layers.dense": 60,
    "nnlite.layers.dropout": 60,
    "nnlite.layers.noise": 60,
    "nnlite.layers.normalization": 60,
    "nnlite.layers.prelu": 60,
    "nnlite.activations": 61,  # the activations as functions
    "nnlite.layers.input": 60,
    "nnlite.layers.shaping": 60,
    "nnlite.layers.rules": 65,  # the layers by name
    "nnlite.losses.bounds": 50,
    "nnlite.losses.numeric": 50,
    "nnlite.losses.base": 55,
    "nnlite.losses.probabilities": 56,
    "nnlite.losses.regression": 60,
    "nnlite.losses.crossentropy": 60,
    "nnlite.losses.focal": 60,
    "nnlite.losses.margin": 60,
    "nnlite.losses.divergence": 60,
    "nnlite.losses.function": 60,
    "nnlite.losses.rules": 61,  # the losses by name
    "nnlite.metrics.variable": 54,
    "nnlite.metrics.base": 55,
    "nnlite.metrics.accuracy": 60,
    "nnlite.metrics.aggregate": 60,
    "nnlite.metrics.confusion": 60,
    "nnlite.metrics.fscore": 60,
    "nnlite.metrics.regression": 60,
    "nnlite.metrics.area": 61,
    "nnlite.metrics.losses": 63,
    "nnlite.metrics.rules": 64,  # the metrics by name
    "nnlite.callbacks.base": 60,
    "nnlite.callbacks.monitor": 61,  # what the callbacks that watch a number have in common
    "nnlite.callbacks.backup_and_restore": 62,
    "nnlite.callbacks.csv_logger": 62,
    "nnlite.callbacks.early_stopping": 62,
    "nnlite.callbacks.learning_rate": 62,
    "nnlite.callbacks.model_checkpoint": 62,
    "nnlite.callbacks.progbar_logger": 62,
    "nnlite.callbacks.terminate_on_nan": 62,
    "nnlite.optim.sgd": 60,
    "nnlite.optim.rmsprop": 60,
    "nnlite.optim.adadelta": 60,
    "nnlite.optim.adagrad": 60,
    "nnlite.optim.adam": 60,
    "nnlite.optim.adamax": 60,
    "nnlite.optim.lion": 60,
    "nnlite.optim.nadam": 60,
    "nnlite.optim.batches": 60,
    "nnlite.optim.rules": 61,  # the optimizers by name
    # the data sets: files < the IDX format < the sets
    "nnlite.datasets._files": 60,
    "nnlite.datasets._draws": 60,
    "nnlite.datasets._idx": 61,
    "nnlite.datasets.california_housing": 62,
    "nnlite.datasets.mnist": 62,
    "nnlite.datasets.fashion_mnist": 62,
    "nnlite.datasets.synthetic": 62,
    "nnlite.datasets.digits": 62,
    # what is done to data before training
    "nnlite.preprocessing.scaling": 60,
    "nnlite.preprocessing.splitting": 60,
    # what composes the parts
    "nnlite.models.door": 70,
    "nnlite.models.sources": 70,
    "nnlite.models.wiring": 70,
    "nnlite.models.diagnosis": 70,
    "nnlite.models.means": 70,
    "nnlite.models.interrupt": 70,
    "nnlite.models.summary": 70,
    # files of models: what they do without knowing the models' classes
    "nnlite.models.saving.files": 65,
    "nnlite.models.saving.weights": 65,
    "nnlite.models.saving.keras_names": 65,
    "nnlite.models.saving.npz": 66,
    "nnlite.models.saving.state": 66,
    "nnlite.models.saving.keras_read": 66,
    "nnlite.models.saving.describe": 67,
    "nnlite.models.saving.hdf5": 67,
    "nnlite.models.saving.keras_optimizer": 67,
    "nnlite.models.saving.native": 68,
    "nnlite.models.saving.keras_write": 68,
    "nnlite.models.saving.keras_weights": 69,
    "nnlite.models.saving.keras_file": 70,
    "nnlite.models.saving.legacy": 71,
    "nnlite.models.saving.writing": 72,
    "nnlite.models.compiled": 71,
    "nnlite.models.evaluation": 72,
    "nnlite.models.training": 73,
    "nnlite.models.model": 74,
    "nnlite.models.sequential": 75,
    "nnlite.models.loading": 77,
    # what trains several models, or one in another way
    "nnlite.minimize": 75,
    # formulas as graphs, and units without a derivative
    "nnlite.graph.operations": 60,
    "nnlite.graph.layout": 60,
    "nnlite.graph.dag": 60,
    "nnlite.graph.node": 61,
    "nnlite.graph.words": 62,
    "nnlite.graph.drawing": 63,
    "nnlite.graph.passes": 64,
    "nnlite.layers.threshold": 60,
    "nnlite.perceptron": 60,
    "nnlite.ensemble.average": 75,
    "nnlite.ensemble.members": 76,
    "nnlite.ensemble.snapshots": 76,
    "nnlite.ensemble.weight_average": 76,
    "nnlite.search.scoring": 75,
    "nnlite.search.space": 75,
    "nnlite.search.table": 75,
    "nnlite.search.folds": 76,
    "nnlite.search.run": 76,
    # the packages' doors, which nobody inside uses
    "nnlite.ensemble": 90,
    "nnlite.preprocessing": 90,
    "nnlite.search": 90,
    "nnlite.callbacks": 90,
    "nnlite.layers": 90,
    "nnlite.losses": 90,
    "nnlite.metrics": 90,
    "nnlite.optim": 90,
    "nnlite.datasets": 90,
    "nnlite.models": 90,
    "nnlite.models.saving": 90,
    "nnlite.saving": 91,
    "nnlite.plot._canvas": 79,
    "nnlite.plot._labels": 79,
    "nnlite.plot._passes": 79,
    "nnlite.plot._plane": 79,
    "nnlite.plot._theta": 79,
    "nnlite.plot": 90,
    "nnlite.gradcheck": 90,
    "nnlite.graph": 90,
    # what only scripts look for: helpers, and other names for what is there
    "nnlite.backend": 20,
    "nnlite.utils": 91,
    "nnlite.optimizers": 92,
    "nnlite.optimizers.schedules": 91,
    "nnlite.lectures": 95,
    "nnlite": 100,
}

# Drawing takes anything up to the models and is taken by none of them; its modules have a floor for the
# whole package until they need an order among themselves.
PACKAGE_FLOORS = {"nnlite.plot": 80}


def module_name(path: Path, source: Path = SOURCE) -> str:
    parts = path.relative_to(source).with_suffix("").parts
    return ".".join(("nnlite", *(part for part in parts if part != "__init__")))


# but for the scripts of the lectures, which an installation has beside the package's own modules
MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py")) if "_lectures" not in path.parts}
PACKAGES = {name for name, path in MODULES.items() if path.name == "__init__.py"}


def floor(module: str) -> int | None:
    if module in FLOORS:
        return FLOORS[module]
    return next((n for package, n in PACKAGE_FLOORS.items() if module.startswith(package + ".")), None)


def imports(
    source: str, module: str, modules=frozenset(MODULES), packages=frozenset(PACKAGES)
) -> Iterator[str]:
    """The modules of nnlite that some source text imports, wherever in it: in functions as well."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "nnlite")
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                base = module.split(".")
                base = base[: len(base) - node.level + (module in packages)]
                origin = ".".join([*base, *filter(None, [node.module])])
            if origin.split(".")[0] == "nnlite":
                for alias in node.names:  # `from nnlite import config` imports nnlite.config
                    whole = f"{origin}.{alias.name}"
                    yield whole if whole in modules else origin


def faults(source: str, module: str) -> list[str]:
    """What a module imports that it must not."""
    found = []
    for target in imports(source, module):
        here, there = floor(module), floor(target)
        if target == module:
            continue
        if target in PACKAGES and module not in PACKAGES:
            found.append(f"{module} imports through the package {target}: name the module itself")
        elif there is None:
            found.append(f"{module} imports {target}, which has no floor")
        elif here is not None and not there < here:
            found.append(f"{module} (floor {here}) imports {target} (floor {there})")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_floor(module):
    assert floor(module) is not None, f"give {module} a floor in FLOORS"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_floors_below(module):
    assert not faults(MODULES[module].read_text(encoding="utf-8"), module)


def test_the_table_names_no_module_that_is_gone():
    assert FLOORS.keys() <= MODULES.keys()


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_package_files_hold_reexports_only(package):
    tree = ast.parse(MODULES[package].read_text(encoding="utf-8"))
    # a package whose heavy parts load when they are first asked for needs these three
    lazy = {"_LAZY", "__getattr__", "__dir__"}
    for node in tree.body:
        match node:
            case ast.Expr(ast.Constant(str())) | ast.Import() | ast.ImportFrom():
                continue
            case ast.If(test=ast.Name("TYPE_CHECKING"), body=body) if all(
                isinstance(inner, ast.Import | ast.ImportFrom) for inner in body
            ):
                continue
            case ast.Assign(targets=[ast.Name("__all__" | "__version__")]):
                continue
            case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)) if name in lazy:
                continue
            case ast.FunctionDef(name=name) if name in lazy:
                continue
        pytest.fail(f"{package}: line {node.lineno} is more than a re-export")


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_what_a_package_exports_it_has(package):
    import importlib

    module = importlib.import_module(package)
    assert sorted(module.__all__) == sorted(set(module.__all__))
    missing = [
        name for name in module.__all__ if floor(f"{package}.{name}") is None and not hasattr(module, name)
    ]
    assert not missing


# --- the tests' own tests --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "module", "fault"),
    [
        ("from nnlite.layers.dropout import Dropout", "nnlite.layers.dense", "floor 60"),  # a sibling
        ("from nnlite.models.sequential import Sequential", "nnlite.losses.margin", "floor 75"),  # above
        ("from nnlite.layers import dropout", "nnlite.layers.dense", "layers.dropout"),
        ("from nnlite.layers import Dropout", "nnlite.models.training", "through the package nnlite.layers"),
        ("import nnlite", "nnlite.losses.margin", "through the package nnlite:"),
        ("import nnlite.layers", "nnlite.losses.margin", "through the package nnlite.layers"),
        ("from nnlite import Sequential", "nnlite.utils", "through the package nnlite:"),
        ("def f():\n    from nnlite import losses", "nnlite.functional", "package nnlite.losses"),
        ("if TYPE_CHECKING:\n    from nnlite import losses", "nnlite.functional", "package nnlite.losses"),
        ("from .dropout import Dropout", "nnlite.layers.dense", "layers.dropout"),
        ("from . import dropout", "nnlite.layers.dense", "layers.dropout"),
        ("from .. import losses", "nnlite.layers.base", "package nnlite.losses"),
        ("from ..models import sequential", "nnlite.layers.base", "models.sequential"),
        ("import nnlite.unheard_of", "nnlite.losses.margin", "no floor"),
    ],
)
def test_a_wrong_import_is_found(source, module, fault):
    assert fault in "".join(faults(source, module))


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from nnlite import config", "nnlite.losses.margin"),
        ("from nnlite.layers import activations", "nnlite.layers.dense"),
        ("from . import activations", "nnlite.layers.dense"),
        ("from nnlite.layers.base import Layer", "nnlite.layers"),
        ("from .base import Layer", "nnlite.layers"),
        ("import numpy as np\nfrom nnlitex import y", "nnlite.errors"),
    ],
)
def test_a_right_import_passes(source, module):
    assert not faults(source, module)


def test_a_new_module_without_a_floor_is_found(tmp_path):
    assert floor("nnlite.layers.novel") is None
    assert floor("nnlite.layers.dense.inner") is None
    assert module_name(tmp_path / "layers" / "novel.py", tmp_path) == "nnlite.layers.novel"
    assert module_name(tmp_path / "layers" / "__init__.py", tmp_path) == "nnlite.layers"
