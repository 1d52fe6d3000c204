from __future__ import annotations

import hashlib
import io
from itertools import combinations, pairwise

import numpy as np
import pytest
from PIL import Image

from leonardo_nb.service.catalog import PRESET_STYLES, STYLES
from leonardo_nb.simulator.elements import ELEMENTS
from leonardo_nb.simulator.painter import encode, paint
from leonardo_nb.simulator.painting.brief import read_brief
from leonardo_nb.simulator.painting.looks import LOOKS, STYLE_LOOKS
from leonardo_nb.simulator.painting.materials import MATERIALS

PLAIN: dict[str, object] = {
    "prompt": "a lighthouse at dawn, gulls over the surf",
    "seed": 42,
    "guidance_scale": 7,
    "presetStyle": "DYNAMIC",
    "num_inference_steps": 15,
}


def picture(width: int = 192, height: int = 144, index: int = 0, **members: object) -> Image.Image:
    return paint({**PLAIN, **members}, index=index, width=width, height=height)


def distance(one: Image.Image, other: Image.Image) -> float:
    """Mean difference in levels of 255, once both are small enough to forget single pixels."""
    small = [
        np.asarray(image.convert("RGB").resize((32, 24), Image.Resampling.BOX), dtype=np.float64)
        for image in (one, other)
    ]
    return float(np.abs(small[0] - small[1]).mean())


@pytest.mark.parametrize("style", ["DYNAMIC", "RAYTRACED", "SKETCH_COLOR", "CREATIVE"])
def test_same_request_gives_same_bytes(style: str) -> None:
    """Two paintings of one request are equal to the byte."""
    first, second = (encode(picture(presetStyle=style)) for _ in range(2))

    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_order_of_paintings_does_not_matter() -> None:
    """What was painted before leaves no trace."""
    first = encode(picture())
    picture(prompt="a fox", presetStyle="LEONARDO", seed=3)

    assert first == encode(picture())


def test_seeds_are_different_pictures() -> None:
    """Each of six seeds is at least 3 levels from every other."""
    pictures = [picture(seed=seed) for seed in range(6)]

    assert [] == [pair for pair in combinations(pictures, 2) if distance(*pair) < 3]


def test_index_varies_like_a_neighbouring_seed() -> None:
    """The second image of a job is the first image of the next seed."""
    assert encode(picture(seed=7, index=1)) == encode(picture(seed=8, index=0))


def test_prompts_are_different_pictures() -> None:
    """Words that the painter does not know still change the picture by 3 levels or more."""
    prompts = ["the sound of forgetting", "quantum melancholy", "a letter never sent", "elsewhen"]
    pictures = [picture(prompt=prompt) for prompt in prompts]

    assert [] == [pair for pair in combinations(pictures, 2) if distance(*pair) < 3]


def test_every_preset_style_has_a_look() -> None:
    """The painter knows the catalog's 31 preset styles and no other."""
    assert sorted(PRESET_STYLES) == sorted(LOOKS)


def test_every_style_id_has_a_look() -> None:
    """Each style that `styleUUID` can name is painted as one of the looks."""
    assert [] == [name for name in STYLES if STYLE_LOOKS.get(name) not in LOOKS]


@pytest.mark.parametrize("prompt", ["a lighthouse at dawn", "a fox in a meadow", "elsewhen"])
def test_styles_are_pairwise_distinct(prompt: str) -> None:
    """No two of the 31 styles are nearer than 1 level on average."""
    pictures = {style: picture(prompt=prompt, presetStyle=style) for style in LOOKS}
    alike = [
        (one, other)
        for one, other in combinations(pictures, 2)
        if distance(pictures[one], pictures[other]) < 1
    ]

    assert [] == alike


def test_style_id_is_painted_as_its_preset() -> None:
    """`styleUUID` wins over `presetStyle`."""
    assert encode(picture(presetStyle="ANIME")) == encode(
        picture(styleUUID=STYLES["Anime General"])
    )


def test_guidance_runs_from_loose_to_strict() -> None:
    """Contrast grows with guidance, and each step is visible."""
    pictures = [picture(guidance_scale=guidance) for guidance in (1, 4, 7, 12, 20)]
    contrasts = [float(np.asarray(image.convert("L")).std()) for image in pictures]

    assert sorted(contrasts) == contrasts
    assert all(distance(a, b) > 1 for a, b in pairwise(pictures))


def test_more_steps_give_finer_detail() -> None:
    """Fewer neighbouring pixels are alike as steps go from 10 over 20 to 60."""
    alike = []
    for steps in (10, 20, 60):
        grey = np.asarray(picture(512, 384, num_inference_steps=steps).convert("L"), dtype=float)
        alike.append(float((np.abs(np.diff(grey, axis=1)) <= 1).mean()))

    assert sorted(alike, reverse=True) == alike
    assert alike[2] < 0.9 * alike[0]


def test_negative_prompt_removes_a_subject() -> None:
    """A lighthouse that is not wanted is not painted."""
    assert ("gulls",) == read_brief(str(PLAIN["prompt"]), "lighthouse").subjects
    assert distance(picture(), picture(negative_prompt="lighthouse")) > 3


def test_photo_real_softens() -> None:
    """A photoReal picture is another one than the painted."""
    assert distance(picture(), picture(photoReal=True)) > 1


@pytest.mark.parametrize("style", ["DYNAMIC", "CINEMATIC", "MOODY"])
def test_tiling_edges_meet(style: str) -> None:
    """Across a tile's edges the step is no larger than 12 levels on average."""
    tile = np.asarray(picture(256, 256, tiling=True, presetStyle=style), dtype=float)[:, :, :3]
    across = float(np.abs(tile[:, 0] - tile[:, -1]).mean())
    down = float(np.abs(tile[0] - tile[-1]).mean())

    assert across < 12
    assert down < 12


def test_foreground_only_is_cut_out() -> None:
    """The subject stays opaque and most of the rest is clear."""
    image = picture(256, 256, prompt="a fox", transparency="foreground_only")
    alpha = np.asarray(image.getchannel("A"))

    assert "RGBA" == image.mode
    assert 0.05 < float((alpha == 255).mean()) < 0.6
    assert float((alpha == 0).mean()) > 0.3


@pytest.mark.parametrize(
    "size", [(32, 32), (32, 1536), (1536, 32), (40, 64), (512, 512), (1024, 768)]
)
def test_any_size(size: tuple[int, int]) -> None:
    """The picture has the size that was asked for, and is RGB."""
    image = picture(*size)

    assert size == image.size
    assert "RGB" == image.mode


@pytest.mark.parametrize("style", sorted(LOOKS))
@pytest.mark.parametrize("prompt", ["a fox at night", "a room", "a dragon in a storm in tokyo"])
def test_every_style_paints_the_smallest_picture(style: str, prompt: str) -> None:
    """No style trips over 32 pixels."""
    assert (32, 32) == picture(32, 32, prompt=prompt, presetStyle=style).size


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        " \t\n",
        "\x00\x01\x1b[31m\x7f",
        "\ud800 lone surrogate",
        "🦊🌊👩‍🚀" * 50,
        "<script>alert('fox')</script>",
        "fox " * 25_000,
        "a" * 100_000,
        "مرحبا 你好 Ω",
    ],
)
def test_hostile_prompts(prompt: str) -> None:
    """Whatever is typed, a picture comes out."""
    assert (192, 144) == picture(prompt=prompt, negative_prompt=prompt[::-1]).size


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"seed": None, "guidance_scale": "seven", "num_inference_steps": float("nan")},
        {"seed": 9_999_999_998, "guidance_scale": 1e308, "presetStyle": None},
        {"seed": -1, "presetStyle": "NO_SUCH_STYLE", "styleUUID": "x"},
        {"seed": 10**400},
    ],
)
def test_strange_members_are_taken_as_defaults(members: dict[str, object]) -> None:
    """The painter refuses nothing; that is the service's part."""
    assert (64, 64) == paint(members, width=64, height=64).size


def test_encode_gives_files() -> None:
    """JPEG for pictures, PNG with transparency for cut-outs."""
    jpeg = Image.open(io.BytesIO(encode(picture())))
    png = Image.open(io.BytesIO(encode(picture(transparency="foreground_only"), "PNG")))

    assert ("JPEG", "RGB") == (jpeg.format, jpeg.mode)
    assert ("PNG", "RGBA") == (png.format, png.mode)


def with_elements(*weighted: tuple[str, float]) -> Image.Image:
    ids = {element.name: element.id for element in ELEMENTS}
    return picture(elements=[{"akUUID": ids[name], "weight": weight} for name, weight in weighted])


def test_every_element_is_a_picture_of_its_own() -> None:
    """Each element is at least 6 levels from the plain picture and from every other."""
    pictures = [picture(), *(with_elements((element.name, 1)) for element in ELEMENTS)]

    assert [] == [pair for pair in combinations(pictures, 2) if distance(*pair) < 6]


def test_every_element_has_a_material() -> None:
    """What the list of elements names is painted, and nothing else."""
    assert {element.name for element in ELEMENTS} == set(MATERIALS)


@pytest.mark.parametrize("name", sorted(MATERIALS))
def test_an_element_gives_the_same_bytes(name: str) -> None:
    """Two paintings of one request with an element are equal to the byte."""
    first, second = (encode(with_elements((name, 0.8))) for _ in range(2))

    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


@pytest.mark.parametrize("name", sorted(MATERIALS))
def test_an_element_grows_with_its_weight(name: str) -> None:
    """Half of an element is nearer to the plain picture than all of it, and 2 is farther away."""
    plain = picture()
    far = [distance(plain, with_elements((name, weight))) for weight in (0, 0.5, 1, 2)]

    assert sorted(far) == far
    assert 4 == len(set(far))


@pytest.mark.parametrize(
    "elements", [None, [], "Paper Cut", [{"akUUID": "unknown"}], [None], [{"weight": 1}]]
)
def test_without_a_known_element_nothing_changes(elements: object) -> None:
    """No element, or one that nobody knows, gives the bytes of the plain picture."""
    assert encode(picture()) == encode(picture(elements=elements))


@pytest.mark.parametrize("size", [(32, 32), (32, 512), (512, 32)])
def test_elements_fit_every_size(size: tuple[int, int]) -> None:
    """The smallest and the slimmest pictures have all elements at once."""
    ids = [{"akUUID": element.id} for element in ELEMENTS]

    assert size == picture(*size, elements=ids).size
