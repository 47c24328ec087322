import type { Token, Tokens } from "marked";
import { Fragment, memo, type ReactNode, useMemo } from "react";
import remend from "remend";
import { CodeBlock } from "./code-block";
import { Formula } from "./formula";
import { type Definitions, lexFully, type MathToken } from "./grammar";
import { renderInline } from "./render-inline";
import { ScrollTable } from "./scroll-table";
import { TaskBox } from "./task-box";

function heading(token: Tokens.Heading, key: number): ReactNode {
  // The page owns the first two levels; a message begins at the third.
  const Tag = `h${Math.min(6, token.depth + 2)}` as "h3" | "h4" | "h5" | "h6";
  return (
    <Tag key={key} data-depth={token.depth}>
      {renderInline(token.tokens)}
    </Tag>
  );
}

interface ItemProps {
  raw: string;
  item: Tokens.ListItem;
  definitions: Definitions;
}

/** Items parse the same while their text is the same, so a long list costs one item a frame. */
const Item = memo(
  ({ item, definitions }: ItemProps) => (
    <li className={item.task ? "md-task" : undefined}>
      {item.task && <TaskBox checked={item.checked === true} />}
      <div>{renderBlocks(item.tokens, item.loose, definitions)}</div>
    </li>
  ),
  (before, now) =>
    before.raw === now.raw &&
    before.item.loose === now.item.loose &&
    before.definitions === now.definitions,
);

function list(token: Tokens.List, key: number, definitions: Definitions): ReactNode {
  const items = token.items.map((item, i) => (
    // oxlint-disable-next-line react/no-array-index-key -- items only ever join at the end
    <Item key={i} raw={item.raw} item={item} definitions={definitions} />
  ));
  if (!token.ordered) return <ul key={key}>{items}</ul>;
  return (
    <ol key={key} start={typeof token.start === "number" ? token.start : 1}>
      {items}
    </ol>
  );
}

function code(token: Tokens.Code, key: number, open: boolean): ReactNode {
  const language = (token.lang ?? "").trim().split(/\s+/u)[0] ?? "";
  return <CodeBlock key={key} code={token.text} language={language} open={open} />;
}

function math(token: MathToken, key: number): ReactNode {
  if (token.open) return <p key={key}>{token.raw}</p>;
  return <Formula key={key} source={token.text} display />;
}

/** True while the closing fence hasn't come. */
function fenceOpen(token: Tokens.Code): boolean {
  const fence = /^ {0,3}(`{3,}|~{3,})/.exec(token.raw)?.[1];
  if (!fence) return false;
  const last = token.raw.trimEnd().split("\n").slice(1).at(-1)?.trim() ?? "";
  return !(last.length >= fence.length && last === (fence[0] ?? "").repeat(last.length));
}

function block(
  token: Token,
  key: number,
  loose: boolean,
  definitions: Definitions,
  growing: boolean,
): ReactNode {
  switch (token.type) {
    case "paragraph":
      return <p key={key}>{renderInline((token as Tokens.Paragraph).tokens)}</p>;
    case "heading":
      return heading(token as Tokens.Heading, key);
    case "list":
      return list(token as Tokens.List, key, definitions);
    case "code":
      return code(token as Tokens.Code, key, growing && fenceOpen(token as Tokens.Code));
    case "blockquote":
      return (
        <blockquote key={key}>
          {renderBlocks((token as Tokens.Blockquote).tokens, true, definitions)}
        </blockquote>
      );
    case "table":
      return <ScrollTable key={key} table={token as Tokens.Table} definitions={definitions} />;
    case "hr":
      return <hr key={key} />;
    case "math":
      return math(token as unknown as MathToken, key);
    case "space":
    case "def":
    case "checkbox":
      return null;
    case "html":
      return <p key={key}>{token.raw.trimEnd()}</p>;
    default: {
      const inner = "tokens" in token && token.tokens ? token.tokens : [];
      const content = inner.length > 0 ? renderInline(inner) : token.raw;
      return loose ? <p key={key}>{content}</p> : <Fragment key={key}>{content}</Fragment>;
    }
  }
}

function renderBlocks(
  tokens: readonly Token[],
  loose: boolean,
  definitions: Definitions,
): ReactNode[] {
  return tokens.map((token, i) => block(token, i, loose, definitions, false));
}

export interface BlockViewProps {
  raw: string;
  definitions: Definitions;
  /** The end of a message that still grows: half-written marks are closed for the eye. */
  growing: boolean;
}

function parse(raw: string, definitions: Definitions, growing: boolean): Token[] {
  if (!growing) return lexFully(raw, definitions);
  const fence = /^ {0,3}(?:`{3,}|~{3,})/.test(raw);
  return lexFully(fence ? raw : remend(raw, { katex: false, htmlTags: false }), definitions);
}

/** One block. Parses again only when its own text or a link definition changed. */
export const BlockView = memo(({ raw, definitions, growing }: BlockViewProps) => {
  const tokens = useMemo(() => parse(raw, definitions, growing), [raw, definitions, growing]);
  return tokens.map((token, i) => block(token, i, true, definitions, growing));
});
