"""Small builders for inline SVG: text is escaped, numbers are rounded, equal input gives equal bytes."""

from collections.abc import Iterable, Sequence
from html import escape

_SHAPES: dict[str, tuple[tuple[float, float], ...]] = {
    "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "diamond": ((0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)),
    "triangle": ((0, -1.25), (1.2, 1), (-1.2, 1)),
    "down": ((-1.2, -1), (1.2, -1), (0, 1.25)),
    "bar": ((-1.5, -0.6), (1.5, -0.6), (1.5, 0.6), (-1.5, 0.6)),
    "cross": tuple(
        (sx * x, sy * y)
        for sx, sy, turn in ((-1, -1, 0), (1, -1, 1), (1, 1, 0), (-1, 1, 1))
        for x, y in (((1.3, 0.5), (0.5, 0.5), (0.5, 1.3)), ((0.5, 1.3), (0.5, 0.5), (1.3, 0.5)))[turn]
    ),
}


def num(value: float) -> str:
    """A coordinate, in the shortest form with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: str | float) -> str:
    return num(value) if isinstance(value, float) else escape(str(value))


def element(name: str, content: str = "", /, **attributes: str | float) -> str:
    """An SVG element; `content` is markup, attribute names take `_` for `-` and `class_` for `class`."""
    pairs = "".join(f' {_name(key)}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{pairs}>{content}</{name}>"


def text(x: float, y: float, words: str, **attributes: str | float) -> str:
    """A line of text."""
    return element("text", escape(words), x=float(x), y=float(y), **attributes)


def rect(
    x: float, y: float, width: float, height: float, content: str = "", **attributes: str | float
) -> str:
    """A rectangle."""
    return element(
        "rect", content, x=float(x), y=float(y), width=float(width), height=float(height), **attributes
    )


def line(x1: float, y1: float, x2: float, y2: float, **attributes: str | float) -> str:
    """A straight line."""
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), **attributes)


def path(points: Iterable[tuple[float, float]], **attributes: str | float) -> str:
    """A polyline through the points."""
    corners = " L".join(f"{num(x)} {num(y)}" for x, y in points)
    return element("path", d=f"M{corners}", **attributes)


def title(words: str) -> str:
    """The tooltip of the element that it is put into."""
    return element("title", escape(words))


def marker(shape: str, x: float, y: float, size: float, content: str = "", **attributes: str | float) -> str:
    """A point drawn as a shape (`palette.MARKERS`)."""
    corners = _SHAPES.get(shape)
    if corners is None:
        return element("circle", content, cx=float(x), cy=float(y), r=float(size), **attributes)
    points = " ".join(f"{num(x + size * dx)},{num(y + size * dy)}" for dx, dy in corners)
    return element("polygon", content, points=points, **attributes)


def hatch(name: str, ink: str) -> str:
    """A pattern of slanting lines; fill with `url(#name)`."""
    stroke = line(0, 0, 0, 6, stroke=ink, stroke_width="2", stroke_opacity="0.55")
    return element(
        "pattern",
        stroke,
        id=name,
        width="6",
        height="6",
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )


def drawing(width: float, height: float, label: str, content: Iterable[str]) -> str:
    """A whole inline picture with its text alternative."""
    return element(
        "svg",
        "".join(content),
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_label=label,
        viewBox=f"0 0 {num(width)} {num(height)}",
        width=num(width),
        height=num(height),
    )


def clipped(words: str, length: int) -> str:
    """Text cut to `length` characters with an ellipsis."""
    return words if len(words) <= length else words[: length - 1] + "…"


def views(name: str, pictures: Sequence[tuple[str, str]], *, is_zoom: bool = False) -> str:
    """Several pictures of which the page's script shows one at a time; without scripts all stand below each other.

    Args:
        name: what the switch chooses, in words.
        pictures: per picture its name in the switch, and its markup.
        is_zoom: whether the later pictures only enlarge the first; they are then not shown without scripts.
    """
    parts = []
    for place, (words, picture) in enumerate(pictures):
        hidden = {"hidden": ""} if is_zoom and place else {}
        head = element("p", escape(words), class_="viewname")
        parts.append(element("div", head + picture, class_="view", data_name=words, **hidden))
    return element("div", "".join(parts), class_="views zoom" if is_zoom else "views", data_label=name)
