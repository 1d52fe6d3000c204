// @ts-check
// The other side of the sheet in a file on disk: it answers what a kernel would, out of the file.
// html.py puts the sheet's own module before it. Nothing is fetched, and nothing is evaluated.

/** @typedef {{ size: number, lengths: number[], text: string }} Pack */
/** @typedef {{ star?: boolean, reject?: boolean, note?: string }} Mark */
/**
 * @typedef {object} Contents
 * @property {string} id
 * @property {Record<string, any>} traits
 * @property {Pack[]} small thumbnails, the smallest first
 * @property {Pack | null} large
 * @property {string[]} beside addresses of full pictures; "" for none, empty where none are beside
 * @property {string[]} names
 * @property {string} type of the large pictures
 */
/** @typedef {(message: Record<string, any>, buffers?: DataView[]) => void} Tell */

const AT_ONCE = 60; // thumbnails in one message: some 5 ms of decoding

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export function bytesOf(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/** Says where each picture of a pack is; nothing is decoded before it is asked for. @param {Pack} pack */
export function opened(pack) {
  const starts = new Uint32Array(pack.lengths.length + 1);
  pack.lengths.forEach((length, i) => (starts[i + 1] = starts[i] + length));
  return {
    size: pack.size,
    /** @param {number} cell @returns {DataView | null} */
    picture(cell) {
      if (!pack.lengths[cell]) return null;
      return new DataView(bytesOf(pack.text.slice(starts[cell], starts[cell + 1])).buffer);
    },
  };
}

/** What `render` knows of a kernel, without one. @param {Record<string, any>} traits @param {(message: any) => void} asked */
export function makeModel(traits, asked) {
  const values = { ...traits };
  /** @type {Map<string, Set<Function>>} */
  const listeners = new Map();
  /** @param {string} event @param {any[]} more */
  const tell = (event, ...more) => [...(listeners.get(event) ?? [])].forEach((fn) => fn(...more));
  const model = {
    /** @param {string} name */
    get: (name) => values[name],
    /** @param {string} name @param {any} value */
    set(name, value) {
      if (values[name] === value) return;
      values[name] = value;
      tell(`change:${name}`, model, value);
    },
    save_changes() {}, // there is nobody to save them for
    /** @param {string} event @param {Function} fn */
    on(event, fn) {
      if (!listeners.has(event)) listeners.set(event, new Set());
      listeners.get(event)?.add(fn);
    },
    /** @param {string} [event] @param {Function} [fn] */
    off(event, fn) {
      if (event === undefined) listeners.clear();
      else if (fn) listeners.get(event)?.delete(fn);
      else listeners.delete(event);
    },
    // never at once: the page may be in the middle of drawing
    /** @param {any} message */
    send: (message) => void setTimeout(() => asked(message)),
    /** @type {Tell} */
    hear: (message, buffers = []) => tell("msg:custom", message, buffers),
  };
  return model;
}

/**
 * Gives thumbnails some at a time; a new wish of a view takes the place of its last one.
 * @param {Pack[]} packs @param {Tell} tell
 */
export function makeShelf(packs, tell) {
  const shelves = packs.map(opened);
  /** @type {Map<any, { size: number, cells: number[] }>} */
  const wishes = new Map();
  let works = false;

  /** @param {number} size */
  const fitting = (size) => shelves.find((shelf) => shelf.size >= size) ?? shelves[shelves.length - 1];

  function work() {
    works = false;
    const next = wishes.entries().next();
    if (next.done) return;
    const [view, { size, cells }] = next.value;
    const some = cells.splice(0, AT_ONCE);
    if (!cells.length) wishes.delete(view);
    const found = [], none = [], buffers = [];
    for (const cell of some) {
      const picture = fitting(size)?.picture(cell);
      if (!picture) none.push(cell);
      else found.push(cell), buffers.push(picture);
    }
    if (found.length) tell({ what: "small", size, cells: found }, buffers);
    if (none.length) tell({ what: "none", size, cells: none });
    go();
  }

  function go() {
    if (works || !wishes.size) return;
    works = true;
    setTimeout(work);
  }

  return {
    /** @param {any} view @param {number} size @param {number[]} cells */
    want(view, size, cells) {
      wishes.delete(view);
      if (cells.length) wishes.set(view, { size, cells: [...cells] });
      go();
    },
    /** @param {any} view */
    forget: (view) => void wishes.delete(view),
    /** The largest there is of a cell. @param {number} cell */
    largest: (cell) => shelves[shelves.length - 1]?.picture(cell) ?? null,
  };
}

/** Keeps marks in the browser, where it lets a file do that. @param {string} id @param {Pick<Storage, "getItem" | "setItem"> | null} storage */
export function makeMemory(id, storage) {
  const key = `leonardo_nb sheet ${id}`;
  return {
    /** @returns {Record<string, Mark>} */
    read() {
      try {
        const found = JSON.parse(storage?.getItem(key) ?? "{}");
        return found && typeof found === "object" ? found : {};
      } catch {
        return {};
      }
    },
    /** @param {Record<string, Mark>} marks @returns {boolean} whether they are kept */
    write(marks) {
      try {
        storage?.setItem(key, JSON.stringify(marks));
        return storage !== null;
      } catch {
        return false;
      }
    },
  };
}

/** Unpacks JSON that was made small; null where the browser cannot. @param {string} text @returns {Promise<any>} */
export async function unpacked(text) {
  if (typeof DecompressionStream === "undefined") return null;
  const stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

/**
 * Answers the page.
 * @param {Contents} contents
 * @param {() => Promise<any[] | null>} details one a cell
 * @param {{ storage: Pick<Storage, "getItem" | "setItem"> | null, save: (address: string, name: string) => void }} browser
 */
export function makeHost(contents, details, { storage, save }) {
  const memory = makeMemory(contents.id, storage);
  const given = contents.traits.marks ?? {};
  const own = memory.read();
  const marks = { ...given, ...own };
  for (const cell of Object.keys(marks)) if (!isMarked(marks[cell])) delete marks[cell];
  const model = makeModel({ ...contents.traits, marks }, asked);
  const shelf = makeShelf(contents.small, model.hear);
  const large = contents.large && opened(contents.large);

  /** @param {number} cell */
  const picture = (cell) => large?.picture(cell) ?? shelf.largest(cell);

  /** @param {number} cell @param {Mark} change */
  function mark(cell, change) {
    const now = { ...model.get("marks")[cell], ...change };
    own[cell] = { star: Boolean(now.star), reject: Boolean(now.reject), note: String(now.note ?? "") };
    const all = { ...model.get("marks"), [cell]: own[cell] };
    if (!isMarked(own[cell])) delete all[cell];
    memory.write(own);
    model.set("marks", all);
  }

  /** @param {any} message */
  function asked(message) {
    const { view, cell } = message;
    switch (message.do) {
      case "want":
        return shelf.want(view, message.size, message.cells);
      case "bye":
        return shelf.forget(view);
      case "show":
        return void details().then((all) => {
          if (all?.[cell]) model.hear({ what: "cell", cell, view, detail: all[cell] });
        });
      case "large": {
        /** @type {number[]} */
        const cells = message.cells.filter((/** @type {number} */ each) => picture(each));
        if (!cells.length) return;
        const found = cells.map((each) => /** @type {DataView} */ (picture(each)));
        const addresses = contents.beside.length ? { addresses: cells.map((each) => contents.beside[each] ?? "") } : {};
        return model.hear({ what: "large", cells, view, ...addresses }, found);
      }
      case "download": {
        const name = contents.names[cell];
        if (contents.beside[cell]) return save(contents.beside[cell], name);
        const found = picture(cell);
        if (found) model.hear({ what: "file", cell, view, name, type: contents.type }, [found]);
        return;
      }
      case "mark": {
        const { star, reject, note } = message;
        const change = Object.entries({ star, reject, note }).filter(([, value]) => value !== undefined);
        return mark(cell, Object.fromEntries(change));
      }
    }
  }

  return { model, canKeep: () => memory.write(own) };
}

/** @param {Mark | undefined} mark */
const isMarked = (mark) => Boolean(mark?.star || mark?.reject || mark?.note);

/**
 * Says marks as Python that gives them to the run they came from.
 * @param {Record<string, Mark>} marks @param {string[]} pictures @param {string} name of the sweep
 */
export function asPython(marks, pictures, name) {
  const cells = Object.keys(marks).map(Number).sort((a, b) => a - b);
  /** @param {number} cell */
  const said = (cell) => `cell[${inPython(pictures[cell])}]`;
  /** @param {(mark: Mark) => any} has */
  const those = (has) => cells.filter((cell) => has(marks[cell])).map((cell) => `    ${said(cell)},\n`).join("");
  const [stars, rejects] = [those((mark) => mark.star), those((mark) => mark.reject)];
  return [
    "import leonardo_nb as leo",
    "",
    `run = leo.open_sweep(${inPython(name)})`,
    "cell = {each.picture: each for each in run.cells}",
    ...(stars ? [`run.star(\n${stars})`] : []),
    ...(rejects ? [`run.reject(\n${rejects})`] : []),
    ...cells.filter((cell) => marks[cell].note).map((cell) => `run.note(${said(cell)}, ${inPython(marks[cell].note ?? "")})`),
    "",
  ].join("\n");
}

/** JSON's text is Python's, but for halves of characters, which no text of ours has. @param {string} text */
const inPython = (text) => JSON.stringify(text).replace(/[\u007f-\u{10ffff}]/gu, (c) => {
  const code = /** @type {number} */ (c.codePointAt(0));
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
});

/** @param {Document} page @param {string} id */
const textIn = (page, id) => page.getElementById(id)?.textContent ?? "";

/**
 * Shows the sheet that is in *page*.
 * @param {(context: { model: any, el: HTMLElement }) => any} draw @param {Document} page
 */
export function start(draw, page) {
  const told = JSON.parse(textIn(page, "leo-contents"));
  /** @param {Omit<Pack, "text">} pack */
  const filled = (pack) => ({ ...pack, text: textIn(page, `leo-${pack.size}`) });
  const traits = { ...told.traits };
  for (const name of ["coords", "costs"]) traits[name] = new DataView(bytesOf(traits[name]).buffer);
  /** @type {Promise<any[] | null> | null} */
  let details = null;
  let storage = null;
  try {
    storage = window.localStorage;
  } catch {
    // a browser that keeps nothing for files
  }
  /** @param {string} address @param {string} name */
  const save = (address, name) => {
    const link = Object.assign(page.createElement("a"), { href: address, download: name, target: "_blank", rel: "noopener" });
    link.click();
  };
  const host = makeHost(
    { ...told, traits, small: told.small.map(filled), large: told.large && filled(told.large) },
    () => (details ??= unpacked(textIn(page, "leo-details")).catch(() => null)),
    { storage, save },
  );
  const el = /** @type {HTMLElement} */ (page.getElementById("leo-sheet"));
  draw({ model: host.model, el });
  openFoot(page, host, told);
  return host;
}

/** The line below the sheet: what was marked here, and the plan, to be taken along. @param {Document} page @param {ReturnType<typeof makeHost>} host @param {any} told */
function openFoot(page, host, told) {
  const copied = /** @type {HTMLButtonElement} */ (page.getElementById("leo-copy-marks"));
  const plan = /** @type {HTMLButtonElement} */ (page.getElementById("leo-save-plan"));
  const where = /** @type {HTMLElement} */ (page.getElementById("leo-kept"));
  const draw = () => {
    const count = Object.keys(host.model.get("marks")).length;
    copied.hidden = !count || !told.pictures.length;
    copied.textContent = `Copy ${count === 1 ? "1 mark" : `${count.toLocaleString("en")} marks`} as Python`;
    where.hidden = !count;
    where.textContent = host.canKeep() ? "Marks made here stay in this browser." : "This browser forgets marks when the page is closed.";
  };
  host.model.on("change:marks", draw);
  draw();
  copied.addEventListener("click", async () => {
    const text = asPython(host.model.get("marks"), told.pictures, told.traits.deck.name);
    const was = copied.textContent;
    copied.textContent = (await put(text, page)) ? "Copied" : "Not copied";
    setTimeout(() => (copied.textContent = was), 1500);
  });
  plan.addEventListener("click", () => {
    const address = URL.createObjectURL(new Blob([textIn(page, "leo-sweep")], { type: "application/json" }));
    Object.assign(page.createElement("a"), { href: address, download: "sweep.json" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  });
}

/** @param {string} text @param {Document} page */
async function put(text, page) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // a file is no secure context everywhere; the old way needs something selected
    const area = Object.assign(page.createElement("textarea"), { value: text, className: "leo-aside" });
    page.body.append(area);
    area.select();
    const done = page.execCommand("copy");
    area.remove();
    return done;
  }
}
