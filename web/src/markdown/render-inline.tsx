import type { Token, Tokens } from "marked";
import { Fragment, type ReactNode } from "react";
import { ExternalLink, ImageLink } from "./external-link";
import { Formula } from "./formula";
import type { MathToken } from "./grammar";
import { safeLink } from "./links";
import { MarkContext, renderMarks } from "./marks";

/** `&amp;` and its kin: marked leaves them in text for HTML to decode; React does not. */
function decodeEntities(text: string): string {
  return text.includes("&") ? text.replaceAll(ENTITY, (whole, body) => entity(whole, body)) : text;
}

const ENTITY = /&(#x[\da-f]{1,6}|#\d{1,7}|[a-z][a-z\d]{1,31});/gi;
const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  copy: "©",
  reg: "®",
  trade: "™",
  hellip: "…",
  mdash: "—",
  ndash: "–",
  lsquo: "‘",
  rsquo: "’",
  ldquo: "“",
  rdquo: "”",
  laquo: "«",
  raquo: "»",
  bull: "•",
  middot: "·",
  times: "×",
  divide: "÷",
  deg: "°",
  plusmn: "±",
  euro: "€",
  pound: "£",
  rarr: "→",
  larr: "←",
  uarr: "↑",
  darr: "↓",
  harr: "↔",
  le: "≤",
  ge: "≥",
  ne: "≠",
  asymp: "≈",
  infin: "∞",
  check: "✓",
  ensp: "\u2002",
  emsp: "\u2003",
  thinsp: "\u2009",
  shy: "\u00ad",
  zwj: "\u200d",
};

function entity(whole: string, body: string): string {
  if (!body.startsWith("#")) return NAMED[body] ?? whole;
  const code = /^#x/i.test(body) ? Number.parseInt(body.slice(2), 16) : Number(body.slice(1));
  const valid = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? String.fromCodePoint(code) : "\ufffd";
}

export function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) => ("tokens" in token && token.tokens ? plainText(token.tokens) : textOf(token)))
    .join("");
}

function textOf(token: Token): string {
  return decodeEntities("text" in token && typeof token.text === "string" ? token.text : token.raw);
}

function link(token: Tokens.Link, key: number): ReactNode {
  const safe = safeLink(decodeEntities(token.href));
  const children = token.tokens.map((inner, i) =>
    inner.type === "image" ? image(inner as Tokens.Image, i, true) : inline(inner, i),
  );
  // An address that may not be followed, or that is still being written.
  if (!safe) return <Fragment key={key}>{children}</Fragment>;
  return (
    <ExternalLink key={key} link={safe} text={plainText(token.tokens)}>
      {/* A link may hold no other one, so marks in it are left out. */}
      <MarkContext value={null}>{children}</MarkContext>
    </ExternalLink>
  );
}

/** A link may not hold another one, so an image inside a link is its words. */
function image(token: Tokens.Image, key: number, inLink: boolean): ReactNode {
  const target = inLink ? null : safeLink(decodeEntities(token.href));
  return <ImageLink key={key} link={target} alt={textOf(token)} />;
}

function inline(token: Token, key: number): ReactNode {
  switch (token.type) {
    case "strong":
      return <strong key={key}>{renderInline((token as Tokens.Strong).tokens)}</strong>;
    case "em":
      return <em key={key}>{renderInline((token as Tokens.Em).tokens)}</em>;
    case "del":
      return <del key={key}>{renderInline((token as Tokens.Del).tokens)}</del>;
    case "codespan":
      return <code key={key}>{(token as Tokens.Codespan).text}</code>;
    case "br":
      return <br key={key} />;
    case "link":
      return link(token as Tokens.Link, key);
    case "image":
      return image(token as Tokens.Image, key, false);
    case "math": {
      const math = token as unknown as MathToken;
      return <Formula key={key} source={math.text} display={math.display} />;
    }
    case "html":
      // Raw HTML is never markup here; `<br>` is what models mean by a line break in a table.
      return /^<br\s*\/?>$/i.test(token.raw) ? <br key={key} /> : token.raw;
    case "text":
    case "escape":
      return "tokens" in token && token.tokens ? (
        <Fragment key={key}>{renderInline(token.tokens)}</Fragment>
      ) : (
        <Fragment key={key}>{renderMarks(textOf(token))}</Fragment>
      );
    default:
      return textOf(token);
  }
}

/** Inline tokens as React nodes. Nothing here ever sets HTML. */
export function renderInline(tokens: readonly Token[]): ReactNode[] {
  return tokens.map(inline);
}
