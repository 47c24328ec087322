import type { Translate } from "@/lib/i18n/namespaces";
import type { Tone } from "@/ui/badge";
import type { Document } from "./model";

export interface ReadingWords {
  text: string;
  tone: Tone;
  /** More about it, in the server's words. */
  detail: string | null;
}

function whileReading({ pages_done, pages_total }: Document, t: Translate<"files">): string {
  if (pages_total < 2 || pages_done >= pages_total) return t("reading.reading");
  return t("reading.page", { page: pages_done + 1, total: pages_total });
}

function whileIndexing({ chunks_done, chunks_total }: Document, t: Translate<"files">): string {
  const part = chunks_total > 0 ? chunks_done / chunks_total : 0;
  return t("reading.indexing", { percent: Math.floor(part * 100) });
}

/** How far the reading of a file is, for a person. */
export function readingWords(document: Document, t: Translate<"files">): ReadingWords {
  const { detail } = document;
  switch (document.state) {
    case "queued":
      return { text: t("reading.queued"), tone: "neutral", detail: null };
    case "extracting":
      return { text: whileReading(document, t), tone: "info", detail: null };
    case "embedding":
      return { text: whileIndexing(document, t), tone: "info", detail: null };
    case "indexed":
      return { text: t("reading.indexed"), tone: "ok", detail: null };
    case "failed":
      return { text: t("reading.failed"), tone: "danger", detail };
    case "skipped":
      return { text: t("reading.skipped"), tone: "neutral", detail };
    case "cancelled":
      return { text: t("reading.cancelled"), tone: "warn", detail };
  }
}

const share = (done: number, total: number) => (total > 0 ? Math.min(1, done / total) : 0);

/** 0 to 1 while it lasts: pages are the first half, and the index the second. */
export function readingPart(document: Document): number {
  if (document.state === "extracting") {
    return share(document.pages_done, document.pages_total) / 2;
  }
  return document.state === "embedding"
    ? 0.5 + share(document.chunks_done, document.chunks_total) / 2
    : 0;
}
