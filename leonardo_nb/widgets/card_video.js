// @ts-check
// The card of a video: its still with a play mark, and in the same frame the film itself, whose bytes
// come from Python when they are asked for.
import { addressOf, listen, make, makeButton, tellUse } from "./common.js";
import { address, cardOf, fill } from "./card_base.js";

const stands = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export default cardOf((place) => {
  const { model, me, view } = place;
  const use = tellUse(place);
  /** The still, or the picture that the video begins with while there is none. */
  const cell = makeButton("leo-cell", "", () => ask());
  const waiting = make("div", "leo-cell");
  const mark = make("span", "leo-play");
  const player = make("video", "leo-cell");
  let drawn = ""; // the key of the picture that is in the cell
  let poster = ""; // addresses
  let clip = "";
  let ticked = view().ticking; // so this page sees it arrive
  let asked = false;
  let plays = false; // whether the player stands in the frame
  let isBroken = false;

  Object.assign(player, { controls: true, muted: true, playsInline: true });
  player.addEventListener("play", () => use.set("film", true));
  player.addEventListener("pause", () => use.set("film", false));
  player.addEventListener("ended", () => {
    // it has played by itself; from now on who wants it plays it, again and again
    player.loop = true;
    use.set("film", false);
    turn(false);
  });
  player.addEventListener("error", () => {
    if (clip) fails(view().unplayable);
  });

  /** @param {string} why */
  function fails(why) {
    isBroken = true;
    use.set("film", false);
    URL.revokeObjectURL(clip);
    clip = "";
    place.notice(why);
    turn(false);
  }

  /** Put the film in the place of the still, or back; the focus stays there. @param {boolean} isFilm */
  function turn(isFilm) {
    const [from, to] = isFilm ? [cell, player] : [player, cell];
    const hadFocus = from.matches(":focus");
    plays = isFilm;
    place.redraw();
    if (hadFocus) to.focus();
  }

  /** Play the film, which is here. */
  function start() {
    turn(true);
    player.play().catch(() => use.set("film", false)); // a page may refuse; then there are the controls
  }

  /** @param {boolean} [byItself] */
  function ask(byItself = false) {
    player.loop = !byItself;
    if (clip) return start();
    if (asked) return;
    asked = true;
    isBroken = false;
    place.notice("");
    cell.ariaBusy = "true";
    model.send({ do: "clip", view: me });
    use.set("film", true); // a large one is on its way for a while
  }

  /** @param {HTMLElement} into */
  function drawPicture(into) {
    const picture = place.pictures()[0] ?? model.get("before");
    if (drawn === (picture?.key ?? "") && into.firstChild) return;
    drawn = picture?.key ?? "";
    into.replaceChildren();
    URL.revokeObjectURL(poster);
    poster = "";
    if (picture?.key) fill(into, picture, (poster = address(picture)));
  }

  const leave = listen(model, { "change:before": place.redraw });

  return {
    draw(v) {
      const done = v.phase === "done";
      if (!done) {
        drawPicture(waiting);
        return { nodes: v.ticking ? [waiting] : [], waits: v.ticking };
      }
      drawPicture(cell);
      cell.disabled = isBroken;
      cell.setAttribute("aria-label", `Play the video: ${v.prompt}`);
      cell.title = isBroken ? "" : "Play";
      mark.hidden = isBroken;
      cell.append(mark);
      player.setAttribute("aria-label", `Video: ${v.prompt}`);
      if (ticked) {
        ticked = false;
        if (!stands()) ask(true);
      }
      return { nodes: [plays ? player : cell], waits: false };
    },
    acts: { play: () => ask() },
    heard(message, buffers) {
      if (message?.kind !== "clip" || message.view !== me || clip) return;
      asked = false;
      cell.ariaBusy = null;
      if (!buffers?.length) return fails(message.why);
      clip = addressOf(buffers[0], message.type);
      player.src = clip;
      start();
    },
    end() {
      leave();
      use.end();
      player.removeAttribute("src");
      player.load();
      URL.revokeObjectURL(poster);
      URL.revokeObjectURL(clip);
      clip = poster = "";
    },
  };
});
