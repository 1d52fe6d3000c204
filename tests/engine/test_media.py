"""Videos that are files here, and what they look like in a notebook."""

from __future__ import annotations

import base64
import copy
import io
import pickle
import re
from typing import TYPE_CHECKING, Any

import PIL.Image
import PIL.ImageStat
import pytest

from leonardo_nb.engine.media import EMBEDDED_BYTES, Image, Video
from leonardo_nb.errors import LibraryError
from leonardo_nb.library.files import StoredFile
from leonardo_nb.library.records import MediaFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from leonardo_nb.studios import Studio

BYTES = b"the film"
URL = "https://x/1.mp4"


def stored(path: Path, media_type: str, **facts: Any) -> StoredFile:
    return StoredFile(path, "ab", media_type, 832, 480, facts.pop("size_bytes", 412_345), **facts)


def video(folder: Path, *, poster: bool = True, seed: int | None = 7, **facts: Any) -> Video:
    """Return a video whose files are in *folder*; its still is 832 x 480 pixels of teal."""
    path, still = folder / "v.mp4", folder / "p.jpg"
    path.write_bytes(BYTES)
    PIL.Image.new("RGB", (832, 480), "teal").save(still)
    media = MediaFile(
        image_id="v1",
        url=URL,
        nsfw=True,
        file=stored(path, "video/mp4", duration=5.0, **facts),
        poster=stored(still, "image/jpeg") if poster else None,
    )
    return Video(media, seed=seed)


def pictures(html: str) -> list[PIL.Image.Image]:
    """Return the JPEGs that are in *html*, in order."""
    found = re.findall(r"data:image/jpeg;base64,([^\"]+)", html)
    return [PIL.Image.open(io.BytesIO(base64.b64decode(data))) for data in found]


def is_marked(image: PIL.Image.Image) -> bool:
    """Whether there is white in the middle of a picture."""
    pixel: Any = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    return bool(min(pixel) > 230)


def test_a_video_names_its_facts(tmp_path: Path) -> None:
    """What the service and the file say of a video are its attributes."""
    made = video(tmp_path)

    assert ("v1", URL, True, "video/mp4") == (made.id, made.url, made.nsfw, made.media_type)
    assert (5.0, (832, 480), 412_345) == (made.duration, made.size, made.size_bytes)
    assert (0, 7, BYTES) == (made.index, made.seed, made.read_bytes())


def test_a_video_is_one_line(tmp_path: Path) -> None:
    """Its repr names place, size, length and seed, where there is one."""
    assert "<Video 1, 832 x 480, 5.0 s, seed 7>" == repr(video(tmp_path))
    assert "<Video 1, 832 x 480, 5.0 s>" == repr(video(tmp_path, seed=None))


def test_a_poster_is_an_image_of_the_same_id(tmp_path: Path) -> None:
    """The still is used as any picture is."""
    poster = video(tmp_path).poster

    assert isinstance(poster, Image)
    assert ("v1", tmp_path / "p.jpg", (832, 480)) == (poster.id, poster.path, poster.pil().size)


def test_a_video_is_equal_to_itself_only(tmp_path: Path) -> None:
    """Two of one id and file are one; its poster is something else."""
    made = video(tmp_path)

    assert {made} == {made, video(tmp_path), made.embed()}
    assert made != made.poster


def test_a_video_is_shown_as_its_marked_still(tmp_path: Path) -> None:
    """Every form has the mark; the html has a caption, too, and nothing that plays."""
    bundle = video(tmp_path)._repr_mimebundle_()
    html, jpeg = str(bundle["text/html"]), bundle["image/jpeg"]
    assert isinstance(jpeg, bytes)

    assert {"text/html", "image/jpeg", "text/plain"} == bundle.keys()
    assert [True, True] == [
        is_marked(image) for image in (*pictures(html), PIL.Image.open(io.BytesIO(jpeg)))
    ]
    assert ">832 x 480, 5.0 s, 412 kB</figcaption>" in html
    assert "<video" not in html


@pytest.mark.parametrize("lacks", ["no poster", "its file is gone", "its file is broken"])
def test_a_video_without_a_still_is_a_dark_frame(tmp_path: Path, lacks: str) -> None:
    """The frame has the video's shape and the mark, and shows that nothing else is known."""
    made = video(tmp_path, poster=lacks != "no poster")
    if lacks == "its file is gone":
        (tmp_path / "p.jpg").unlink()
    if lacks == "its file is broken":
        (tmp_path / "p.jpg").write_bytes(b"no picture")

    (shown,) = pictures(made._repr_html_())

    assert (832, 480, True) == (*shown.size, is_marked(shown))
    assert max(PIL.ImageStat.Stat(shown.crop((0, 0, 200, 200))).mean) < 60


def test_an_embedded_video_plays_itself(tmp_path: Path) -> None:
    """The player has the file's bytes, a still without a mark, and a marked one as a way out."""
    made = video(tmp_path)
    html = str(made.embed()._repr_mimebundle_()["text/html"])

    assert f'src="data:video/mp4;base64,{base64.b64encode(BYTES).decode()}"' in html
    assert re.search(r"<video controls loop playsinline [^>]*>\s*<img [^>]*></video>", html)
    assert [False, True] == [is_marked(image) for image in pictures(html)]
    assert URL not in html
    assert "<video" not in made._repr_html_()


def test_an_embedded_video_without_a_still_shows_its_first_frame(tmp_path: Path) -> None:
    """A dark frame would be worse than what the player shows by itself."""
    html = video(tmp_path, poster=False).embed()._repr_html_()

    assert "poster=" not in html


def test_a_large_video_is_not_embedded(tmp_path: Path) -> None:
    """A notebook of more than 20 MB would be slow; the sentence says where the file is."""
    made = video(tmp_path, size_bytes=EMBEDDED_BYTES + 1)
    path = re.escape(str(tmp_path / "v.mp4"))

    with pytest.raises(LibraryError, match=rf"has 20\.0 MB, more than .* has the file, {path}\."):
        made.embed()


def test_a_video_whose_file_is_gone_says_so(tmp_path: Path) -> None:
    """The error speaks of a video, and says where the service keeps it."""
    made = video(tmp_path)
    made.path.unlink()

    with pytest.raises(LibraryError, match=r"The video's file .*v\.mp4 cannot be read .*1\.mp4"):
        made.read_bytes()


def test_a_poster_of_noise_stays_small(tmp_path: Path) -> None:
    """Whatever the still is, a shown video adds less than 300 kB to the notebook."""
    made = video(tmp_path)
    PIL.Image.effect_noise((1920, 1080), 50).convert("RGB").save(tmp_path / "p.jpg")

    bundle = made._repr_mimebundle_()

    assert len(bundle["text/html"]) + len(bundle["image/jpeg"]) * 4 / 3 < 300_000


def test_pictures_say_whether_they_are_variations(tmp_path: Path) -> None:
    """A picture is one only where it is said so."""
    media = MediaFile("i1", URL, False, stored(tmp_path / "p.jpg", "image/jpeg"))

    assert [False, True] == [
        Image(media).is_variation,
        Image(media, is_variation=True).is_variation,
    ]


def test_what_a_job_gave_can_be_pickled(studio: Studio) -> None:
    """It comes back as it was, but for its studio, and says so when that is asked for."""
    images = studio.generate("a fox", width=64, height=64, alchemy=False).result(20)
    film = images[0].to_video("it runs").result(20)
    again = pickle.loads(pickle.dumps(images))  # noqa: S301  just made here
    moving = pickle.loads(pickle.dumps(film))  # noqa: S301

    assert (images, repr(images), film) == (again, repr(again), moving)
    assert images[0].read_bytes() == again[0].read_bytes()
    for ask in (again[0].upscale, moving.upscale):
        with pytest.raises(LibraryError, match="This file came without a studio"):
            ask()
    assert studio.upscale(again[0]).result(20).is_variation


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_keeps_its_studio(copied: Callable[[Any], Any], studio: Studio) -> None:
    """Here it is the same studio that is asked."""
    images = studio.generate("a fox", width=64, height=64, alchemy=False).result(20)
    again = copied(images)

    assert images == again
    assert again[0].upscale().result(20).is_variation
