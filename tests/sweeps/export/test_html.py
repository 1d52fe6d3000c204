from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.library.shelf import Mark
from leonardo_nb.sweeps.export import html as rooms
from leonardo_nb.sweeps.export.html import spec_in, to_html
from leonardo_nb.widgets.sheet import Sheet

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.sweeps.run import Run

SCRIPT = re.compile(r'<script type="([^"]+)"(?: id="([^"]+)")?>(.*?)</script>', re.DOTALL)


def inside(path: Path) -> dict[str, str]:
    """What is in the file, by id; the script that runs is `""`."""
    return {name: text for _, name, text in SCRIPT.findall(path.read_text("utf-8"))}


def contents(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(inside(path)["leo-contents"])
    return found


def details(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        gzip.decompress(base64.b64decode(inside(path)["leo-details"]))
    )
    return found


def pictures(path: Path, size: int) -> list[bytes]:
    (pack,) = (
        each
        for each in (*contents(path)["small"], contents(path)["large"])
        if each and each["size"] == size
    )
    text, found = inside(path)[f"leo-{size}"], []
    for length in pack["lengths"]:
        found.append(base64.b64decode(text[:length]))
        text = text[length:]
    assert not text
    return found


def test_file_has_the_sheet_and_its_pictures(run: Run, tmp_path: Path) -> None:
    """Six cells, two sizes of thumbnails, and pictures to be looked at."""
    path = to_html(run, tmp_path / "foxes.html")

    assert ["foxes.html"] == [file.name for file in tmp_path.glob("foxes*")]
    assert ("dddddd", 6, False) == (
        contents(path)["traits"]["states"],
        contents(path)["traits"]["deck"]["n"],
        contents(path)["traits"]["deck"]["live"],
    )
    for size in (128, 256, 1024):
        assert [b"RIFF"] * 6 == [data[:4] for data in pictures(path, size)]


def test_script_of_the_file_is_the_widget_own(run: Run, tmp_path: Path) -> None:
    """The sheet is the notebook's, not one like it."""
    path = to_html(run, tmp_path / "foxes.html")

    assert str(Sheet._esm).strip() in inside(path)[""]
    assert str(Sheet._css).strip() in path.read_text("utf-8")


def test_words_of_every_cell_are_in_the_file(run: Run, tmp_path: Path) -> None:
    """With code that makes it again, and what it cost."""
    found = details(to_html(run, tmp_path / "foxes.html"))

    assert 6 == len(found)
    assert found[3]["prompt"].startswith('a fox in "snow" </script>')
    assert "leo.generate(" in found[3]["code"]
    assert ["cost", str(run.jobs[3].cost)] in found[3]["facts"]


def test_plan_comes_out_of_the_file(run: Run, tmp_path: Path) -> None:
    """The same that `run.to_json` writes."""
    assert run.plan.to_dict() == spec_in(to_html(run, tmp_path / "foxes.html"))


def test_words_are_never_markup(run: Run, tmp_path: Path) -> None:
    """A prompt that ends a script ends none, and a title that is one is text."""
    text = to_html(run, tmp_path / "foxes.html", title="<img src=x>{{data}}").read_text("utf-8")

    assert text.count("<script") == text.count("</script") == len(SCRIPT.findall(text))
    assert f"<h1>{html.escape('<img src=x>')}{{{{data}}}}</h1>" in text
    assert "<!--" not in text


def test_nothing_of_the_machine_or_the_service_is_in_the_file(run: Run, tmp_path: Path) -> None:
    """No path, no key, no address of a picture."""
    path = to_html(run, tmp_path / "foxes.html")
    text = path.read_text("utf-8") + json.dumps(details(path))
    secrets = [str(run.studio.folder), str(tmp_path), *(image.url for image in run.images)]

    assert [] == [secret for secret in secrets if secret in text]
    assert [] == re.findall(r"https?://(?!www\.w3\.org/)[^\s\"']+", text)


def test_policy_lets_our_own_script_run_and_nothing_else(run: Run, tmp_path: Path) -> None:
    """The seals in it are those of what is in the file, and nothing may be fetched."""
    path = to_html(run, tmp_path / "foxes.html")
    text = path.read_text("utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)

    def seal(said: str) -> str:
        return base64.b64encode(hashlib.sha256(said.encode()).digest()).decode()

    rules = dict(rule.strip().split(" ", 1) for rule in html.unescape(policy).split(";"))
    assert "'none'" == rules["default-src"]
    assert f"'sha256-{seal(inside(path)[''])}'" == rules["script-src"]
    assert f"'sha256-{seal(style)}'" == rules["style-src"]
    assert "blob: data:" == rules["img-src"]


def test_withheld_words_are_nowhere_in_the_file(run: Run, tmp_path: Path) -> None:
    """Neither in plain text nor in what is packed; and no code that has them."""
    path = to_html(run, tmp_path / "secret.html", prompt=False)
    text = path.read_text("utf-8") + json.dumps(details(path), ensure_ascii=False)

    assert [] == [word for word in ("a fox", "snow", "blurry", "🦊") if word in text]
    assert {""} == {detail["code"] for detail in details(path)}
    assert [] == contents(path)["pictures"]


def test_withheld_words_leave_an_axis_of_numbers(of_prompts: Run, tmp_path: Path) -> None:
    """The sheet still tells the prompts apart."""
    path = to_html(of_prompts, tmp_path / "two.html", prompt=False)
    (axis,) = contents(path)["traits"]["deck"]["axes"]
    text = path.read_text("utf-8") + json.dumps(details(path))

    assert ["prompt 1", "prompt 2"] == axis["labels"]
    assert [] == [word for word in ("red fox", "old lighthouse") if word in text]


def test_file_opens_as_the_sheet_was_turned(run: Run, tmp_path: Path) -> None:
    """With every cell, whatever was hidden by a filter, and in the width of any screen."""
    turned = run.grid(x="presetStyle", y="seed", size=300, state="failed")
    arrangement = contents(to_html(turned, tmp_path / "foxes.html"))["traits"]["arrangement"]

    assert ("presetStyle", "seed", 0, "") == (
        arrangement["x"],
        arrangement["y"],
        arrangement["size"],
        arrangement["filter"]["state"],
    )


def test_marks_travel(run: Run, tmp_path: Path) -> None:
    """The friend sees what was starred."""
    run.studio.shelf.mark(run.cells[4].picture, Mark(star=True, note="the ears"))
    path = to_html(run, tmp_path / "foxes.html")

    assert {"4": {"star": True, "reject": False, "note": "the ears"}} == (
        contents(path)["traits"]["marks"]
    )


def test_what_is_not_there_is_said(one_failed: Run, tmp_path: Path) -> None:
    """Above the sheet in words, and in its cell by its state and reason."""
    path = to_html(one_failed, tmp_path / "foxes.html")
    traits = contents(path)["traits"]
    failed = traits["states"].index("f")

    assert "1 of 3 cells is not there: 1 failed." in path.read_text("utf-8")
    assert [str(failed)] == list(traits["reasons"])
    assert b"" == pictures(path, 128)[failed]


def test_pictures_lie_beside_where_they_are_too_large(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder of the same name, as the service made them."""
    monkeypatch.setattr(rooms, "MOST_BYTES", 5_000)
    path = to_html(run, tmp_path / "my foxes.html")
    folder = tmp_path / "my foxes_files"

    assert contents(path)["large"] is None
    assert "my%20foxes_files/seed-1_presetStyle-CINEMATIC.jpg" == contents(path)["beside"][0]
    assert 6 == len(list(folder.glob("*.jpg")))


def test_folder_of_somebody_else_is_left_alone(run: Run, tmp_path: Path) -> None:
    """A picture of theirs that has the name of one of ours stays, and no file is written."""
    own = tmp_path / "foxes_files" / "seed-1_presetStyle-CINEMATIC.jpg"
    own.parent.mkdir()
    own.write_bytes(b"my own picture")
    with pytest.raises(leo.ExportFailed, match="has something else in it"):
        to_html(run, tmp_path / "foxes.html", pictures="beside")

    assert b"my own picture" == own.read_bytes()
    assert [own] == list(own.parent.iterdir())
    assert not (tmp_path / "foxes.html").exists()


def test_folder_beside_is_gone_on_with(run: Run, tmp_path: Path) -> None:
    """The same cell can be run again, and nothing half written lies there."""
    for _ in range(2):
        to_html(run, tmp_path / "foxes.html", pictures="beside")
    names = {file.name for file in (tmp_path / "foxes_files").iterdir()}

    assert {"sweep.json"} == {name for name in names if not name.endswith(".jpg")}
    assert 7 == len(names)


def test_thumbnails_alone_need_no_folder(run: Run, tmp_path: Path) -> None:
    """For a file that is as small as it can be."""
    path = to_html(run, tmp_path / "foxes.html", pictures="none")

    assert (None, []) == (contents(path)["large"], contents(path)["beside"])
    assert [path] == list(tmp_path.glob("foxes*"))


def test_where_pictures_go_is_one_of_four(run: Run, tmp_path: Path) -> None:
    """Another word is refused before anything is written."""
    with pytest.raises(leo.InvalidRequest, match="none of auto, inside, beside, none"):
        to_html(run, tmp_path / "foxes.html", pictures="outside")  # type: ignore[arg-type]

    assert [] == list(tmp_path.glob("foxes*"))


def test_file_that_is_gone_is_a_cell_without_a_picture(run: Run, tmp_path: Path) -> None:
    """The rest of the sheet is handed on."""
    run.jobs[2].images[0].path.unlink()
    path = to_html(run, tmp_path / "foxes.html")

    assert [True, True, False, True, True, True] == [bool(each) for each in pictures(path, 1024)]


def test_same_sweep_is_the_same_file(run: Run, tmp_path: Path) -> None:
    """So that marks made in it are found again, and a copy can be compared."""
    one, two = to_html(run, tmp_path / "a.html"), to_html(run, tmp_path / "b.html")

    assert one.read_bytes() == two.read_bytes()


def test_file_without_a_sweep_is_one_clear_error(tmp_path: Path) -> None:
    """Whoever asks for the plan of another page is told so."""
    (tmp_path / "page.html").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(leo.ExportFailed, match="has no sweep in it"):
        spec_in(tmp_path / "page.html")
    with pytest.raises(leo.ExportFailed, match="cannot be read"):
        spec_in(tmp_path / "none.html")
