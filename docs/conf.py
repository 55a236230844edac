"""How the documentation is built: ``sphinx-build -W --keep-going -b html docs docs/_build``."""

import re
import sys
from pathlib import Path

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


def setup(app):
    app.connect("autodoc-process-docstring", formulas_as_code, priority=400)  # before numpydoc has it
