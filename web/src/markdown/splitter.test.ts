import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lexBlocks } from "./grammar";
import { PIECES } from "./samples";
import { BlockSplitter } from "./splitter";

const piece = fc.constantFrom(...PIECES);
const gap = fc.constantFrom("\n\n", "\n", "\n\n\n", "\r\n\r\n", "");
const document = fc
  .array(fc.tuple(piece, gap), { minLength: 1, maxLength: 14 })
  .map((parts) => parts.map(([text, after]) => text + after).join(""));
const noise = fc.string({
  unit: fc.constantFrom(...'ab1.  \n\n\n\t`~*_-+>#|[]():!$\\<>/=&"\r'.split("")),
  maxLength: 160,
});

/** Cuts a text at any places, also inside of pairs and marks. */
const chunked = (text: fc.Arbitrary<string>) =>
  text.chain((whole) =>
    fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 40 }).map((cuts) => {
      const places = [0, ...cuts, whole.length].toSorted((a, b) => a - b);
      return { whole, chunks: places.slice(1).map((end, i) => whole.slice(places[i], end)) };
    }),
  );

function split(chunks: string[]) {
  const splitter = new BlockSplitter();
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return {
    blocks: [...splitter.frozen, ...splitter.live].map((b) => b.raw),
    definitions: splitter.definitions,
  };
}

/** The whole text in one go, straight from the lexer: nothing frozen, nothing incremental. */
function oracle(text: string): string[] {
  const clean = text.replaceAll(/\r\n?/g, "\n");
  const lengths: number[] = [];
  for (const token of lexBlocks(clean)) {
    if (token.type === "space" && lengths.length > 0) {
      lengths[lengths.length - 1] = (lengths.at(-1) ?? 0) + token.raw.length;
    } else lengths.push(token.raw.length);
  }
  let at = 0;
  return lengths.map((length) => clean.slice(at, (at += length)));
}

describe("BlockSplitter", () => {
  it("gives the lexer's own blocks, however the text is cut", () => {
    fc.assert(
      fc.property(chunked(document), ({ whole, chunks }) => {
        expect(split(chunks).blocks).toEqual(oracle(whole));
      }),
      { numRuns: 400 },
    );
  });

  it("gives the lexer's own blocks for noise", () => {
    fc.assert(
      fc.property(chunked(noise), ({ whole, chunks }) => {
        expect(split(chunks).blocks).toEqual(oracle(whole));
      }),
      { numRuns: 1000 },
    );
  });

  it("gives the same, character by character", () => {
    fc.assert(
      fc.property(document, (text) => {
        expect(split(text.split(""))).toEqual(split([text]));
      }),
      { numRuns: 80 },
    );
  });

  it("loses no character", () => {
    fc.assert(
      fc.property(chunked(noise), ({ whole, chunks }) => {
        expect(split(chunks).blocks.join("")).toBe(whole.replaceAll(/\r\n?/g, "\n"));
      }),
      { numRuns: 400 },
    );
  });

  it("freezes all but the last two blocks and never touches a frozen one again", () => {
    const splitter = new BlockSplitter();
    const seen: unknown[] = [];
    for (let i = 0; i < 50; i += 1) {
      splitter.push(`Paragraph ${i}\n\n`);
      expect(splitter.live.length).toBeLessThanOrEqual(2);
      for (const [at, block] of seen.entries()) expect(splitter.frozen[at]).toBe(block);
      seen.splice(0, seen.length, ...splitter.frozen);
    }
    expect(splitter.frozen).toHaveLength(48);
    const keys = [...splitter.frozen, ...splitter.live].map((b) => b.key);
    expect(keys).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it("collects link definitions, the first of a name", () => {
    const { definitions } = split([
      "[a]: https://one.example\n\ntext\n\n",
      "[A]: https://two.example",
    ]);
    expect(definitions).toEqual({ a: { href: "https://one.example", title: undefined } });
  });
});
