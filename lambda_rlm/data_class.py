"""Data classes that are made quickly: a method of one is generated when it is first used.

Owns `dataclass`, which stands for that of the standard library. A start defines hundreds of data classes and uses some, and
generating their methods was two fifths of it. Promises the same classes, fields, methods and signatures; only a method that
nobody has used yet is not there. What is generated comes from the standard library, and costs from then on what it costs there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    from functools import partial

    def dataclass(cls=None, /, **options):
        """As `dataclasses.dataclass`: a decorator, with or without options."""
        return partial(_defined, **options) if cls is None else _defined(cls)

    def _defined(cls, *, init=True, repr=True, eq=True, frozen=False, kw_only=False, slots=False):
        own = vars(cls)
        has_hash = own.get("__hash__") is not None
        is_wanted = {"__init__": init, "__repr__": repr, "__eq__": eq}
        later = [name for name, wanted in is_wanted.items() if wanted and name not in own]
        later += ["__hash__"] if eq and frozen and not has_hash else []
        if not cls.__doc__:
            cls.__doc__ = cls.__name__  # else its signature, for which all would be generated
        cls = _with_fields(cls, frozen, kw_only=kw_only, slots=slots)
        for name in later:
            setattr(cls, name, _Later(cls, name, {"frozen": frozen, "slots": slots}))
        if eq and not frozen and not has_hash:
            cls.__hash__ = None
        return _frozen(cls, slots) if frozen else cls

    def _with_fields(cls, frozen, **options):
        """The class with its fields and no methods. The standard library generates two for what is frozen, so here nothing is:
        neither the class nor, for a moment, those that it is derived from."""
        above = [one.__dataclass_params__ for one in cls.__mro__[1:] if "__dataclass_params__" in vars(one)]
        if any(one.frozen != frozen for one in above):
            return dataclasses.dataclass(cls, frozen=frozen, **options)  # which says what is wrong
        for one in above:
            one.frozen = False
        try:
            return dataclasses.dataclass(cls, init=False, repr=False, eq=False, **options)
        finally:
            for one in above:
                one.frozen = frozen

    class _Later:
        """A method of a data class that is generated when it is first looked up."""

        def __init__(self, owner, name, options):
            self.owner, self.name, self.options = owner, name, options

        def __get__(self, instance, owner=None):
            method = _generated(self.owner, self.name, self.options)
            setattr(self.owner, self.name, method)
            return method.__get__(instance, owner)

    def _generated(cls, name, options):
        """A method of a data class: that of another one with the same fields."""
        wanted = {"init": name == "__init__", "repr": name == "__repr__", "eq": name == "__eq__"}
        if name == "__hash__":
            wanted["unsafe_hash"] = True  # which is that of a frozen class, and gives no more methods
        if name == "__init__":
            wanted |= options
        after = {"__post_init__": cls.__post_init__} if hasattr(cls, "__post_init__") else {}
        alike = [(field.name, field.type, field) for field in dataclasses.fields(cls)]
        return vars(dataclasses.make_dataclass(cls.__qualname__, alike, namespace=after, **wanted))[name]

    def _frozen(cls, slots):
        """The class with fields that nobody sets or deletes."""
        names = frozenset(cls.__dataclass_fields__)

        def __setattr__(self, name, value):
            if type(self) is cls or name in names:
                raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
            super(cls, self).__setattr__(name, value)

        def __delattr__(self, name):
            if type(self) is cls or name in names:
                raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
            super(cls, self).__delattr__(name)

        cls.__setattr__, cls.__delattr__ = __setattr__, __delattr__
        cls.__dataclass_params__.frozen = True
        if slots and "__getstate__" not in vars(cls):
            cls.__getstate__, cls.__setstate__ = _state, _set_state
        return cls

    def _state(self):
        return [getattr(self, field.name) for field in dataclasses.fields(self)]

    def _set_state(self, state):
        for field, value in zip(dataclasses.fields(self), state, strict=True):
            object.__setattr__(self, field.name, value)
