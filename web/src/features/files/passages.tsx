import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { FileText } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useDebounced } from "@/lib/use-debounced";
import type { ViewerSearch } from "@/routes/files";
import { Badge } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { keys } from "./cache";
import { calls } from "./calls";
import type { FoundPassages, Passage } from "./model";
import { focusOf, snippetOf } from "./snippet";

const SETTLE_MS = 250;
const LEAST = 2;
const LONGEST = 2_000;
const SHOWN = 20;

/** Passages that answer, a moment after the last key; of one file when it is named. */
export function usePassages(typed: string, fileId: string | null) {
  const words = useDebounced(typed.trim().slice(0, LONGEST), SETTLE_MS);
  const enabled = words.length >= LEAST;
  const found = useQuery({
    queryKey: keys.search(words, fileId),
    queryFn: ({ signal }) =>
      calls.search(
        { query: words, limit: SHOWN, ...(fileId ? { file_ids: [fileId] } : {}) },
        signal,
      ),
    enabled,
    placeholderData: keepPreviousData,
  });
  return { ...found, words, asked: enabled };
}

/**
 * Where in a file a passage is; the address that citations use, too. Of a passage over several
 * pages it is the one with the words: each page has its share of the text, in order.
 */
export function addressOf({ number, places, text }: Passage, words: string): ViewerSearch {
  const whole = places.reduce((sum, { start, end }) => sum + end - start, 0);
  const focus = (focusOf(text, words) / Math.max(1, text.length)) * whole;
  let passed = 0;
  const place =
    places.find(({ start, end }) => {
      passed += end - start;
      return focus < passed;
    }) ?? places[0];
  if (!place) return { version: number };
  const { page, start, end } = place;
  return { version: number, page, ...(start < end ? { start, end } : {}) };
}

export function Snippet({ text, words }: { text: string; words: string }) {
  let at = 0;
  return snippetOf(text, words).map(({ text: part, marked }) => {
    at += part.length;
    return marked ? (
      <mark key={at} className="rounded-[2px] bg-warn-soft px-px text-warn-ink">
        {part}
      </mark>
    ) : (
      part
    );
  });
}

const NOTES = {
  words_only: "search.wordsOnly",
  model_missing: "search.modelMissing",
  index_off: "search.indexOff",
  not_reranked: "search.notReranked",
} as const satisfies Record<FoundPassages["notes"][number], string>;

/** What a search could not do just now. */
export function SearchNotes({ notes }: { notes: FoundPassages["notes"] }) {
  const { t } = useTranslation("files");
  return notes.map((note) => (
    <Banner key={note} tone="info">
      {t(NOTES[note])}
    </Banner>
  ));
}

interface PassageListProps {
  label: string;
  passages: readonly Passage[];
  words: string;
  /** The names of files, where there may be several. */
  named: boolean;
  shown?: ViewerSearch;
}

/** Passages that were found; each leads to its place. */
export function PassageList({ label, passages, words, named, shown }: PassageListProps) {
  const { t } = useTranslation("files");
  return (
    <ul aria-label={label} className="flex flex-col">
      {passages.map((passage) => {
        const address = addressOf(passage, words);
        const current = address.page === shown?.page && address.start === shown?.start;
        return (
          <li key={`${passage.file_id}-${passage.start}`}>
            <Link
              to="/files/$id"
              params={{ id: passage.file_id }}
              search={address}
              aria-current={shown && current ? "true" : undefined}
              className={clsx(
                "-mx-2 flex flex-col gap-0.5 rounded-sm px-2 py-2 hover:bg-hover",
                shown && current && "bg-accent-soft",
              )}
            >
              <span className="flex min-w-0 items-center gap-2 text-sm">
                {named && <FileText aria-hidden size={15} className="shrink-0 text-faint" />}
                {named && <span className="min-w-0 truncate font-medium">{passage.name}</span>}
                {address.page !== undefined && (
                  <span className="shrink-0 text-faint text-xs tabular-nums">
                    {t("search.page", { page: address.page })}
                  </span>
                )}
                {passage.has_hidden_text && <Badge tone="warn">{t("search.hidden")}</Badge>}
              </span>
              <span className="line-clamp-3 text-pretty break-words text-muted text-sm">
                <Snippet text={passage.text} words={words} />
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
