"""A class made quickly behaves in every way as the frozen dataclass that it is."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, fields, replace
from typing import Any

import pytest

from station_journal.effects import Effects, Standing
from station_journal.payment import Payment
from station_journal.quickly_made import quick_changer, quickly_made
from station_journal.records import BillerAnswered, BillPaymentTaken, Record


@dataclass(frozen=True, slots=True)
class Plain:
    one: int
    two: str = "two"


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    one: int
    two: str = "two"


def test_it_takes_and_refuses_the_same_arguments() -> None:
    taken: list[tuple[tuple[Any, ...], dict[str, Any]]]
    taken = [((1,), {}), ((1, "b"), {}), ((), {"one": 1}), ((1,), {"two": "b"})]
    for arguments, named in taken:
        made, plain = Quick(*arguments, **named), Plain(*arguments, **named)
        assert (made.one, made.two) == (plain.one, plain.two)
        assert repr(made) == repr(plain).replace("Plain", "Quick")
    taken = [((), {}), ((1, "b", 3), {}), ((1,), {"three": 3})]
    for arguments, named in taken:
        with pytest.raises(TypeError):
            Quick(*arguments, **named)


def test_what_is_made_is_frozen_hashable_and_of_the_class_itself() -> None:
    made = Quick(1)
    assert type(made) is Quick
    assert made == Quick(1) != Quick(2)
    assert hash(made) == hash(Quick(1))
    for change in (lambda: setattr(made, "one", 2), lambda: delattr(made, "one"), lambda: setattr(made, "new", 2)):
        with pytest.raises((FrozenInstanceError, TypeError)):
            change()
    assert (
        made == replace(Quick(5), one=1) == copy.copy(made) == copy.deepcopy(made) == pickle.loads(pickle.dumps(made))
    )


@pytest.mark.parametrize("cls", [Payment, Standing, Effects, Record, BillPaymentTaken, BillerAnswered])
def test_every_field_gets_its_own_value(cls: type) -> None:
    names = [item.name for item in fields(cls)]
    made = cls(*range(len(names)))
    assert [getattr(made, name) for name in names] == list(range(len(names)))
    assert cls(**dict(zip(names, range(len(names)), strict=True))) == made
    assert cls.__subclasses__() == []


def test_a_changed_copy_differs_in_what_was_named_and_leaves_the_first_as_it_was() -> None:
    change, made = quick_changer(Quick), Quick(1)
    assert change(made, two="b") == Quick(1, "b")
    assert change(made) == made == Quick(1)
    assert type(change(made, one=3)) is Quick
    with pytest.raises(AttributeError):
        change(made, three=3)
