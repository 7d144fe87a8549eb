"""Walk a nested pydantic model beside the plain data that is to fill it."""

from typing import Any, get_args

from pydantic import BaseModel


def _submodel(annotation: Any) -> type[BaseModel] | None:
    """The model inside `Model`, `dict[str, Model]`, `tuple[Model, ...]` or `Model | None`."""
    candidates = (annotation, *get_args(annotation))
    return next((kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def model_at(model: type[BaseModel], key: tuple[Any, ...]) -> type[BaseModel] | None:
    """The model that stands at a key path (names, dict keys and list indices), or None."""
    kind: Any = model
    for part in key:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            known = kind.model_fields.get(str(part))
            kind = known.annotation if known else None
        else:
            kind = _submodel(kind)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def without_blanks(data: Any, model: type[BaseModel]) -> Any:
    """Leave out known keys without a value (`calling:`, all its lines commented out), so defaults apply."""
    if not isinstance(data, dict):
        return data
    kept: dict[Any, Any] = {}
    for name, value in data.items():
        known = model.model_fields.get(str(name))
        if known is None:
            kept[name] = value
        elif value is not None:
            kept[name] = _filled(value, known.annotation)
    return kept


def _filled(value: Any, annotation: Any) -> Any:
    inner = _submodel(annotation)
    if inner is None:
        return value
    if annotation is inner or not isinstance(value, dict | list):
        return without_blanks(value, inner)
    if isinstance(value, list):
        return [without_blanks(item, inner) for item in value]
    return {name: without_blanks({} if item is None else item, inner) for name, item in value.items()}
