"""Data classes that are made quickly: a method of one is generated when it is first used.

Owns `dataclass`, which stands for that of the standard library. A start defines hundreds of data classes and uses some, and
generating their methods was two fifths of it. Promises the same classes, fields, methods and signatures; only a method that
nobody has used yet is not there. What is generated comes from the standard library, and costs from then on what it costs there.
A class without a docstring has its name for one. Refuses the options that it does not name; no class here has an `InitVar`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    from functools import partial

    _UNSAID = object()

    def dataclass(cls=None, /, **options):
        """As `dataclasses.dataclass`: a decorator, with or without options."""
        return partial(_defined, **options) if cls is None else _defined(cls)

    def _defined(cls, *, init=True, repr=True, eq=True, frozen=False, kw_only=False, slots=False):
        own = vars(cls)
        is_wanted = {"__init__": init, "__repr__": repr, "__eq__": eq}
        later = [name for name, wanted in is_wanted.items() if wanted and name not in own]
        hash_ = own.get("__hash__", _UNSAID)
        has_hash = hash_ is not _UNSAID and not (
            hash_ is None and "__eq__" in own
        )  # for Python sets None where there is __eq__
        later += ["__hash__"] if eq and frozen and not has_hash else []
        if not cls.__doc__:
            cls.__doc__ = cls.__name__  # else its signature, for which all would be generated
        cls = _with_fields(cls, frozen=frozen, kw_only=kw_only, slots=slots)
        for name in later:
            setattr(cls, name, _Later(cls, name, {"frozen": frozen, "slots": slots}))
        if eq and not frozen and not has_hash:
            cls.__hash__ = None
        said = cls.__dataclass_params__
        said.init, said.repr, said.eq, said.frozen = init, repr, eq, frozen
        return cls

    def _with_fields(cls, *, frozen, slots, **options):
        """The class with its fields, and no methods but those that keep it frozen. The standard library generates these two;
        here they are closures where the class is derived from no other data class, as nearly all are."""
        is_alone = not any(hasattr(base, "__dataclass_fields__") for base in cls.__mro__[1:])
        is_closed = frozen and is_alone and not {"__setattr__", "__delattr__"} & set(vars(cls))
        cls = dataclasses.dataclass(
            cls, init=False, repr=False, eq=False, frozen=frozen and not is_closed, slots=slots, **options
        )
        return _frozen(cls, slots) if is_closed else cls

    class _Later:
        """A method of a data class that is generated when it is first looked up. Threads that look at once generate it each."""

        def __init__(self, owner, name, options):
            self.owner, self.name, self.options = owner, name, options

        def __get__(self, instance, owner=None):
            method = _generated(self.owner, self.name, self.options)
            setattr(self.owner, self.name, method)
            return method.__get__(instance, owner)

    def _generated(cls, name, options):
        """A method of a data class: that of another one with the same fields, in the same module."""
        wanted = {"init": name == "__init__", "repr": name == "__repr__", "eq": name == "__eq__"}
        if name == "__hash__":
            wanted["unsafe_hash"] = True  # which is that of a frozen class, and gives no more methods
        if name == "__init__":
            wanted |= options
        fields = dataclasses.fields(cls)
        alike = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
        alike |= {"__doc__": name, "__annotations__": {field.name: field.type for field in fields}}
        alike |= {"__post_init__": cls.__post_init__} if hasattr(cls, "__post_init__") else {}
        made = type(cls.__name__, (), alike | {field.name: field for field in fields})
        return vars(dataclasses.dataclass(made, **wanted))[name]

    def _frozen(cls, slots):
        """The class with fields that nobody sets or deletes."""
        names = frozenset(field.name for field in dataclasses.fields(cls))

        def __setattr__(self, name, value):
            if type(self) is cls or name in names:
                raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
            super(cls, self).__setattr__(name, value)

        def __delattr__(self, name):
            if type(self) is cls or name in names:
                raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
            super(cls, self).__delattr__(name)

        for method in (__setattr__, __delattr__):
            method.__qualname__ = f"{cls.__qualname__}.{method.__name__}"
            setattr(cls, method.__name__, method)
        for name, method in (("__getstate__", _state), ("__setstate__", _set_state)) if slots else ():
            if name not in vars(cls):
                setattr(cls, name, method)
        return cls

    def _state(self):
        return [getattr(self, field.name) for field in dataclasses.fields(self)]

    def _set_state(self, state):
        for field, value in zip(dataclasses.fields(self), state, strict=False):
            object.__setattr__(self, field.name, value)
