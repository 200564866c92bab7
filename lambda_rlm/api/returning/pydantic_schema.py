"""pydantic's JSON Schema of a class, with what that alone does not tell.

Owns `Schemas`, which adds: keys of dictionaries by their type (`x-key`), the documentation of fields (`Doc`), what no JSON has
(`x-refused`, where it stands, instead of an error without a place), decimals as texts, which keep their digits. Imports
pydantic: import this module where it is needed only."""

from __future__ import annotations

from enum import Enum
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from lambda_rlm.api.returning.answer_part import KEY, NO_KEY, REFUSED


class Schemas(GenerateJsonSchema):
    """Makes the schema of one class, for validation."""

    def decimal_schema(self, schema: Any) -> dict[str, Any]:
        """A text, by which no digit is lost."""
        limits = {
            "ge": "minimum",
            "gt": "exclusiveMinimum",
            "le": "maximum",
            "lt": "exclusiveMaximum",
            "multiple_of": "multipleOf",
        }
        said = {name: _number(schema[key]) for key, name in limits.items() if schema.get(key) is not None}
        digits = {"max_digits": "maxDigits", "decimal_places": "maxDecimals"}
        said |= {name: schema[key] for key, name in digits.items() if schema.get(key) is not None}
        return {"type": "string", "format": "decimal", **said}

    def enum_schema(self, schema: Any) -> dict[str, Any]:
        """With the names of members whose values are no texts."""
        made, values = super().enum_schema(schema), [member.value for member in schema["members"]]
        if not all(value is None or type(value) in (str, int, float, bool) for value in values):
            return {**made, REFUSED: "the values of an enumeration must be texts, numbers or booleans"}
        if not all(isinstance(value, str) for value in made["enum"]):
            named = zip(made["enum"], (member.name for member in schema["members"]), strict=True)
            names = ", ".join(f"{value} is {name}" for value, name in named)
            made["description"] = f"{made['description']}; {names}" if "description" in made else names
            made[NO_KEY] = not issubclass(schema["cls"], int | float)
        return made

    def dict_schema(self, schema: Any) -> dict[str, Any]:
        """With the schema of its keys, which JSON writes as texts whatever they are."""
        made, keys = super().dict_schema(schema), schema.get("keys_schema")
        by_pattern = made.pop("patternProperties", None)
        if by_pattern:
            made["additionalProperties"] = next(iter(by_pattern.values()))
        return made if keys is None else {**made, KEY: self.generate_inner(keys)}

    def generator_schema(self, schema: Any) -> dict[str, Any]:
        """Refused: an answer is there as a whole, and may be read twice."""
        return {**super().generator_schema(schema), REFUSED: "an answer is no stream of values; use list[…]"}

    def bytes_schema(self, schema: Any) -> dict[str, Any]:
        """In base64 where the host reads it so; else `binary`, which no text is."""
        made, how = super().bytes_schema(schema), getattr(self._config, "val_json_bytes", None)
        return {**made, "format": "base64url" if how == "base64" else "binary"}

    def literal_schema(self, schema: Any) -> dict[str, Any]:
        """Refused where a member of an enumeration stands for itself alone: no JSON does."""
        made, expected = super().literal_schema(schema), schema["expected"]
        members = [one for one in expected if isinstance(one, Enum) and not isinstance(one, str | int)]
        if members:
            return {**made, REFUSED: f"no JSON is {members[0]}; use its class, or its value"}
        return {**made, NO_KEY: not all(isinstance(one, str | bool) for one in expected)}

    def is_subclass_schema(self, schema: Any) -> dict[str, Any]:
        """Refused: no JSON is a class."""
        return {REFUSED: "no JSON is a class; use a label"}

    def model_schema(self, schema: Any) -> dict[str, Any]:
        """With what `Doc` says of its fields."""
        made = super().model_schema(schema)
        fields = getattr(schema["cls"], "model_fields", {})
        for name, info in fields.items():
            documents = [one.documentation for one in info.metadata if type(one).__name__ in ("Doc", "DocInfo")]
            alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
            shown = next((key for key in (alias, name) if key in made.get("properties", {})), None)
            if documents and shown is not None:
                made["properties"][shown].setdefault("description", documents[0])
        return made

    def model_field_schema(self, schema: Any) -> dict[str, Any]:
        """Refused where the field is read from inside another only."""
        return _placed(schema, super().model_field_schema(schema))

    def dataclass_field_schema(self, schema: Any) -> dict[str, Any]:
        """The same of a dataclass."""
        return _placed(schema, super().dataclass_field_schema(schema))

    def typed_dict_field_schema(self, schema: Any) -> dict[str, Any]:
        """The same of a TypedDict."""
        return _placed(schema, super().typed_dict_field_schema(schema))

    def get_title_from_name(self, name: str) -> str:
        """The name itself: whatever else a title says is the host's."""
        return name

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:
        """A mark, for who knows the place."""
        return {REFUSED: f"JSON has no such values ({error_info}); use str, a number, a list or a model"}


def _placed(schema: Any, made: dict[str, Any]) -> dict[str, Any]:
    alias = schema.get("validation_alias")
    if isinstance(alias, list) and not any(isinstance(path, list) and len(path) == 1 for path in alias):
        return {**made, REFUSED: "a field that is read from inside another (AliasPath) has no place of its own; give it a name"}
    return made


def _number(value: Any) -> int | float:
    return int(value) if value == int(value) else float(value)
