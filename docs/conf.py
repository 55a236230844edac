"""How the documentation is built: ``sphinx-build -W --keep-going -b html docs docs/_build``."""

import re
import sys
from pathlib import Path

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

import nnlite

project = "nnlite"
author = "The nnlite developers"
copyright = f"2026, {author}"
version = release = nnlite.__version__

extensions = ["sphinx.ext.autodoc", "numpydoc", "myst_parser"]
exclude_patterns = ["_build"]
root_doc = "index"

html_theme = "furo"
html_math_renderer = "mathml"
html_title = f"nnlite {version}"

myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the types stand in the docstrings, with their shapes
numpydoc_show_class_members = False  # the members are documented below the class, not in a table of stubs

_FORMULA = re.compile(r"\s*[A-Za-z_]\w*\s+= \S")


def formulas_as_code(app, what, name, obj, options, lines):
    """Show a paragraph that is nothing but formulas as code, also where no ``::`` stands before it."""
    text, paragraph = [], []
    literal = False  # whether the last paragraph ended in "::"
    for line in [*lines, ""]:
        if line.strip():
            paragraph.append(line)
            continue
        if paragraph and not literal and all(_FORMULA.match(row) for row in paragraph):
            paragraph = ["::", "", *("    " + row for row in paragraph)]
        if paragraph:
            literal = paragraph[-1].rstrip().endswith("::")
        text += [*paragraph, line]
        paragraph = []
    lines[:] = text


def inline_formula(translator, node):
    """Write a formula as MathML, which browsers set by themselves, without a script from the net."""
    translator.body.append(convert(node.astext(), display="inline"))
    raise SkipNode


def formula(translator, node):
    """The same for a formula that stands alone."""
    translator.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (inline_formula, None), (formula, None))
    app.connect("autodoc-process-docstring", formulas_as_code, priority=400)  # before numpydoc has it
