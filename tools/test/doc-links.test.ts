import { expect, test } from "vitest";
import { headingAnchors, relativeLinks } from "../lib/doc-links.mjs";

test("links into the repository are found with their lines, in both of Markdown's forms", () => {
  const text = 'See [loop](docs/loop.md#rules "why"), ![x](<a.png>)\nand [core][1] or [web](https://example.org).\n\n[1]: packages/core';
  expect(relativeLinks(text)).toEqual([
    { target: "docs/loop.md#rules", line: 1 },
    { target: "a.png", line: 1 },
    { target: "packages/core", line: 4 },
  ]);
});

test("what looks like a link in code is none", () => {
  expect(relativeLinks("`a[0](b)`\n```ts\nf[1](c)\n```\n[d](d)")).toEqual([{ target: "d", line: 5 }]);
});

test("headings are linked by their words, numbered where they repeat", () => {
  const text = "# `fit()` & friends\n## Why?\n### Why?\n```sh\n# no heading\n```\n## 학습 루프";
  expect([...headingAnchors(text)]).toEqual(["fit--friends", "why", "why-1", "학습-루프"]);
});
