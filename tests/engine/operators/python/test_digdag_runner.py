import sys

import pytest

from tests.support.python_tasks import printed

FORMS = """
import digdag

def function(word, size=0, session_date=None):
    print("function", repr(word), repr(size), session_date)

def everything(word, **others):
    print("everything", word, others["size"], others["_command"], others["py>"], "word" in others)

def needed_keyword(*, word): print("needed", word)

def kept_keyword(word, *, size=7): print("kept", word, size)

class Job:
    def __init__(self, size, factor=2): self.size = size * factor
    def run(self, word): print("run", word, self.size)
    def show(self, word): print("show", word, self.size)
    @classmethod
    def of_class(cls, word): print("class", word)
    @staticmethod
    def static(word): print("static", word)

class Bare:
    def show(self, word): print("bare", word)

class Callable:
    def __call__(self, word): print("called", word)

instance = Callable()
"""


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("function", "function 'w' 3 2024-01-02"),
        ("everything", "everything w 3 tasks.everything tasks.everything False"),
        ("needed_keyword", "needed w"),
        ("kept_keyword", "kept w 7"),
        ("Job", "run w 6"),
        ("Job.show", "show w 6"),
        ("Job.of_class", "class w"),
        ("Job.static", "static w"),
        ("Bare.show", "bare w"),
        ("instance", "called w"),
    ],
)
def test_targets_and_their_arguments(run, target, line):
    ran = run(FORMS, {"py>": f"tasks.{target}", "word": "w"}, {"size": 3})
    assert ran.result
    assert line in printed(ran)


def test_values_keep_their_types_and_what_comes_from_expressions_is_text(run):
    task = {"py>": "pkg.mod.show", "a": [1, 2.5, None], "b": {"c": True}, "d": "${1 + 1}"}
    ran = run("", task, files={"pkg/mod.py": "def show(a, b, d): print(a, b, repr(d))"})
    assert printed(ran) == ["[1, 2.5, None] {'c': True} '2'"]


STORES = """
import digdag, digdag_env

def both(stored):
    digdag.env.store({"stored": stored + 1})
    digdag.env.store(stored="two", more=[True, None])
    digdag.env.export(exported="yes")
    digdag.env.set_state(state=1)
    digdag_env.store_params["raw"] = digdag.env.params["stored"]

def child(n): pass

class Job:
    def run(self, n): pass

def generate():
    digdag.env.add_subtask(child, n=1)
    digdag.env.add_subtask(Job.run, n=2)
    digdag.env.add_subtask({"_type": "call", "_command": "c.dig"}, x=1)
    digdag.env.add_subtask(_type="sh", _command="echo")
    digdag.env.subtask_config["_parallel"] = True
"""


def test_what_is_stored_and_exported(run):
    result = run(STORES, "tasks.both", {"stored": 1}).result
    assert result.store == {"stored": "two", "more": [True, None], "raw": 1}
    assert result.export == {"exported": "yes"}
    assert result.subtask == {}


def test_subtasks(run):
    assert run(STORES, "tasks.generate").result.subtask == {
        "+subtask0": {"n": 1, "py>": "tasks.child"},
        "+subtask1": {"n": 2, "py>": "tasks.Job.run"},
        "+subtask2": {"_type": "call", "_command": "c.dig", "x": 1},
        "+subtask3": {"_type": "sh", "_command": "echo"},
        "_parallel": True,
    }


BROKEN = """
import sys
import digdag

def broken():
    raise ValueError("it broke")

def needs(nobody_sets_this): pass

def leave(): sys.exit(0)

def bad_subtask(): digdag.env.add_subtask({"echo>": object()})

def bad_store(): digdag.env.store(x=float("nan"))

def late(): digdag.env.store_params["x"] = object()

class Job:
    def __init__(self, size): pass
    def run(self): pass
"""
FAILED = "Python command failed with code 1\nError messages from python: "


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("tasks.needs", "Method 'needs' requires parameter 'nobody_sets_this' but not set (TypeError)"),
        ("tasks.Job", "Method 'Job.__init__' requires parameter 'size' but not set (TypeError)"),
        ("tasks.no_such", "Module 'tasks' has no attribute 'no_such' (AttributeError)"),
        ("tasks.NoSuch.run", "Module 'tasks' has no attribute 'NoSuch' (AttributeError)"),
        ("no_such_module.f", "No module named 'no_such_module' (ModuleNotFoundError)"),
        ("pkg.needs_more.f", "No module named 'not_installed' (ModuleNotFoundError)"),
        ("needs_more.f", "No module named 'not_installed' (ModuleNotFoundError)"),
        ("function", "Empty module name: expected module.function, module.Class or"),
        ("tasks.leave", "Failed to call python command with code:0 Possible cause: Invalid python"),
        ("tasks.bad_subtask", "Parameters must be serializable using JSON: "),
        ("tasks.bad_store", "Parameters must be serializable using JSON: "),
        ("tasks.late", "Parameters must be serializable using JSON: "),
    ],
)  # fmt: skip
def test_failures(run, target, message):
    files = {"pkg/needs_more.py": "import not_installed", "needs_more.py": "import not_installed"}
    error = run(BROKEN, target, files=files).error
    assert error.startswith(FAILED + message)
    assert error.endswith(" (runtime)")


def test_an_exception_is_shown_where_it_was_raised(run):
    ran = run(BROKEN, "tasks.broken")
    head, trace, *rest = ran.error.split("\n\tfrom ")
    assert head == FAILED + "it broke (ValueError)"
    assert "tasks.py:6 in broken" in trace
    assert rest == []
    assert "digdag_runner" not in ran.log
    assert "ValueError: it broke" in ran.log


def test_a_module_hidden_by_the_standard_library_is_pointed_out(run):
    ran = run("", "code.mine", files={"code.py": "def mine(): pass"})
    assert "comes before the project's module of the same name: rename" in ran.error


def test_the_runner_is_quick_to_import(run):
    tasks = """
import sys
SEEN = set(sys.modules)
def f(): print(sorted({"inspect", "typing", "traceback", "runpy", "subprocess"} & SEEN))
"""
    ran = run(tasks, {"py>": "tasks.f", "python": [sys.executable, "-S"]})
    assert printed(ran) == ["[]"]
