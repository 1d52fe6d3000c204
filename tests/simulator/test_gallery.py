from __future__ import annotations

import threading

from leonardo_nb.simulator import images, painter
from leonardo_nb.simulator.gallery import Gallery, key_of

SIZE = (32, 32)


def fox(**members: object) -> dict[str, object]:
    return images.read({"prompt": "a fox", "seed": 1, "alchemy": False, **members})


def painted(gallery: Gallery, members: dict[str, object], index: int = 0) -> bytes:
    def paint() -> bytes:
        return painter.encode(painter.paint(members, index=index, width=SIZE[0], height=SIZE[1]))

    return gallery.paint(key_of(members, index), paint)


def test_pictures_are_kept() -> None:
    """The second time a picture is asked for, it is the very same object."""
    gallery = Gallery()
    first = painted(gallery, fox())

    assert painted(gallery, fox()) is first
    assert (1, len(first)) == (len(gallery), gallery._held_bytes)


def test_least_recently_shown_pictures_are_dropped() -> None:
    """Room for two pictures: showing the first again keeps it when a third comes."""
    sizes = [len(painted(Gallery(), fox(seed=seed))) for seed in (1, 2, 3)]
    gallery = Gallery(room_bytes=sum(sizes) - 1)
    for seed in (1, 2, 1, 3):
        painted(gallery, fox(seed=seed))
    kept = [gallery.kept(key_of(fox(seed=seed), 0)) is not None for seed in (1, 2, 3)]

    assert [True, False, True] == kept
    assert sizes[0] + sizes[2] == gallery._held_bytes


def test_a_gallery_without_room_still_shows() -> None:
    """A picture that does not fit is painted and not kept."""
    gallery = Gallery(room_bytes=10)

    assert len(painted(gallery, fox())) > 10
    assert (0, 0) == (len(gallery), gallery._held_bytes)


def test_many_may_ask_for_one_picture() -> None:
    """Eight threads get the same bytes, and they are counted once."""
    gallery = Gallery()
    got: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: got.append(painted(gallery, fox()))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ({got[0]}, 8) == (set(got), len(got))
    assert len(got[0]) == gallery._held_bytes


def test_numbers_have_their_own_pictures() -> None:
    """The second image of a request is not the first."""
    gallery = Gallery()

    assert painted(gallery, fox()) != painted(gallery, fox(), index=1)


def test_keys_tell_requests_apart() -> None:
    """Every member that is read is part of the key, and so is the number."""
    keys = {key_of(fox(), 0), key_of(fox(), 1), key_of(fox(guidance_scale=8), 0)}

    assert 3 == len(keys | {key_of(fox(), 0)})
