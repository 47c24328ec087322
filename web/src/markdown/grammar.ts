import { Lexer, Marked, type Token, type TokenizerAndRendererExtension } from "marked";

/** A formula, block or inline. An open one is still being written: it shows as text. */
export interface MathToken {
  type: "math";
  raw: string;
  text: string;
  display: boolean;
  open: boolean;
}

const BLOCK_START = /\n(?:\$\$|\\\[)/;
/** `$$ … $$` or `\[ … \]` from the start of a line; no blank line inside, the close ends its line. */
const BLOCK_DOLLARS = /^\$\$((?:(?!\n[ \t]*\n)(?:[^$]|\$(?!\$)))+?)(?:\$\$[ \t]*(?:\n|$)|$)/;
const BLOCK_BRACKETS = /^\\\[((?:(?!\n[ \t]*\n|\\\])[\s\S])+?)(?:\\\][ \t]*(?:\n|$)|$)/;
const INLINE_DISPLAY = /^\$\$((?:[^$\n]|\n(?![ \t]*\n))+?)\$\$/;
const INLINE_BRACKETS = /^\\\[((?:(?!\\\])[^\n])+?)\\\]/;
const INLINE_PARENS = /^\\\(((?:(?!\\\))[^\n])+?)\\\)/;
/** A dollar opens before no space and closes after no space and before no digit: "$5 and $10" is money. */
const INLINE_DOLLAR = /^\$(?![\s$])((?:\\.|[^\\$\n])*?[^\s\\$])\$(?![\d$])/;

const blockMath: TokenizerAndRendererExtension = {
  name: "math",
  level: "block",
  start: (src) => {
    const at = BLOCK_START.exec(src)?.index;
    return at === undefined ? undefined : at + 1;
  },
  tokenizer: (src): MathToken | undefined => {
    const match = BLOCK_DOLLARS.exec(src) ?? BLOCK_BRACKETS.exec(src);
    if (!match) return undefined;
    const open = !/(?:\$\$|\\\])[ \t]*\n?$/.test(match[0]);
    return { type: "math", raw: match[0], text: match[1]?.trim() ?? "", display: true, open };
  },
};

const inlineMath: TokenizerAndRendererExtension = {
  name: "inlineMath",
  level: "inline",
  start: (src) => {
    const at = src.search(/\$|\\[[(]/);
    return at < 0 ? undefined : at;
  },
  tokenizer: (src): MathToken | undefined => {
    const display = INLINE_DISPLAY.exec(src) ?? INLINE_BRACKETS.exec(src);
    const match = display ?? INLINE_PARENS.exec(src) ?? INLINE_DOLLAR.exec(src);
    if (!match) return undefined;
    const text = match[1]?.trim() ?? "";
    return { type: "math", raw: match[0], text, display: display !== null, open: false };
  },
};

const grammar = new Marked({ gfm: true, extensions: [blockMath, inlineMath] });

/** Targets of `[text][name]` links, by lower-case name. */
export type Definitions = Readonly<Record<string, { href: string; title: string | undefined }>>;

function lexer(definitions: Definitions): Lexer {
  const made = new Lexer(grammar.defaults);
  Object.assign(made.tokens.links, definitions);
  return made;
}

/** The blocks of a text, without what is inside of paragraphs. */
export function lexBlocks(text: string): Token[] {
  return lexer({}).blockTokens(text, []);
}

/** One block with everything inside it. */
export function lexFully(raw: string, definitions: Definitions): Token[] {
  return lexer(definitions).lex(raw);
}
