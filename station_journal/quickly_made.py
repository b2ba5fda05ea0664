"""Making a frozen record quickly: the same class, equality and errors, a third of the time.

A frozen dataclass sets each of its fields through a call. What every record of a year is decoded into or folded
through is made tens of times a second at a counter and millions of times in a replay, so those few classes set their
fields as any other object does, in a moment before they are frozen.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

_Made = TypeVar("_Made")


def quickly_made(cls: type[_Made]) -> type[_Made]:
    """Give a frozen dataclass with slots a quicker ``__init__``: put it above ``dataclass``.

    An object under way is of a class with the same slots that takes assignments; its last step makes it what it is.
    The class may have no subclass, since that step would make its objects plain ones, and no field with a factory.
    """
    items = fields(cast("Any", cls))  # a dataclass, as the caller has just made it
    names: dict[str, Any] = {"put": object.__setattr__, "UnderWay": _under_way(cls), "Whole": cls}
    parameters = []
    for item in items:
        if item.default is MISSING:
            parameters.append(item.name)
        else:
            names[f"default_of_{item.name}"] = item.default
            parameters.append(f"{item.name}=default_of_{item.name}")
    lines = [
        f"def __init__(self, {', '.join(parameters)}):",
        "    put(self, '__class__', UnderWay)",
        *(f"    self.{item.name} = {item.name}" for item in items),
        "    self.__class__ = Whole",
    ]
    made = _written("__init__", lines, names)
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__annotations__ = cls.__init__.__annotations__
    type.__setattr__(cls, "__init__", made)
    return cls


def quick_changer(cls: type[_Made]) -> Callable[..., _Made]:
    """Give what makes a copy with some fields changed, as ``dataclasses.replace`` does; for classes as above.

    It is given the object and the fields by name. A name that is no field is an ``AttributeError``.
    """
    names: dict[str, Any] = {"new": object.__new__, "UnderWay": _under_way(cls), "Whole": cls}
    lines = [
        "def changed(whole, /, **changes):",
        "    copy = new(UnderWay)",
        *(f"    copy.{item.name} = whole.{item.name}" for item in fields(cast("Any", cls))),
        "    for name, value in changes.items():",
        "        setattr(copy, name, value)",
        "    copy.__class__ = Whole",
        "    return copy",
    ]
    return cast("Callable[..., _Made]", _written("changed", lines, names))


def _under_way(cls: type) -> type:
    return type(cls.__name__, (), {"__slots__": tuple(item.name for item in fields(cast("Any", cls)))})


def _written(name: str, lines: list[str], names: dict[str, Any]) -> Any:  # noqa: ANN401 - a function of any kind
    exec("\n".join(lines), names)  # noqa: S102 - as dataclass itself writes its methods
    return names[name]
