"""The rooms are in an order: a module imports only from rooms before its own, and no import goes in a circle.

That is why a part can be read, tested and replaced without the rest. The imports are read from the source, in
functions and type checks as well, so a circle that Python would not notice is found here.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import nnlite

SOURCE = Path(nnlite.__file__).parent

ROOMS = [
    # what everything stands on
    "errors",
    "_lib",
    "config",
    "tensor",
    "functional",
    "derivatives",
    "gradcheck",
    # choices, and θ
    "initializers",
    "regularizers",
    "constraints",
    "variables",
    "parameters",
    # the parts of a network and of its training
    "layers",
    "activations",
    "losses",
    "metrics",
    "optim",
    "callbacks",
    "saving",
    # what composes the parts, and what trains several of them or in another way
    "models",
    "minimize",
    "preprocessing",
    "datasets",
    "ensemble",
    "search",
    "graph",
    "perceptron",
    "plot",
    # what only scripts look for: helpers, and other names for what is there
    "backend",
    "optimizers",
    "utils",
    "compat",
    "lectures",
    "nnlite",
]
"""Each package, and each module that lies beside them, after those that it imports."""


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(("nnlite", *(part for part in parts if part != "__init__")))


# but for the scripts of the lectures, which an installation has beside the package's own modules
MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py")) if "_lectures" not in path.parts}
PACKAGES = {name for name, path in MODULES.items() if path.name == "__init__.py"}


def room(module: str) -> str:
    return module.split(".")[1] if module != "nnlite" else "nnlite"


def imports(source: str, module: str) -> Iterator[str]:
    """The modules of nnlite that some source text imports, wherever in it: in functions as well."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "nnlite")
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                base = module.split(".")
                base = base[: len(base) - node.level + (module in PACKAGES)]
                origin = ".".join([*base, *filter(None, [node.module])])
            if origin.split(".")[0] == "nnlite":
                for alias in node.names:  # `from nnlite import config` imports nnlite.config
                    whole = f"{origin}.{alias.name}"
                    yield whole if whole in MODULES else origin


def faults(source: str, module: str) -> list[str]:
    """What a module imports that it must not."""
    if module in PACKAGES:
        return []  # it gives names to scripts; that nothing inside imports it is the next fault
    found = []
    for target in imports(source, module):
        if target in PACKAGES:
            found.append(f"{module} imports through the package {target}: name the module itself")
        elif room(target) != room(module) and ROOMS.index(room(target)) >= ROOMS.index(room(module)):
            found.append(f"{module} imports {target}, whose room comes later")
    return found


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Names along one circle of imports; none, if there is none."""
    done: set[str] = set()

    def visit(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph.get(name, ())):
            if found := visit(target, [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in graph if (found := visit(name, []))), [])


def test_every_module_is_in_a_room_of_the_list():
    assert {room(module) for module in MODULES} == set(ROOMS)


@pytest.mark.parametrize("own", ROOMS)
def test_a_room_imports_only_from_rooms_before_it(own):
    texts = {name: path.read_text(encoding="utf-8") for name, path in MODULES.items() if room(name) == own}
    assert not [fault for name, text in texts.items() for fault in faults(text, name)]


def test_no_import_goes_in_a_circle():
    graph = {
        name: set(imports(path.read_text(encoding="utf-8"), name)) - {name}
        for name, path in MODULES.items()
        if name not in PACKAGES
    }
    assert circle(graph) == []


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


@pytest.mark.parametrize("package", sorted(PACKAGES - {"nnlite._lib"}))
def test_what_a_package_exports_it_has(package):
    import importlib

    module = importlib.import_module(package)
    assert sorted(module.__all__) == sorted(set(module.__all__))
    missing = [
        name for name in module.__all__ if f"{package}.{name}" not in MODULES and not hasattr(module, name)
    ]
    assert not missing


# --- the tests' own tests --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "module", "fault"),
    [
        ("from nnlite.models.sequential import Sequential", "nnlite.losses.margin", "comes later"),
        ("from nnlite.layers import Dropout", "nnlite.models.model", "through the package nnlite.layers"),
        ("import nnlite", "nnlite.losses.margin", "through the package nnlite:"),
        ("import nnlite.layers", "nnlite.losses.margin", "through the package nnlite.layers"),
        ("from nnlite import Sequential", "nnlite.utils", "through the package nnlite:"),
        ("def f():\n    from nnlite import losses", "nnlite.functional", "package nnlite.losses"),
        ("if TYPE_CHECKING:\n    from nnlite import losses", "nnlite.functional", "package nnlite.losses"),
        ("from .. import losses", "nnlite.layers.base", "package nnlite.losses"),
        ("from ..models import sequential", "nnlite.layers.base", "models.sequential"),
    ],
)
def test_a_wrong_import_is_found(source, module, fault):
    assert fault in "".join(faults(source, module))


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []
