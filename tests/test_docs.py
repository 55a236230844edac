"""The documentation is true: its code runs, its messages are the library's, and its reference is complete.

Every ``python`` block of docs/*.md and README.md is run, the blocks of one file in order and in one name
space. A comment on the line before a block says more::

    <!-- no-run: why -->   it is not run
    <!-- prints -->        what it prints is the ``text`` block that follows
    <!-- raises -->        so is the class and the message of the error that it raises
"""

import ast
import contextlib
import importlib
import importlib.util
import io
import re
from pathlib import Path
from types import ModuleType

import matplotlib as mpl
import pytest

import nnlite
from nnlite import config

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("docs/*.md")), ROOT / "README.md"]
BLOCK = re.compile(
    r"(?:^<!-- *(?P<comment>[^\n]*?) *-->\n)?"
    r"^```python\n(?P<code>.*?)^```$"
    r"(?:\n\n^```text\n(?P<text>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)

pytestmark = pytest.mark.skipif(
    not (ROOT / "docs").is_dir(), reason="the documentation is not beside the tests"
)


@pytest.fixture
def session(tmp_path, monkeypatch):
    """A fresh session in an empty folder, with pictures that open no window."""
    import matplotlib.pyplot as plt

    monkeypatch.chdir(tmp_path)
    backend, floatx = mpl.get_backend(), config.floatx()
    mpl.use("Agg")
    config.clear_session()
    config.seed_everything(0)
    yield
    plt.close("all")
    mpl.use(backend)
    config.set_floatx(floatx)


def run(code, names, place):
    """Run a block; return what it printed and the error that it raised."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(code, place, "exec"), names)
    except Exception as error:  # noqa: BLE001 - whether it was to come is decided by the caller
        return printed.getvalue(), error
    return printed.getvalue(), None


def lines(text):
    return [line.rstrip() for line in text.strip().splitlines()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_on_the_page_runs(page, session):
    text = page.read_text(encoding="utf-8")
    names = {"__name__": "__docs__"}
    for block in BLOCK.finditer(text):
        comment = block["comment"] or ""
        if comment.startswith("no-run"):
            continue
        start = text[: block.start("code")].count("\n")
        printed, error = run("\n" * start + block["code"], names, str(page))
        if comment == "raises":
            assert error is not None, f"{page.name}:{start}: nothing was raised"
            printed = f"{type(error).__name__}: {error}"
        elif error is not None:
            raise error
        if comment in ("raises", "prints"):
            assert lines(printed) == lines(block["text"] or ""), f"{page.name}:{start}"


def test_the_guide_is_found():
    assert len(PAGES) > 5
    assert all(page.exists() for page in PAGES)


INCLUDES = [
    pytest.param(page, *found.groups(), id=f"{page.name}: {found[2]}")
    for page in PAGES
    for found in re.finditer(
        r"^```{literalinclude} (\S+)\n:pyobject: (\S+)\n(.*?)^```$",
        page.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
]


@pytest.mark.parametrize(("page", "file", "name", "options"), INCLUDES)
def test_code_shown_exists(page, file, name, options):
    source = (page.parent / file).read_text(encoding="utf-8")
    node = ast.parse(source)
    for part in name.split("."):
        node = next((inner for inner in node.body if getattr(inner, "name", "") == part), None)
        assert node is not None, f"{file} has no {name} any more"
    shown = ast.get_source_segment(source, node)
    for option in re.findall(r"^:(?:start|end)-\w+: (.*)$", options, re.MULTILINE):
        assert option.strip('"') in shown, f"{name} has no line with {option} any more"


def functions(source):
    """Return the lines of every method by its class and name, without remarks to the linters."""
    return {
        f"{outer.name}.{inner.name}": [
            re.sub(r"  # (noqa|type:).*", "", line)
            for line in ast.get_source_segment(source, inner, padded=True).splitlines()
        ]
        for outer in ast.parse(source).body
        if isinstance(outer, ast.ClassDef)
        for inner in outer.body
        if isinstance(inner, ast.FunctionDef)
    }


def test_the_readme_shows_the_layer_as_it_is():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    file = "src/nnlite/layers/dense.py"
    shown = next(b["code"] for b in BLOCK.finditer(text) if f"from {file}" in (b["comment"] or ""))
    there = functions((ROOT / file).read_text(encoding="utf-8"))
    methods = ["Affine.forward", "Affine.backward", "Dense.forward", "Dense.backward"]
    assert functions(shown) == {name: there[name] for name in methods}


def steps():
    """Return what a training step calls, as the test of its cost has it: (file, function)."""
    path = ROOT / "tests/test_step_cost.py"
    spec = importlib.util.spec_from_file_location("step_cost", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [*module.STEP]


def test_the_files_of_a_step_are_told():
    page = (ROOT / "docs/training_step.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| `(\w+(?:/\w+)*\.py)` \| (.*) \|$", page, re.MULTILINE))
    calls = steps()
    assert {*table} == {file for file, _ in calls}
    for file, function in calls:
        told = f"`{function}`" in table[file] or function.split(".")[-1].startswith("_")
        assert told, f"{file}: {function}"
        assert f"../src/nnlite/{file}\n" in page or file.endswith("/base.py"), f"{file} is not shown"


@pytest.mark.parametrize("page", ["README.md", "docs/training_step.md"])
def test_a_step_has_as_many_calls_and_files_as_the_page_says(page):
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    calls, files = str(len(steps())), str(len({file for file, _ in steps()}))
    assert re.findall(r"is (\d+) (?:function )?calls .{0,40}?in (\d+) files", text) == [(calls, files)]


# what scripts import, and what extensions of the library do
MODULES = [f"nnlite.{name}" for name in nnlite.__all__ if isinstance(getattr(nnlite, name), ModuleType)]
MODULES += ["nnlite._lib.checks", "nnlite.parameters", "nnlite._lib.registry"]
OTHER_NAMES = {"nnlite.backend", "nnlite.optimizers"}  # Keras's, for what is documented under ours


@pytest.mark.parametrize("module", sorted({*MODULES} - OTHER_NAMES))
def test_every_public_name_is_in_the_reference(module):
    reference = "\n".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "docs/api").glob("*.rst")))
    directives = re.findall(r"^\.\. (?:auto\w+|data):: ([\w.]+)$", reference, re.MULTILINE)
    whole = re.findall(r"^\.\. automodule:: ([\w.]+)\n   :members:$", reference, re.MULTILINE)
    for name in importlib.import_module(module).__all__:
        path = f"{module}.{name}"
        thing = getattr(importlib.import_module(module), name)
        defined = f"{getattr(thing, '__module__', '')}.{name}"
        known = module in whole or {path, defined} & {*directives}
        assert known, f"{path} is missing in docs/api"


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("```python\na = 1\n```\n", [None]),
        ("<!-- no-run -->\n```python\na\n```\n", ["no-run"]),
        ("<!-- prints -->\n```python\nprint(1)\n```\n\n```text\n1\n```\n", ["prints"]),
        ("```bash\nls\n```\n", []),
        ("```python\na\n```\n\n```python\nb\n```\n", [None, None]),
    ],
)
def test_blocks_are_found(text, comments):
    assert [block["comment"] for block in BLOCK.finditer(text)] == comments
