import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const widgets = new URL("../../leonardo_nb/widgets/", import.meta.url);

for (const [file, className] of [
  ["panel_strip.js", "Strip"],
  ["panel_footer.js", "Footer"],
]) {
  test(`${file} reads only traits that ${className} has`, async () => {
    const source = await readFile(new URL(file, widgets), "utf8");
    const python = await readFile(new URL("panel.py", widgets), "utf8");
    const body = python.split(`class ${className}(`)[1].split("\nclass ")[0];
    const traits = [...body.matchAll(/^ {4}(\w+)(?::[^=\n]+)? = traitlets/gm)].map((match) => match[1]);
    const read = [...source.matchAll(/model\.get\("(\w+)"|"change:(\w+)"/g)].map(([, got, heard]) => got ?? heard);
    assert.ok(read.length > 2);
    assert.deepEqual(
      read.filter((name) => !traits.includes(name)),
      [],
    );
  });
}
