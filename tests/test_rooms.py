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


def private_names(tree: ast.AST) -> tuple[set[str], dict[str, int]]:
    """The private names that a module defines, and those that it reads from other objects, with the line."""
    own, read = set(), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.endswith("__"):
            itself = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if itself:
                own.add(node.attr)
            else:
                read[node.attr] = node.lineno
    return own, read


def private_reads(texts: Mapping[str, str]) -> list[str]:
    """Where a private attribute is read that the room of the reader does not define."""
    found = {name: private_names(ast.parse(text)) for name, text in texts.items()}
    own: dict[str, set[str]] = {}
    for name, (defined, _) in found.items():
        own.setdefault(room(name), set()).update(defined)
    return [
        f"{name}:{line} reads {attribute}"
        for name, (_, read) in found.items()
        for attribute, line in read.items()
        if attribute not in own[room(name)]
    ]


def test_no_private_attribute_is_read_from_another_room():
    assert not private_reads({name: path.read_text(encoding="utf-8") for name, path in MODULES.items()})


def test_a_private_attribute_that_is_read_is_found():
    texts = {"nnlite.layers.a": "class A:\n    def f(self): self._x = 1", "nnlite.models.b": "def g(a): a._x"}
    assert private_reads(texts) == ["nnlite.models.b:1 reads _x"]
    assert not private_reads({**texts, "nnlite.layers.b": texts["nnlite.models.b"], "nnlite.models.b": ""})


def test_the_models_have_no_stubs_and_no_ladder_of_classes():
    for name, path in MODULES.items():
        if room(name) != "models":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert "NotImplementedError" not in {
            ast.unparse(n.exc) for n in ast.walk(tree) if isinstance(n, ast.Raise) and n.exc
        }
        local = {
            alias.name
            for n in ast.walk(tree)
            if isinstance(n, ast.ImportFrom) and "models" in (n.module or "")
            for alias in n.names
        }
        bases = {
            (node.name, ast.unparse(base))
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for base in node.bases
            if ast.unparse(base) in local
        }
        assert bases <= {("Sequential", "Model")}


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_package_files_hold_reexports_only(package):
    tree = ast.parse(MODULES[package].read_text(encoding="utf-8"))
    # a package whose heavy parts load when they are first asked for needs these three
    lazy = {"_LAZY", "_ALSO", "__getattr__", "__dir__"}
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
