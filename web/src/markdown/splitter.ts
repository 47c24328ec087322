import type { Tokens } from "marked";
import { type Definitions, lexBlocks } from "./grammar";

/** One block of a message: a paragraph, a list, a fence… `key` is stable while a message grows. */
export interface Block {
  key: number;
  raw: string;
}

/** The last blocks that the next characters may still change or join. */
const LIVE = 2;

/**
 * Splits a growing text into blocks, reading only its tail again.
 *
 * All but the last two blocks are frozen: nothing that follows can change them. A block is text, to
 * be parsed by whoever shows it; link definitions are collected apart, for they reach across blocks.
 */
export class BlockSplitter {
  #tail = "";
  #held = "";
  #frozen: Block[] = [];
  #live: Block[] = [];
  #frozenDefinitions: Definitions = {};
  #definitions: Definitions = {};

  get frozen(): readonly Block[] {
    return this.#frozen;
  }

  get live(): readonly Block[] {
    return this.#live;
  }

  get definitions(): Definitions {
    return this.#definitions;
  }

  push(text: string): void {
    const all = this.#held + text;
    // A lone CR at the end may be half of a CRLF.
    this.#held = all.endsWith("\r") ? "\r" : "";
    this.#tail += all.slice(0, all.length - this.#held.length).replaceAll(/\r\n?/g, "\n");
    this.#split();
  }

  /** No more text comes. */
  end(): void {
    if (this.#held) {
      this.#held = "";
      this.#tail += "\n";
      this.#split();
    }
  }

  #split(): void {
    const groups = group(this.#tail);
    const cut = firmCut(groups);
    const first = this.#frozen.length;
    if (cut > 0) {
      const done = groups.slice(0, cut);
      this.#frozen = [...this.#frozen, ...done.map(({ raw }, i) => ({ key: first + i, raw }))];
      this.#frozenDefinitions = define(this.#frozenDefinitions, done);
      this.#tail = this.#tail.slice(done.reduce((sum, g) => sum + g.raw.length, 0));
    }
    this.#live = groups.slice(cut).map(({ raw }, i) => ({ key: first + cut + i, raw }));
    const definitions = define(this.#frozenDefinitions, groups.slice(cut));
    if (!same(definitions, this.#definitions)) this.#definitions = definitions;
  }
}

/**
 * How many groups can be frozen. Behind a blank line, a `#` heading or a closed fence nothing joins
 * across; elsewhere a half-written line (`-`, `4)`) may still pull a paragraph apart or together.
 */
function firmCut(groups: readonly Group[]): number {
  for (let cut = groups.length - LIVE; cut > 0; cut -= 1) {
    const raw = groups[cut - 1]?.raw ?? "";
    if (/\n[ \t]*\n$|^ {0,3}#{1,6}[ \t][^\n]*\n$|\n {0,3}(?:`{3,}|~{3,})[ \t]*\n$/.test(raw))
      return cut;
  }
  return 0;
}

interface Group {
  raw: string;
  definition: Tokens.Def | null;
}

/** One group a block; the blank lines after a block belong to it. */
function group(text: string): Group[] {
  const groups: (Group & { length: number })[] = [];
  for (const token of lexBlocks(text)) {
    const last = groups.at(-1);
    if (token.type === "space" && last) last.length += token.raw.length;
    else {
      const definition = token.type === "def" ? (token as Tokens.Def) : null;
      groups.push({ raw: "", length: token.raw.length, definition });
    }
  }
  // The lexer tidies some white space in `raw`, so the text itself is cut, by their lengths.
  let at = 0;
  for (const entry of groups) {
    entry.raw = text.slice(at, at + entry.length);
    at += entry.length;
  }
  if (at === text.length) return groups;
  // Lengths that don't add up tell no places: all of it is one block then.
  return [{ raw: text, definition: null }];
}

/** The first definition of a name wins, as Markdown has it. */
function define(known: Definitions, groups: readonly Group[]): Definitions {
  const fresh = groups.flatMap(({ definition }) => (definition ? [definition] : []));
  if (fresh.length === 0) return known;
  const all: Record<string, { href: string; title: string | undefined }> = { ...known };
  for (const { tag, href, title } of fresh) all[tag] ??= { href, title };
  return all;
}

function same(a: Definitions, b: Definitions): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => a[key]?.href === b[key]?.href && a[key]?.title === b[key]?.title)
  );
}
