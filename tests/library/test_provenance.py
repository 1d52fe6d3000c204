from __future__ import annotations

import io
import json
import struct
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageChops
from PIL.PngImagePlugin import PngInfo

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.embedding.blocks import MOST_BYTES
from leonardo_nb.library.embedding.infotext import Infotext, infotext, read_infotext
from leonardo_nb.library.embedding.xmp import TRAINED
from leonardo_nb.library.provenance import OnAxis, Provenance, embed, found_in, is_telling, read
from leonardo_nb.money import Credits

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("JPEG", "PNG", "WEBP")
LOOKS_LIKE_PARAMETERS = "a fox\nNegative prompt: none\nSteps: 3, Seed: 1, CFG scale: 2, Size: 1x1"
PROMPTS = (
    "a fox",
    "a fox\nin two lines, with \"quotes\": and a 'colon'",
    "eine Füchsin, très étrange",
    "月光下的狐狸、灯塔",
    "ثعلب في ضوء القمر",
    "🦊 in 🌊, 👩‍👩‍👧",
    "x" * 1500,
    "🦊" * 1500,
    LOOKS_LIKE_PARAMETERS,
    "]]> </rdf:RDF> <script>&amp; \x1b[31m",
)


def drawn(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    """Return a picture of 40 x 30 pixels that has more than one colour."""
    image = Pillow.linear_gradient("L").resize((40, 30)).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def facts(prompt: str = "a fox", **changes: Any) -> Provenance:
    """Return what is known of a picture of *prompt*."""
    request = {
        "prompt": prompt,
        "negative_prompt": "fog, blur",
        "width": 1024,
        "height": 768,
        "seed": 42,
        "guidance_scale": 7.5,
        "num_inference_steps": 15,
        "scheduler": "EULER_DISCRETE",
    }
    known: dict[str, Any] = {
        "generation": "8a1f",
        "image": "c0de",
        "number": 1,
        "created": datetime(2026, 11, 22, 12, tzinfo=UTC),
        "cost": Credits(11),
        "model": "Phoenix 1.0",
        "sweep": "foxes",
        "seconds": 7.5,
        "axes": (
            OnAxis("seed", "42", 42, 1),
            OnAxis("size", "wide", [1024, 768], 0, "zip", ("width", "height")),
        ),
        "cell": "abc",
    }
    return Provenance(request, **{**known, **changes})


def pixels(data: bytes) -> Pillow.Image:
    """Return what is to be seen in *data*."""
    return Pillow.open(io.BytesIO(data)).convert("RGBA")


def seen_by_pillow(data: bytes) -> tuple[str, dict[str, Any]]:
    """Return the `parameters` text and the XMP of *data*, as Pillow reads them."""
    image = Pillow.open(io.BytesIO(data))
    if image.format == "PNG":
        text = str(image.info["parameters"])
    else:
        comment = image.getexif().get_ifd(0x8769)[0x9286]
        assert comment[:8] == b"UNICODE\0"
        text = comment[8:].decode("utf-16-be")
    return text, image.getxmp()["xmpmeta"]["RDF"]["Description"]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("prompt", PROMPTS)
def test_what_is_put_in_comes_out(kind: str, prompt: str) -> None:
    """Every word, number and id is read again as it was written, whatever the prompt is."""
    what = facts(prompt)

    found = read(embed(drawn(kind), what).data)

    assert found is not None
    assert what.as_json() == found.as_json()


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("prompt", PROMPTS)
def test_pixels_stay(kind: str, prompt: str) -> None:
    """What is to be seen is the same, and the compressed bytes are still in the file."""
    data = drawn(kind)

    marked = embed(data, facts(prompt)).data

    assert ImageChops.difference(pixels(data), pixels(marked)).getbbox() is None
    assert data[-60:-12] in marked


@pytest.mark.parametrize("kind", FORMATS)
def test_pillow_reads_it(kind: str) -> None:
    """A reader of others finds the source type, and parameters with their exact names."""
    text, xmp = seen_by_pillow(embed(drawn(kind), facts("a 狐狸 & co")).data)

    assert TRAINED == xmp["DigitalSourceType"]
    assert "Leonardo.AI" == xmp["AISystemUsed"]
    assert [
        "a 狐狸 & co",
        "Negative prompt: fog, blur",
        (
            "Steps: 15, Sampler: EULER_DISCRETE, CFG scale: 7.5, Seed: 42, Size: 1024x768, "
            f"Model: Phoenix 1.0, Version: {facts().as_json()['software']}"
        ),
    ] == text.split("\n")


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("WEBP", "RGBA", {"lossless": True}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGB", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}),
        ("PNG", "RGBA", {}),
        ("PNG", "P", {"transparency": 0}),
        ("JPEG", "CMYK", {}),
        ("JPEG", "L", {"progressive": True}),
        ("JPEG", "RGB", {"icc_profile": b"profile" * 20_000}),
    ],
)
def test_kinds_of_files(kind: str, mode: str, options: dict[str, Any]) -> None:
    """Transparency, palettes, profiles and progressive files stay what they are."""
    data = drawn(kind, mode, **options)
    before = Pillow.open(io.BytesIO(data))

    made = embed(data, facts())
    after = Pillow.open(io.BytesIO(made.data))

    assert made.sidecar is None
    assert (before.mode, before.size) == (after.mode, after.size)
    assert before.info.get("icc_profile") == after.info.get("icc_profile")
    assert ImageChops.difference(pixels(data), pixels(made.data)).getbbox() is None


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("options", [{}, {"lossless": True}])
def test_sizes_are_read(kind: str, options: dict[str, Any]) -> None:
    """Width and height are known without decoding, before and after something is put in."""
    data = drawn(kind, **options)

    assert ((40, 30), (40, 30)) == (found_in(data).size, found_in(embed(data, facts()).data).size)


def animated() -> bytes:
    """Return a WebP of three pictures."""
    frames = [Pillow.new("RGB", (20, 20), (value, 0, 0)) for value in (0, 99, 200)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    return buffer.getvalue()


def test_animations_stay() -> None:
    """An animated WebP keeps its frames."""
    made = Pillow.open(io.BytesIO(embed(animated(), facts()).data))

    assert 3 == getattr(made, "n_frames", 1)
    assert TRAINED == made.getxmp()["xmpmeta"]["RDF"]["Description"]["DigitalSourceType"]


@pytest.mark.parametrize("kind", FORMATS)
def test_twice_is_once(kind: str) -> None:
    """What is written into a marked copy takes the place of what stood there."""
    first = embed(drawn(kind), facts("a fox")).data

    second = embed(first, facts("a hare")).data

    assert embed(drawn(kind), facts("a hare")).data == second


def exif_of(kind: str) -> bytes:
    """Return a picture with an EXIF block of a camera and an XMP packet of an editor."""
    exif = Pillow.Exif()
    exif[0x010F] = "Camera & Co"
    exif.get_ifd(0x8769)[0x8827] = 400
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        b'xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:CreatorTool>Editor</xmp:CreatorTool>'
        b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    return drawn(kind, exif=exif, xmp=packet)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_second_time_leaves_no_old_words(kind: str) -> None:
    """Where others wrote something, too, our old words are gone once we write anew."""
    first = embed(exif_of(kind), facts("a fox")).data

    second = embed(first, facts("a hare")).data

    assert Pillow.open(io.BytesIO(second)).getexif()[0x010F] == "Camera & Co"
    assert "fox".encode("utf-16-be") not in second
    assert b"a fox" not in second


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_words_of_others_stay(kind: str) -> None:
    """EXIF and XMP that were there are still there, with ours besides."""
    made = Pillow.open(io.BytesIO(embed(exif_of(kind), facts()).data))
    said = made.getxmp()["xmpmeta"]["RDF"]["Description"]

    assert "Camera & Co" == made.getexif()[0x010F]
    assert 400 == made.getexif().get_ifd(0x8769)[0x8827]
    assert made.getexif().get_ifd(0x8769)[0x9286].startswith(b"UNICODE")
    assert "Editor" == said[0]["CreatorTool"]
    assert TRAINED == said[1]["DigitalSourceType"]
    assert "CreatorTool" not in said[1]


def test_parameters_of_others_stay() -> None:
    """A `parameters` text of another program is not replaced by ours."""
    info = PngInfo()
    info.add_text("parameters", "a hare\nSteps: 9, Sampler: Euler a, CFG scale: 4, Seed: 7")
    data = drawn("PNG", pnginfo=info)

    text, _ = seen_by_pillow(embed(data, facts()).data)

    assert text.startswith("a hare\nSteps: 9")


def with_jumbf(data: bytes) -> bytes:
    """Return a JPEG with the beginning of a manifest."""
    box = b"JP\0\1\0\0\0\1\0\0\0\x10jumbc2pa....."
    return data[:2] + b"\xff\xeb" + struct.pack(">H", len(box) + 2) + box + data[2:]


def with_cabx(data: bytes) -> bytes:
    """Return a PNG with the beginning of a manifest."""
    chunk = b"caBX" + b"\0\0\0\x10jumbc2pa...."
    packed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data[:33] + packed + data[33:]


def with_c2pa(data: bytes) -> bytes:
    """Return a WebP with the beginning of a manifest."""
    body = data[8:] + b"C2PA\x10\0\0\0" + b"\0\0\0\x10jumbc2pa...."
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    "signed", [with_jumbf(drawn("JPEG")), with_cabx(drawn("PNG")), with_c2pa(drawn("WEBP"))]
)
def test_manifests_are_not_broken(signed: bytes, tmp_path: Path) -> None:
    """A file with a C2PA manifest stays byte for byte; a file beside it says the rest."""
    made = embed(signed, facts("a 狐狸"))
    picture = tmp_path / "fox.jpg"
    picture.write_bytes(made.data)
    picture.with_suffix(".json").write_bytes(made.sidecar or b"")
    found = read(picture)

    assert signed == made.data
    assert "C2PA manifest" in made.why
    assert found is not None
    assert facts("a 狐狸").as_json() == found.as_json()


@pytest.mark.parametrize(
    "data",
    [
        with_jumbf(drawn("JPEG")),
        with_cabx(drawn("PNG")),
        with_c2pa(drawn("WEBP")),
        drawn("GIF", "P"),
        drawn("PNG")[:-12],
    ],
)
def test_words_that_cannot_be_taken_out_are_not_handed_on(data: bytes) -> None:
    """What may say a prompt that is withheld, and cannot be changed, is refused."""
    with pytest.raises(InvalidRequest, match="may say prompt"):
        embed(data, Provenance({"width": 8}, withheld=("prompt",)))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_tells_where_it_has_words_or_a_manifest(kind: str) -> None:
    """A picture alone tells nothing."""
    put = {"JPEG": with_jumbf, "PNG": with_cabx, "WEBP": with_c2pa}[kind]

    assert not is_telling(drawn(kind))
    assert is_telling(put(drawn(kind)))
    assert is_telling(embed(drawn(kind), facts()).data)


def test_a_manifest_elsewhere_is_not_broken() -> None:
    """An XMP packet that names a manifest in the cloud binds the file, too."""
    packet = b'<rdf:RDF><rdf:Description dcterms:provenance="https://x/y.c2pa"/></rdf:RDF>'
    data = drawn("JPEG", xmp=packet)

    made = embed(data, facts())

    assert (data, True) == (made.data, made.sidecar is not None)


def test_unknown_formats_get_a_file_beside() -> None:
    """What is no JPEG, PNG or WebP comes back as it is."""
    data = drawn("GIF", "P")

    made = embed(data, facts())

    assert (data, "It is neither JPEG, PNG nor WebP.") == (made.data, made.why)
    assert json.loads(made.sidecar or b"")["request"]["seed"] == 42


@pytest.mark.parametrize("kind", FORMATS)
def test_words_left_out_are_nowhere(kind: str) -> None:
    """A picture without its words has none of them in any place, also where it had them before."""
    whole = facts("a secret")
    few = {name: value for name, value in whole.request.items() if "prompt" not in name}

    marked = embed(embed(exif_of(kind), whole).data, whole).data
    data = embed(marked, Provenance(few, withheld=("prompt", "negative_prompt"))).data

    assert b"secret" in marked
    for coding in ("utf-8", "utf-16-be"):
        assert "secret".encode(coding) not in data
        assert "fog".encode(coding) not in data


@pytest.mark.parametrize("prompt", PROMPTS)
def test_parameters_text_comes_back(prompt: str) -> None:
    """The text alone gives prompt and numbers again, also where the prompt looks like one."""
    found = read_infotext(
        infotext(Infotext(prompt, "fog, blur", {"Steps": "1", "Seed": "2", "Model": 'a, "b": c'}))
    )

    clean = prompt.replace("\x1b", " ")
    assert Infotext(clean, "fog, blur", {"Steps": "1", "Seed": "2", "Model": 'a, "b": c'}) == found


def test_other_programs_pictures_are_read() -> None:
    """A picture of a well-known program says prompt, numbers, size, sampler and model."""
    info = PngInfo()
    info.add_itxt(
        "parameters",
        "a 狐狸, (best:1.2)\nNegative prompt: bad, worse\nSteps: 20, Sampler: Euler a, "
        "CFG scale: 7, Seed: 965400086, Size: 512x768, Model hash: 45dee52b, Model: dream, "
        'Lora hashes: "a: 1, b: 2", Version: v1.9.0',
        zip=True,
    )

    found = read(drawn("PNG", pnginfo=info))

    assert found is not None
    assert ("parameters", "v1.9.0", None) == (found.by, found.software, found.generation)
    assert {
        "prompt": "a 狐狸, (best:1.2)",
        "negative_prompt": "bad, worse",
        "num_inference_steps": 20,
        "guidance_scale": 7,
        "seed": 965400086,
        "width": 512,
        "height": 768,
        "scheduler": "Euler a",
        "modelId": "dream",
    } == found.request


def test_a_large_seed_keeps_its_digits() -> None:
    """Seeds are whole numbers of any length, and never floats."""
    data = embed(drawn("PNG"), Provenance({"seed": 9_999_999_998, "prompt": "x"})).data

    found = read(data)

    assert found is not None
    assert 9_999_999_998 == found.request["seed"]


# ---- hostile files ------------------------------------------------------------------------------


def chunk(
    kind: bytes, content: bytes, *, length: int | None = None, crc: int | None = None
) -> bytes:
    """Return a chunk of a PNG that may lie about itself."""
    checksum = zlib.crc32(kind + content) if crc is None else crc
    said = len(content) if length is None else length
    return struct.pack(">I", said) + kind + content + struct.pack(">I", checksum)


def with_chunk(packed: bytes) -> bytes:
    """Return a PNG with one more chunk."""
    data = drawn("PNG")
    return data[:33] + packed + data[33:]


BOMB = zlib.compress(b" " * (50 * MOST_BYTES), 9)
OWN = json.dumps(facts().as_json()).encode()


@pytest.mark.parametrize(
    "data",
    [
        with_chunk(chunk(b"zTXt", b"leonardo_nb\0\0" + BOMB)),
        with_chunk(chunk(b"iTXt", b"leonardo_nb\0\1\0\0\0" + BOMB)),
        with_chunk(chunk(b"iTXt", b"parameters\0\1\0\0\0" + BOMB)),
        with_chunk(chunk(b"tEXt", b"leonardo_nb\0" + OWN, crc=7)),
        with_chunk(chunk(b"tEXt", b"leonardo_nb")),
        with_chunk(chunk(b"iTXt", b"leonardo_nb\0\1")),
        with_chunk(chunk(b"tEXt", b"leonardo_nb\0" + b"[" * 500_000)),
        with_chunk(chunk(b"tEXt", b'leonardo_nb\0{"leonardo_nb":"picture","version":1}')),
        with_chunk(
            chunk(b"tEXt", b'leonardo_nb\0{"leonardo_nb":"picture","version":true,"request":7}')
        ),
        with_chunk(chunk(b"tEXt", b"parameters\0Steps: 1")),
    ],
)
def test_hostile_words_say_nothing(data: bytes) -> None:
    """Words that unpack to too much, have another checksum or another form are passed over."""
    assert "does not say how it was made" == found_in(data).why


@pytest.mark.parametrize(
    "data",
    [
        with_chunk(chunk(b"tEXt", b"leonardo_nb\0" + OWN, length=1 << 30)),
        drawn("PNG")[:60],
        drawn("JPEG")[:-200],
        drawn("WEBP")[:-20],
        b"\xff\xd8\xff\xe1\xff\xff",
        b"\xff\xd8\xff" + b"\xff" * 200_000,
        b"RIFF\xff\xff\xff\x3fWEBPVP8 \xff\xff\xff\x3f",
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_files_that_are_cut_off_are_said_to_be(data: bytes) -> None:
    """A file that claims more than is there is said to be cut off, and stays as it is."""
    assert "is cut off" == found_in(data).why
    assert embed(data, facts()).data == data or embed(data, facts()).sidecar is None


def test_newer_words_are_said_to_be_newer() -> None:
    """What a later version wrote is not guessed at."""
    later = json.dumps({**facts().as_json(), "version": 99}).encode()

    found = found_in(with_chunk(chunk(b"tEXt", b"leonardo_nb\0" + later)))

    assert (None, "was written by a newer version of leonardo_nb") == (found.provenance, found.why)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A path without a file gives None, and the reason."""
    assert (None, True) == (
        read(tmp_path / "none.png"),
        found_in(tmp_path / "none.png").why.startswith("cannot be read"),
    )


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=150)
@given(data=st.data())
def test_no_damage_raises(kind: str, data: st.DataObject) -> None:
    """Whatever happens to a file, reading and writing end, and without an error."""
    whole = MARKED[kind]
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, min(len(damaged) - 1, 900)))
        match data.draw(st.sampled_from(["set", "cut", "grow"])):
            case "set":
                damaged[at] = data.draw(st.integers(0, 255))
            case "cut":
                del damaged[at : at + data.draw(st.integers(1, 9))]
            case _:
                damaged[at:at] = data.draw(st.binary(max_size=9))
        if not damaged:
            break

    found_in(bytes(damaged))
    embed(bytes(damaged), facts())


MARKED = {kind: embed(drawn(kind), facts("a 狐狸")).data for kind in FORMATS}
