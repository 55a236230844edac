"""Every test asserts something: a test without an assertion cannot fail for what it is named after."""

import ast
from pathlib import Path

CHECKS = {"raises", "warns", "fail", "raise_if_failed"}  # what asserts beside assert and assert_…


def called(function):
    return {ast.unparse(n.func).split(".")[-1] for n in ast.walk(function) if isinstance(n, ast.Call)}


def asserting(functions):
    """Return the names of the functions that assert, by themselves or by one of the others that they call."""
    calls = {name: called(function) for name, function in functions.items()}
    known = {
        name
        for name, function in functions.items()
        if any(isinstance(n, ast.Assert) for n in ast.walk(function))
        or any(call in CHECKS or call.startswith("assert") for call in calls[name])
    }
    while more := {name for name in calls.keys() - known if calls[name] & known}:
        known |= more
    return known


def silent(source):
    functions = {n.name: n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)}
    return sorted(name for name in functions.keys() - asserting(functions) if name.startswith("test"))


def test_every_test_asserts():
    found = {
        path.name: silent(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.rglob("*.py")
    }
    assert {name: tests for name, tests in found.items() if tests} == {}
    assert len(found) > 100


def test_a_test_that_asserts_nothing_is_found():
    source = """
def close(a): np.testing.assert_allclose(a, 1)
def twice(a): close(a)
def draw(): pass
def test_1(): twice(1)
def test_2(): draw()
def test_3(): assert draw() is None
def test_4():
    with pytest.raises(ValueError): draw()
"""
    assert silent(source) == ["test_2"]
