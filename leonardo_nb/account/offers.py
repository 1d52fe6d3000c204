"""What the service offers, as tables: models, elements, styles."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.account.tables import QUIET, Cell, Table, Thumbnail, fitting, shown, thumbnail
from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.errors import InvalidRequest, LeonardoError
from leonardo_nb.service.assets import PlatformElement, UserElementRow
from leonardo_nb.service.catalog import (
    ALCHEMY_STYLES,
    DEFAULTS,
    PHOTO_REAL_V2_STYLES,
    PLAIN_STYLES,
    STYLES,
    V2_MODELS,
    Model,
    find_model,
    find_style,
    find_v2_model,
    style_name,
)
from leonardo_nb.service.responses import PlatformModel
from leonardo_nb.service.values import check_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeAlias

    import PIL.Image

    from leonardo_nb.library.records import JobRecord, MediaFile

    Painter: TypeAlias = Callable[[Mapping[str, object], int, int], PIL.Image.Image]

__all__ = [
    "ElementTable",
    "ModelTable",
    "OwnElementTable",
    "Style",
    "StyleTable",
    "pictures_of_models",
    "pictures_of_styles",
    "styles_of",
]

FAMILIES: Final = {
    "sdxl": "Stable Diffusion XL",
    "sdxl-lightning": "SDXL Lightning",
    "sd15": "Stable Diffusion 1.5",
    "sd21": "Stable Diffusion 2.1",
    "phoenix": "Phoenix",
    "flux-dev": "Flux Dev",
    "flux-schnell": "Flux Schnell",
    "kontext": "FLUX.1 Kontext",
    "lucid": "Lucid",
}
BASES: Final = {
    "v1_5": "Stable Diffusion 1.5",
    "v2": "Stable Diffusion 2.1",
    "v3": "Stable Diffusion 2.1",
    "SDXL_0_8": "Stable Diffusion XL",
    "SDXL_0_9": "Stable Diffusion XL",
    "SDXL_1_0": "Stable Diffusion XL",
    "SDXL_LIGHTNING": "SDXL Lightning",
    "PHOENIX": "Phoenix",
    "FLUX": "Flux Schnell",
    "FLUX_DEV": "Flux Dev",
    "KINO_2_0": "Lucid Realism",
}
DESCRIPTION_SHOWN: Final = 90
NAMED: Final = 6
"""So many of the models that only v2 has are named under the table."""

IMPRESSION: Final[Mapping[str, object]] = {
    "prompt": "a red fox on a snowy meadow",
    "seed": 7,
    "guidance_scale": 7,
}
TILE: Final = (104, 78)
"""Pixels of a style's picture as shown."""


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= DESCRIPTION_SHOWN else text[: DESCRIPTION_SHOWN - 1] + "…"


class ModelTable(Table[PlatformModel]):
    """
    The models that anybody can draw with; a sequence of `PlatformModel`.

    Args:
        rows: As the service lists them.
        pictures: Their small pictures by id, as far as there are any.
    """

    __module__ = "leonardo_nb"

    columns = ("model", "family", "styles", "v2 slug", "modelId")
    nouns = ("model", "models")

    def __init__(
        self, rows: Iterable[PlatformModel], pictures: Mapping[str, Thumbnail] | None = None
    ) -> None:
        newer = [model.name for model in V2_MODELS if model.v1_id is None]
        note = (
            'modelId takes a name, a slug or an id: modelId="Phoenix 1.0". '
            f"{len(newer)} more, such as {', '.join(newer[-NAMED:])}, live in the v2 API only; "
            "they are not in the service's list, and asked for by name alike."
        )
        super().__init__(rows, notes=(note,))
        self._pictures = dict(pictures or {})

    def cells(self, row: PlatformModel) -> tuple[Cell, ...]:
        """Return what a model says of itself, and what is known of it here."""
        model = find_model(row.id)
        styles = "" if model is None else _count_of_styles(model)
        return (
            Cell(row.name or row.id, quiet=_cut(row.description)),
            Cell("" if model is None else FAMILIES[model.family]),
            Cell(styles),
            Cell("" if model is None or model.slug is None else model.slug, is_code=True),
            Cell(row.id, is_code=True),
        )

    def picture(self, row: PlatformModel) -> Thumbnail | None:
        """Return the newest picture of that model here, or the service's own preview."""
        return self._pictures.get(row.id)


def _count_of_styles(model: Model) -> str:
    if model.styled_by == "styleUUID" and not (model.styles or model.seen_styles):
        return ""
    return str(model.styles_counted or len(styles_of(model.name)))


class ElementTable(Table[PlatformElement]):
    """
    The service's elements; a sequence of `PlatformElement`.

    Args:
        rows: As the service lists them.
        pictures: The service's previews by id, as far as they could be fetched.
    """

    __module__ = "leonardo_nb"

    columns = ("element", "made for", "weight", "akUUID")
    nouns = ("element", "elements")

    def __init__(
        self, rows: Iterable[PlatformElement], pictures: Mapping[str, Thumbnail] | None = None
    ) -> None:
        rows = tuple(rows)
        example = rows[0].name if rows else "a name"
        super().__init__(rows, notes=(f'elements=["{example}"] or {{"{example}": 0.8}} adds one.',))
        self._pictures = dict(pictures or {})

    def cells(self, row: PlatformElement) -> tuple[Cell, ...]:
        """Return what an element says of itself."""
        weight = ""
        if row.weight_min is not None and row.weight_max is not None:
            weight = f"{row.weight_min:g} to {row.weight_max:g}"
        usual = "" if row.weight is None else f"usually {row.weight:g}"
        return (
            Cell(row.name or row.id, quiet=_cut(row.description)),
            Cell(BASES.get(row.base_model, row.base_model)),
            Cell(weight, quiet=usual),
            Cell(row.id, is_code=True),
        )

    def picture(self, row: PlatformElement) -> Thumbnail | None:
        """Return the service's preview."""
        return self._pictures.get(row.id)


class OwnElementTable(Table[UserElementRow]):
    """The elements that the account has trained; a sequence of `UserElementRow`."""

    __module__ = "leonardo_nb"

    columns = ("element", "made for", "state", "userLoraId")
    nouns = ("element of your own", "elements of your own")

    def cells(self, row: UserElementRow) -> tuple[Cell, ...]:
        """Return what an element says of itself."""
        return (
            Cell(row.name or str(row.id), quiet=_cut(row.description)),
            Cell(BASES.get(row.base_model, row.base_model)),
            Cell(row.status.lower()),
            Cell(str(row.id), is_code=True),
        )


@dataclass(frozen=True, slots=True)
class Style:
    """
    One style of one model.

    Attributes:
        name: As the service shows it.
        value: What `member` takes: an id, or a word.
        member: `"styleUUID"` or `"presetStyle"`, whichever the model is styled by.
        model: The model's name.
    """

    __module__ = "leonardo_nb"

    name: str
    value: str
    member: str
    model: str

    def use(self) -> dict[str, Any]:
        """Return the parameters that draw in it: `leo.generate("a fox", **style.use())`."""
        return {"modelId": self.model, self.member: self.value}


def styles_of(model: str | None = None) -> tuple[Style, ...]:
    """
    Return the styles of a model, as far as they are published.

    Args:
        model: Its name, slug or id; the default model where None.

    Raises:
        InvalidRequest: It names no model (the nearest is named), or a model whose styles nobody
            knows here.
    """
    wanted = str(check_value("modelId", DEFAULTS["modelId"] if model is None else model))
    older, newer = find_model(wanted), find_v2_model(wanted)
    if older is not None:
        return tuple(_styles_of_older(older))
    if newer is None:
        raise InvalidRequest(
            f"The styles of {wanted} are not known here; it is a model of your own, or a new one.",
            member="modelId",
            value=model,
        )
    if "style_ids" not in newer.takes:
        return ()
    names = newer.seen_styles or tuple(STYLES)
    return tuple(Style(name, STYLES[name], "styleUUID", newer.name) for name in names)


def _styles_of_older(model: Model) -> Iterable[Style]:
    if model.styled_by == "presetStyle":
        words = ALCHEMY_STYLES if model.alchemy else PLAIN_STYLES
        return (Style(_in_words(each), each, "presetStyle", model.name) for each in words)
    names = model.styles or model.seen_styles or tuple(STYLES)
    return (Style(name, STYLES[name], "styleUUID", model.name) for name in names)


def _unpublished(name: str) -> str:
    """Return what is not known of a model's styles in a sentence, or nothing."""
    older, newer = find_model(name), find_v2_model(name)
    if older is not None and older.styles:
        return ""
    if not any(each is not None and each.seen_styles for each in (older, newer)):
        return "Which of them this model takes is not published; it may refuse some."
    counted = None if older is None else older.styles_counted
    length = "publishes no list" if counted is None else f"says only that its list has {counted}"
    return f"Guides and clients name these; the service {length}, and no other is refused here."


def _in_words(preset: str) -> str:
    known = find_style(preset)
    words = preset.replace("_", " ").capitalize().replace("3d", "3D")
    return (known and style_name(known)) or words


class StyleTable(Table[Style]):
    """
    The styles of one model; a sequence of `Style`.

    Args:
        model: The model's name, slug or id.
        pictures: Small pictures by the style's value, as far as there are any.
        painter: Draws a request at a width and a height in pixels; asked for an impression of the
            other styles once they are shown.
    """

    __module__ = "leonardo_nb"

    columns = ("style", "value")
    nouns = ("style", "styles")

    def __init__(
        self,
        model: str | None = None,
        *,
        pictures: Mapping[str, Thumbnail] | None = None,
        painter: Painter | None = None,
    ) -> None:
        styles = styles_of(model)
        self.model = styles[0].model if styles else str(model)
        notes = []
        if styles:
            notes.append(f'{styles[0].member}="{styles[0].name}" chooses one.')
        if styles and styles[0].member == "presetStyle":
            notes.append(
                f"These go with alchemy; without it there are {' and '.join(PLAIN_STYLES)}, and "
                f"photoReal v2 has {len(PHOTO_REAL_V2_STYLES)} of its own."
            )
        if styles and styles[0].member == "styleUUID" and (sentence := _unpublished(self.model)):
            notes.append(sentence)
        super().__init__(styles, notes=notes)
        self._pictures = dict(pictures or {})
        self._painter = painter

    def caption(self) -> str:
        """Return how many styles which model has."""
        return f"{super().caption()} of {self.model}"

    def cells(self, row: Style) -> tuple[Cell, ...]:
        """Return a style's name, and what it is to the service."""
        return Cell(row.name), Cell(row.value, is_code=True)

    def picture(self, row: Style) -> Thumbnail | None:
        """Return the newest picture here in that style, or an impression of it."""
        if row.value not in self._pictures and self._painter is not None:
            members = {**IMPRESSION, row.member: row.value}
            image = self._painter(members, 2 * TILE[0], 2 * TILE[1])
            if (drawn := thumbnail(image, side=TILE[0], note="impression")) is not None:
                self._pictures[row.value] = drawn
        return self._pictures.get(row.value)

    def _repr_html_(self) -> str:
        pictures = fitting([self.picture(row) for row in self])
        tiles = "".join(map(_tile, self, pictures))
        return f"<div {NO_MATH}>{tiles}{self._foot()}</div>"


def _tile(style: Style, picture: Thumbnail | None) -> str:
    """Return one style as a tile; tiles flow, so that any width is filled."""
    inside = f"<div style='height:{TILE[1]}px'></div>" if picture is None else shown(picture)
    note = f"<div style='font-size:11px;{QUIET}'>{escape(picture.note)}</div>" if (
        picture is not None and picture.note
    ) else ""  # fmt: skip
    return (
        f"<div title='{escape(style.value, quote=True)}' style='display:inline-block;"
        f"vertical-align:top;width:{TILE[0]}px;margin:0 12px 12px 0;font-size:12px;"
        f"line-height:1.3'>{inside}<div style='margin-top:4px'>{escape(style.name)}</div>"
        f"{note}</div>"
    )


def pictures_of_styles(
    styles: Iterable[Style], records: Iterable[JobRecord]
) -> dict[str, Thumbnail]:
    """Return the newest picture in each of *styles* by its value; *records* come newest first."""
    wanted = {(style.member, style.value): style for style in styles}
    found: dict[str, Thumbnail] = {}
    for record, media in _drawn(records):
        model = find_model(str(record.request.get("modelId") or ""))
        for member in ("styleUUID", "presetStyle"):
            value = str(record.request.get(member) or "")
            style = wanted.get((member, value))
            if style is None or value in found or model is None or model.name != style.model:
                continue
            if (small := _small(media, side=TILE[0])) is not None:
                found[value] = small
    return found


def pictures_of_models(records: Iterable[JobRecord]) -> dict[str, Thumbnail]:
    """Return the newest picture of each model by its id; *records* come newest first."""
    found: dict[str, Thumbnail] = {}
    for record, media in _drawn(records):
        model_id = str(record.request.get("modelId") or "")
        if model_id not in found and (small := _small(media, side=56)) is not None:
            found[model_id] = small
    return found


def _drawn(records: Iterable[JobRecord]) -> Iterable[tuple[JobRecord, MediaFile]]:
    """Return the jobs that drew pictures, each with its first one that may be shown to anybody."""
    for record in records:
        if record.kind == "generation":
            media = next((each for each in record.media if not each.nsfw), None)
            if media is not None:
                yield record, media


def _small(media: MediaFile, *, side: int) -> Thumbnail | None:
    try:
        return thumbnail(media.file.path.read_bytes(), side=side)
    except (OSError, LeonardoError):  # a file that was taken away is only not shown
        return None
