"""One kernel, message by message: interrupts, nested loops, exits, and what reaches the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kernel.conftest import Kernel

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(120)]

JOB = 'job = leo.generate("a fox in the snow", seed=1)'

WAITS_ASYNC = """
import asyncio
asyncio.get_running_loop().call_later(0.05, print, "waiting now")
await job
"""
"""Says so only once the cell has given the loop away, and so waits already."""

WAITS_BLOCKING = """
import threading

def tell():
    while not job._future._condition._waiters:
        time.sleep(0.01)
    print("waiting now")

threading.Thread(target=tell).start()
job.result()
"""

ASK_RESULT = "print(len(job.result(timeout=30)), job.state)"


def shown_plainly(message: dict[str, Any]) -> bool:
    """Whether *message* puts a plain picture where a card was."""
    return (
        message["msg_type"] == "update_display_data" and "image/jpeg" in message["content"]["data"]
    )


@pytest.mark.parametrize("waits", [WAITS_ASYNC, WAITS_BLOCKING], ids=["await", "result"])
def test_interrupted_cell_leaves_the_job_running(held: Kernel, waits: str) -> None:
    """An interrupt ends the waiting and nothing else; the job says so, and the next cell has it."""
    held.run(JOB)
    waiting = held.send(waits)
    held.until_said("waiting now")

    held.manager.interrupt_kernel()
    ended = held.reply(waiting)
    after = held.run("print(job.state in {'request', 'ack', 'pending'}, *job.notes)\nlet_go()")

    assert "True Stopped waiting; the job goes on. `await job` waits again." == after.text
    assert ended.reply["ename"] in {"KeyboardInterrupt", "CancelledError"}
    assert "1 complete" == held.run(ASK_RESULT).text


def test_interrupted_result_says_that_the_job_goes_on(held: Kernel) -> None:
    """The traceback of an interrupted `job.result()` ends with what to do now."""
    held.run(JOB)
    waiting = held.send(WAITS_BLOCKING)
    held.until_said("waiting now")

    held.manager.interrupt_kernel()

    expected = "KeyboardInterrupt: Stopped waiting; the job goes on. `await job` waits again."
    assert expected == held.reply(waiting).error


def test_interrupted_job_still_becomes_a_picture(held: Kernel) -> None:
    """The card of a job whose cell was interrupted turns into a picture when the job ends."""
    held.run(f"{JOB}\njob")
    waiting = held.send(WAITS_ASYNC)
    held.until_said("waiting now")
    held.manager.interrupt_kernel()
    held.reply(waiting)

    held.run("let_go()")

    message = held.until(shown_plainly)
    assert ["image/jpeg", "text/html", "text/plain"] == sorted(message["content"]["data"])


def test_click_is_heard_while_a_cell_awaits(held: Kernel) -> None:
    """Cancel on the card ends the job, and the cell that awaits it."""
    held.run(f"{JOB}\njob")
    card = held.card()
    waiting = held.send(WAITS_ASYNC)
    held.until_said("waiting now")

    held.click(card, do="cancel")

    assert "JobCancelled" == held.reply(waiting).reply["ename"]
    assert "cancelled" == held.run("print(job.state)").text


def test_card_freezes_while_a_cell_blocks(held: Kernel) -> None:
    """The card's updates and its picture arrive before a busy cell has ended."""
    held.run(f"{JOB}\njob")
    held.card()

    busy = held.run("let_go()\nwhile not job.done():\n    time.sleep(0.05)")

    assert "comm_msg" in [message["msg_type"] for message in busy.heard]
    assert any(shown_plainly(message) for message in busy.heard)
    assert "1 complete" == held.run(ASK_RESULT).text


def test_picture_that_comes_between_two_cells_is_said_again(held: Kernel) -> None:
    """Notebook runners drop what is published while no cell runs; the next cell brings it anew."""
    held.run(f"{JOB}\njob")
    held.card()
    held.run("import threading\nthreading.Timer(0.2, let_go).start()")
    held.until(shown_plainly)

    following = held.run("pass")
    after = held.run("pass")

    assert [True, False] == [any(map(shown_plainly, ran.heard)) for ran in (following, after)]


def test_two_cards_of_a_job_share_one_model(held: Kernel) -> None:
    """However often a job is shown, in cells or in boxes, one model is opened for it."""
    held.run("import ipywidgets")
    held.run(f"{JOB}\njob")
    held.card()
    held.run("job")
    held.run("box = ipywidgets.HBox([job.card(), job.card()])\nbox")

    assert "True" == held.run("print(box.children[0] is box.children[1])").text
    assert 1 == held.models()


def test_quick_job_opens_no_model(kernel: Kernel) -> None:
    """A job that has ended when it is shown is a picture at once, without a widget."""
    kernel.run(f"import leonardo_nb as leo\n{JOB}\nimages = job.result()")

    ran = kernel.run("job")

    assert 0 == kernel.models()
    assert ["image/jpeg", "text/html", "text/plain"] == sorted(
        next(m["content"]["data"] for m in ran.heard if m["msg_type"] == "display_data")
    )


def test_grid_is_one_model(held: Kernel) -> None:
    """A sweep of nine cells, shown twice, opens one model and none for its cells."""
    held.run('run = leo.sweep("a fox", seed=[1, 2, 3], guidance_scale=[4, 7, 10])\nrun')
    held.card("deck")
    held.run("run")

    assert (1, 0) == (held.models("deck"), held.models("view"))


NESTED = """
import asyncio

async def doubled(number):
    await asyncio.sleep(0.01)
    return 2 * number

print(asyncio.run(doubled(1)), asyncio.get_event_loop().run_until_complete(doubled(2)))
"""


def test_own_loops_need_permission(kernel: Kernel) -> None:
    """Without being asked, leonardo_nb leaves asyncio alone, and `asyncio.run()` is refused."""
    kernel.run(f"import leonardo_nb as leo\n{JOB}\nimages = job.result()")

    refused = kernel.reply(kernel.send("import asyncio\nasyncio.run(asyncio.sleep(0))"))

    assert "RuntimeError" == refused.reply["ename"]


def test_own_loops_run_once_allowed(held: Kernel) -> None:
    """`asyncio.run()` and `run_until_complete()` work in a cell, and in one that holds a job."""
    allowed = held.run("print(leo.allow_nested_loops())")

    assert "nest_asyncio2" == allowed.text
    assert "2 4" == held.run(NESTED).text

    held.run(f"{JOB}\nlet_go()")

    assert "1 complete" == held.run("images = await job\nprint(len(images), job.state)").text
    assert "1 complete" == held.run(ASK_RESULT).text


def test_job_can_be_awaited_in_a_nested_loop(held: Kernel) -> None:
    """A person's own `asyncio.run()` may await jobs, because they are bound to no loop."""
    held.run(f"leo.allow_nested_loops()\n{JOB}\nlet_go()")

    nested = held.run(
        "import asyncio\n"
        "async def pictures():\n"
        "    return len(await job)\n"
        "print(asyncio.run(pictures()))"
    )

    assert "1" == nested.text


def test_clicks_work_in_nested_loops(held: Kernel) -> None:
    """After the patch a click is still heard while a cell awaits."""
    held.run("import asyncio\nleo.allow_nested_loops()")
    held.run(f"{JOB}\njob")
    first = held.card()
    waiting = held.send(WAITS_ASYNC)
    held.until_said("waiting now")
    held.click(first, do="cancel")

    assert "JobCancelled" == held.reply(waiting).reply["ename"]


def test_nested_loops_leave_the_card_its_picture(held: Kernel) -> None:
    """After the patch a card still turns into a plain picture."""
    held.run("leo.allow_nested_loops()")
    held.run(f"{JOB}\njob")
    held.card()

    held.run(f"{NESTED}\nlet_go()")

    assert "image/jpeg" in held.until(shown_plainly)["content"]["data"]


@pytest.mark.parametrize(
    "last",
    [f"{JOB}\njob", "run = leo.sweep('a fox', seed=range(20))\nrun", "studio.refresh()"],
    ids=["job", "sweep", "idle"],
)
def test_kernel_exits_in_the_middle_of_a_job(held: Kernel, last: str) -> None:
    """A kernel that is asked to end does so by itself within seconds, whatever is under way."""
    held.run(last)

    assert 0 == held.exit()


def test_import_makes_no_thread(kernel: Kernel) -> None:
    """`import leonardo_nb` starts nothing; the thread comes with the first job."""
    kernel.run("import threading\nbefore = set(threading.enumerate())")

    imported = kernel.run("import leonardo_nb as leo\nprint(set(threading.enumerate()) - before)")
    kernel.run(JOB)
    used = kernel.run("print('leonardo_nb' in {thread.name for thread in threading.enumerate()})")

    assert "set()" == imported.text
    assert "True" == used.text
