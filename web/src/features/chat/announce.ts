import { useEffect, useState } from "react";
import type { TurnFeed } from "./turn-feed";

const EVERY_MS = 1500;
const SENTENCE_END = /[.!?…:](?=\s|$)|\n/g;
const MARKS = /[*_`#>|~]+/g;

/** Where the last whole sentence of `text` ends, at or after `from`. */
export function sentenceEnd(text: string, from: number): number {
  let end = from;
  for (const match of text.slice(from).matchAll(SENTENCE_END)) {
    end = from + match.index + match[0].length;
  }
  return end;
}

/** Markdown as it is read out: without its marks. */
export function spoken(markdown: string): string {
  return markdown.replaceAll(MARKS, "").replaceAll(/\s+/g, " ").trim();
}

/** What a screen reader should say now: whole sentences, some at a time, never a word alone. */
export function useAnnouncement(feed: TurnFeed | null): string {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!feed) return;
    let at = 0;
    const timer = setInterval(() => {
      const { text } = feed;
      if (text.length < at) at = 0;
      const over = feed.view().ended !== null;
      const end = over ? text.length : sentenceEnd(text, at);
      if (end > at) setSaid(spoken(text.slice(at, end)));
      at = end;
      if (over) clearInterval(timer);
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [feed]);
  return said;
}
