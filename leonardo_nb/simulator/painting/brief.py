# ruff: noqa: E501  a shape or a table reads as one row
"""
What a prompt asks for, in the few words that the painter knows.

Reading is kept apart from drawing so that it can be tested as a plain value: a prompt goes in, a
`Brief` comes out.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leonardo_nb.simulator.painting.colour import Colour, hexa

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MOST_CHARACTERS", "Brief", "read_brief", "stable_hash"]

# A prompt is at most 1,500 characters on the service; what is far beyond is not worth reading.
MOST_CHARACTERS = 4000
MOST_SUBJECTS = 3

SUBJECTS: dict[str, str] = {
    "lighthouse": "lighthouse beacon",
    "fox": "fox vixen wolf coyote",
    "cat": "cat kitten kitty tiger lion panther leopard cheetah",
    "dog": "dog puppy hound corgi labrador husky",
    "owl": "owl owlet",
    "gulls": "gull seagull gulls seagulls bird birds crow raven sparrow swallow eagle parrot",
    "whale": "whale orca dolphin",
    "fish": "fish goldfish koi shark jellyfish squid octopus turtle",
    "castle": "castle fortress palace citadel tower keep temple",
    "house": "house cabin cottage hut barn farmhouse home chalet windmill mill church",
    "skyline": "skyline skyscraper skyscrapers",
    "tree": "tree oak pine willow bonsai palm",
    "peak": "mountain mountains peak volcano summit alps matterhorn everest",
    "boat": "boat sailboat ship sailing yacht schooner dinghy vessel galleon pirate",
    "flower": "flower flowers rose roses tulip sunflower sunflowers daisy poppy lotus orchid bouquet",
    "rocket": "rocket spaceship spacecraft shuttle starship missile",
    "robot": "robot android mech cyborg droid automaton",
    "car": "car automobile truck taxi vehicle van jeep roadster",
    "astronaut": "astronaut cosmonaut spaceman",
    "person": (
        "person portrait woman man girl boy lady model face child king queen knight wizard witch "
        "princess prince warrior samurai monk selfie human people couple dancer mother father"
    ),
    "moon": "moon planet",
    "dragon": "dragon wyvern",
    "teapot": "teapot kettle tea pot",
    "cup": "cup mug coffee espresso latte cocoa",
    "bowl": "bowl ramen soup noodles salad stew curry rice food dish meal pasta breakfast",
    "balloon": "balloon balloons airship zeppelin",
    "horse": "horse pony unicorn stallion deer stag elk reindeer",
    "rabbit": "rabbit bunny hare",
    "book": "book books notebook novel",
    "mushroom": "mushroom mushrooms toadstool fungus",
    "train": "train locomotive railway tram",
    "bridge": "bridge viaduct aqueduct",
    "fruit": "apple apples pear lemon orange oranges fruit fruits peach cherry cherries strawberry",
    "cake": "cake cupcake pancakes pie dessert burger sandwich pizza",
}

PLACES: dict[str, str] = {
    "sea": "sea ocean surf coast coastal shore waves wave harbour harbor bay cliff cliffs island",
    "beach": "beach sand sandy seaside lagoon tropical",
    "lake": "lake pond river stream loch fjord waterfall",
    "desert": "desert dunes dune sahara canyon mesa savanna savannah mars martian oasis arid",
    "forest": "forest woods woodland jungle rainforest grove pines",
    "snow": "arctic antarctic glacier tundra polar snowfield ski",
    "peaks": "mountain mountains alpine alps highlands himalaya ridge valley",
    "city": "city street downtown town tokyo york london paris urban cyberpunk alley metropolis",
    "meadow": "meadow field fields grass grassland hill hills garden countryside park farm prairie",
    "space": "space galaxy nebula cosmos orbit cosmic stars planet asteroid lunar",
    "room": "room interior kitchen bedroom cafe office studio indoors table desk bar restaurant",
    "library": "library bookshop bookstore bookshelf archive",
    "underwater": "underwater reef coral seabed aquarium submerged undersea",
}

TIMES: dict[str, str] = {
    "dawn": "dawn sunrise morning daybreak aurora early",
    "noon": "noon midday day daylight sunny bright afternoon summer",
    "sunset": "sunset dusk evening golden twilight autumn fall sundown",
    "night": "night midnight moonlit moonlight starry nocturnal dark neon",
    "storm": "storm stormy thunder lightning tempest overcast gloomy cloudy",
}

WEATHERS: dict[str, str] = {
    "fog": "fog foggy mist misty haze hazy",
    "rain": "rain rainy drizzle wet downpour raining",
    "snowfall": "snow snowy snowfall snowing blizzard winter frost christmas",
}

COLOURS: dict[str, str] = {
    "red": "c8342f", "crimson": "a81d33", "scarlet": "d8322a", "orange": "e8792b",
    "amber": "e39b2d", "yellow": "f0c53a", "gold": "d9a441", "golden": "d9a441",
    "green": "4d9a55", "emerald": "1f8f63", "olive": "7d8440", "teal": "1f8a8a",
    "turquoise": "2fb3ad", "cyan": "35b6cf", "blue": "2f66b8", "azure": "3f8fd6",
    "indigo": "3d3f9e", "navy": "1f2f5e", "purple": "7a4aa5", "violet": "7b55c0",
    "magenta": "c23a8e", "pink": "e88aa6", "rose": "d9637c", "brown": "7b4d31",
    "black": "23252e", "white": "f2efe6", "silver": "b9c1c9", "grey": "8b9198",
    "gray": "8b9198", "copper": "b8693c", "lavender": "a99bd6", "ginger": "d27a3a",
}  # fmt: skip

# What a picture of this is usually a picture of, where the prompt names no place.
HOMES: dict[str, str] = {
    "lighthouse": "sea", "whale": "sea", "boat": "sea", "fish": "underwater", "castle": "peaks",
    "cat": "room", "person": "meadow", "flower": "room", "robot": "city", "car": "city", "skyline": "city",
    "rocket": "desert", "astronaut": "moonland", "teapot": "room", "cup": "room", "bowl": "room",
    "book": "room", "fruit": "room", "cake": "room", "fox": "forest", "owl": "forest",
    "peak": "peaks", "dragon": "peaks", "balloon": "meadow", "mushroom": "forest",
    "gulls": "sea", "moon": "peaks", "bridge": "lake", "train": "peaks",
}  # fmt: skip


def _index(table: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in table.items() for word in words.split()}


_SUBJECT, _PLACE = _index(SUBJECTS), _index(PLACES)
_TIME, _WEATHER = _index(TIMES), _index(WEATHERS)


@dataclass(frozen=True, slots=True)
class Brief:
    """
    What to paint.

    Attributes:
        subjects: Names of at most three sprites, the main one first; empty for a landscape.
        accents: A colour word said of a subject, by the subject's name.
        place: Where; always one.
        time: Time of day, or "" where the prompt leaves it open.
        weather: "fog", "rain", "snowfall", or "".
        tint: A colour word said of the whole picture, or None.
        mood: A number made of the prompt's words; prompts that differ look different.
    """

    subjects: tuple[str, ...]
    accents: dict[str, Colour]
    place: str
    time: str
    weather: str
    tint: Colour | None
    mood: int


def stable_hash(text: str) -> int:
    """Return a number of 64 bits that is the same for *text* on every machine and every day."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text[:MOST_CHARACTERS].lower())


def _known(word: str, table: dict[str, str]) -> str | None:
    return table.get(word) or (table.get(word[:-1]) if word.endswith("s") else None)


def _first(words: Iterable[str], table: dict[str, str]) -> str:
    return next((name for word in words if (name := _known(word, table))), "")


def read_brief(prompt: str, negative: str = "") -> Brief:
    """
    Return what *prompt* asks for, without the subjects that *negative* names.

    >>> read_brief("a red boat on a calm lake at dawn").subjects
    ('boat',)
    """
    words = _words(prompt)
    unwanted = {name for word in _words(negative) if (name := _known(word, _SUBJECT))}
    unwanted_words = set(_words(negative))
    words = [word for word in words if word not in unwanted_words]

    subjects: list[str] = []
    accents: dict[str, Colour] = {}
    tint: Colour | None = None
    pending: tuple[int, Colour] | None = None
    for position, word in enumerate(words):
        if name := _known(word, _SUBJECT):
            if name not in subjects and name not in unwanted:
                subjects.append(name)
            if pending is not None and position - pending[0] <= 3 and name not in accents:
                accents[name] = pending[1]
                pending = None
        elif word in COLOURS:
            if pending is not None:
                tint = tint or pending[1]
            pending = (position, hexa(COLOURS[word]))
    if pending is not None and not (_first(words, _TIME) and "golden" in words):
        tint = tint or pending[1]

    place = _first(words, _PLACE)
    weather = _first(words, _WEATHER)
    if not place and weather == "snowfall":
        place = "snow"
    if "peak" in subjects and place in {"peaks", ""}:
        place = "peaks"
    # whoever stands on the moon does not have it in the sky
    if subjects[:1] == ["astronaut"] and "moon" in subjects:
        subjects.remove("moon")
        place = "moonland"
    if not place and subjects:
        place = HOMES.get(subjects[0], "meadow")
    mood = stable_hash(" ".join(words))
    if not place:
        open_country = ("peaks", "lake", "meadow", "desert", "forest", "sea", "peaks", "meadow")
        place = open_country[mood % len(open_country)]
    return Brief(
        subjects=tuple(subjects[:MOST_SUBJECTS]),
        accents=accents,
        place=place,
        time=_first(words, _TIME),
        weather=weather,
        tint=tint,
        mood=mood,
    )
