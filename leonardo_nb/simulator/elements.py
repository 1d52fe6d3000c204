"""The simulated elements (LoRAs): made-up names and ids, in the service's rows."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ELEMENTS", "Element", "find_element"]


@dataclass(frozen=True, slots=True)
class Element:
    """
    One element.

    Attributes:
        id: Its `akUUID`.
        name: What it is called.
        description: What it does.
        base: The `sd_version` that it works with.
        weights: The least, the usual and the greatest weight; the service has whole numbers.
    """

    id: str
    name: str
    description: str
    base: str
    weights: tuple[int, int, int] = (-1, 1, 2)


ELEMENTS = (
    Element("e1e00000-0000-4000-8000-000000000001", "Brass & Copper", "Warm metal.", "SDXL_1_0"),
    Element("e1e00000-0000-4000-8000-000000000002", "Paper Cut", "Layers of paper.", "SDXL_1_0"),
    Element("e1e00000-0000-4000-8000-000000000003", "Glass Garden", "Clear glass.", "SDXL_1_0"),
    Element(
        "e1e00000-0000-4000-8000-000000000004", "Lightning Ink", "Black ink.", "SDXL_LIGHTNING"
    ),
    Element("e1e00000-0000-4000-8000-000000000005", "Old Postcard", "Faded print.", "v1_5"),
    Element("e1e00000-0000-4000-8000-000000000006", "Woodcut", "Carved lines.", "v1_5"),
    Element("e1e00000-0000-4000-8000-000000000007", "Soft Clay", "Modelled by hand.", "PHOENIX"),
    Element("e1e00000-0000-4000-8000-000000000008", "Night Neon", "Signs in the rain.", "FLUX_DEV"),
)


def find_element(element_id: object) -> Element | None:
    """Return the element with that id, or None."""
    return next((one for one in ELEMENTS if one.id == element_id), None)
