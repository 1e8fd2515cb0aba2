"""Runs the target of `py>`: finds it, fills its arguments, and writes what it left (scripting-api.md).

It is run by the user's Python, in the user's project: nothing of digbot can be imported here, and
every import is a part of each task's time.

    python digdag_main.py TARGET INPUT.json OUTPUT.json
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import types

import digdag  # type: ignore[import-not-found]

TYPE_CHECKING = False  # importing typing for it would cost each task a millisecond
if TYPE_CHECKING:
    from typing import Any

    Target = Any  # a function, or a class and the name of its method

_STAR_KEYWORDS = 0x08  # the flag of code that takes **keywords


def main() -> None:
    command, input_path, output_path = sys.argv[1:4]
    with open(input_path, encoding="utf-8") as file:
        env = digdag.env = digdag.Env(json.load(file)["params"])
    sys.modules["digdag_env"] = _raw_module(env)
    # Last, as Digdag has it: the standard library and what is installed come first.
    sys.path.append(os.getcwd())
    sys.argv[:] = [command]
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)  # a log that is followed shows each line
    output, code = _run(command, env)
    with open(output_path, "w", encoding="utf-8") as file:
        json.dump(output, file)
    sys.exit(code)


def _raw_module(env: digdag.Env) -> types.ModuleType:
    """`import digdag_env`: the maps themselves."""
    module = types.ModuleType("digdag_env")
    for name in ("params", "subtask_config", "export_params", "store_params", "state_params"):
        setattr(module, name, getattr(env, name))
    return module


def _run(command: str, env: digdag.Env) -> tuple[dict[str, Any], int]:
    """(what goes into the output, exit code)"""
    try:
        result = _call(_find(command), env.params)
        return _output(env, result), 0
    except SystemExit as leave:
        message = (
            f"Failed to call python command with code:{leave.code} Possible cause: Invalid python module"
            " call, duplicate module name with standard library"
        )
        return {"error": {"class": "SystemExit", "message": message, "backtrace": []}}, 1
    except BaseException as error:
        return {"error": _described(error)}, 1


def _output(env: digdag.Env, result: Any) -> dict[str, Any]:
    output = {
        "subtask_config": env.subtask_config,
        "export_params": env.export_params,
        "store_params": env.store_params,
    }
    digdag.checked(output)
    if isinstance(result, dict):
        try:
            output["last_result"] = digdag.checked(result)
        except TypeError as error:
            # Digdag takes no notice of results, so this must not fail a task.
            sys.stderr.write(f"The result is not kept: {error}\n")
    return output


def _described(error: BaseException) -> dict[str, Any]:
    """The error for `error.message`; the log gets it as Python shows it, without our own frames."""
    import traceback

    error = error.with_traceback(_below_runner(error.__traceback__))
    traceback.print_exception(type(error), error, error.__traceback__)
    return {
        "class": type(error).__name__,
        "message": str(error),
        "backtrace": [
            f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"
            for frame in reversed(traceback.extract_tb(error.__traceback__))
            if not frame.filename.startswith("<frozen ")
        ],
    }


def _below_runner(trace: types.TracebackType | None) -> types.TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _find(command: str) -> Target:
    """The function or method that `module.function`, `module.Class` or `module.Class.method` names.

    For methods, a pair of class and name. Of two imports that fail, the first error is reported.
    """
    module_name, _, name = command.rpartition(".")
    if not module_name:
        raise ValueError(
            "Empty module name: expected module.function, module.Class or module.Class.method,"
            f" but got '{command}'"
        )
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        return _find_method(module_name, name, error)
    target = _attribute(module, name)
    return (target, "run") if isinstance(target, type) else target


def _find_method(class_path: str, name: str, first_error: ImportError) -> Target:
    """Another reading of the same words: the last but one is a class."""
    module_name, _, class_name = class_path.rpartition(".")
    if not module_name:
        raise first_error
    try:
        module = importlib.import_module(module_name)
    except ImportError:
        raise first_error from None
    target = getattr(module, class_name, None)
    if not isinstance(target, type):
        # The module exists but has no such class: what could not be imported is the news, unless
        # it is only that "module.Class" is no package.
        missing = getattr(first_error, "name", None)
        if missing != class_path:
            raise first_error
        raise AttributeError(_has_no(module, class_name))
    return target, name


def _attribute(module: types.ModuleType, name: str) -> Target:
    try:
        return getattr(module, name)
    except AttributeError:
        raise AttributeError(_has_no(module, name)) from None


def _has_no(module: types.ModuleType, name: str) -> str:
    message = f"Module '{module.__name__}' has no attribute '{name}'"
    found = getattr(module, "__file__", None)
    if found is None or not os.path.abspath(found).startswith(os.getcwd() + os.sep):
        mine = module.__name__.split(".")[0]
        if os.path.exists(mine + ".py") or os.path.isdir(mine):
            message += (
                " (it was found at {}, which comes before the project's module of the same name:"
                " rename the project's)".format(found or "the interpreter itself")
            )
    return message


def _call(target: Target, params: dict[str, Any]) -> Any:
    if not isinstance(target, tuple):
        label = getattr(target, "__name__", type(target).__name__)
        return target(**_arguments(target, label, params, skip=0))
    owner, name = target
    made = {}
    if owner.__init__ is not object.__init__:
        made = _arguments(owner.__init__, owner.__name__ + ".__init__", params, skip=1)
    instance = owner(**made)
    try:
        method = getattr(instance, name)
    except AttributeError:
        message = f"Module '{owner.__module__}' has no attribute '{name}'"
        raise AttributeError(message) from None
    skip = 0 if isinstance(_as_written(owner, name), staticmethod) else 1
    return method(**_arguments(method, owner.__name__ + "." + name, params, skip))


def _as_written(owner: type, name: str) -> object:
    for each in owner.__mro__:
        if name in each.__dict__:
            return each.__dict__[name]
    return None


def _arguments(function: Any, label: str, params: dict[str, Any], skip: int) -> dict[str, Any]:
    """Keywords for a call: each argument by its name from the parameters, else its default.

    The first `skip` arguments are the object's own. Keyword-only arguments that have a default keep
    it, as in Digdag.
    """
    names, optional, takes_all = _signature(function, skip)
    found = {}
    for name in names:
        if name in params:
            found[name] = params[name]
        elif name not in optional:
            raise TypeError(f"Method '{label}' requires parameter '{name}' but not set")
    return dict(params, **found) if takes_all else found


def _signature(function: Any, skip: int) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """(names of arguments to fill, those of them with defaults, whether it takes **keywords)"""
    plain = getattr(function, "__func__", function)
    if not isinstance(plain, types.FunctionType):
        return _inspected(function)
    code = plain.__code__
    names = code.co_varnames[: code.co_argcount]
    defaults = len(plain.__defaults__ or ())
    optional = names[len(names) - defaults :] if defaults else ()
    keyword_only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    needed = tuple(name for name in keyword_only if name not in (plain.__kwdefaults__ or ()))
    skip = max(skip, getattr(code, "co_posonlyargcount", 0))
    return names[skip:] + needed, optional, bool(code.co_flags & _STAR_KEYWORDS)


def _inspected(function: Any) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """The same for what is no plain function: builtins, partials, objects that can be called."""
    import inspect

    kinds = inspect.Parameter
    parameters = inspect.signature(function).parameters.values()
    names = tuple(p.name for p in parameters if p.kind == kinds.POSITIONAL_OR_KEYWORD)
    optional = tuple(p.name for p in parameters if p.default is not kinds.empty)
    return names, optional, any(p.kind == kinds.VAR_KEYWORD for p in parameters)
