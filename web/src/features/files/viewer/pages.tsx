import { useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import type { ViewerSearch } from "@/routes/files";
import { SegmentedControl } from "@/ui/segmented-control";
import type { Document, StoredFile } from "../model";
import { DrawnPage, PAPER } from "./drawn-page";
import { PageList } from "./page-list";
import { PageSwitch } from "./page-switch";
import { TextPage } from "./text-page";

export type PagesView = "drawn" | "text";

interface PagesProps {
  file: StoredFile;
  number: number;
  document: Document | null;
  search: ViewerSearch;
  view: PagesView;
  /** Null where there is no choice. */
  onView: ((view: PagesView) => void) | null;
}

/** How many pages there are, by what was read of this version. Null: it was not read. */
export function pagesOf(document: Document | null, number: number): number | null {
  if (!document || document.number !== number || document.pages_total === 0) return null;
  return document.pages_total;
}

/** Pages are asked for until one is missing where nobody has counted them. */
function useCount(known: number | null, first: number) {
  const [reached, setReached] = useState(first);
  const [end, setEnd] = useState<number | null>(null);
  const onDrawn = useCallback((page: number) => setReached((most) => Math.max(most, page + 1)), []);
  const onMissing = useCallback((page: number) => setEnd(Math.max(1, page - 1)), []);
  const total = known ?? end;
  return { total, count: total ?? reached, onDrawn, onMissing };
}

/** The pages of a file as they look, or their text, with a passage marked. */
export function Pages({ file, number, document, search, view, onView }: PagesProps) {
  const { t } = useTranslation("files");
  const navigate = useNavigate();
  const wanted = search.page ?? 1;
  const [seen, setSeen] = useState(wanted);
  const single = file.kind === "image" && !document;
  const known = pagesOf(document, number) ?? (single ? 1 : null);
  const { total, count, onDrawn, onMissing } = useCount(known, wanted);
  const { page, start, end } = search;
  const stretch = useMemo(
    () => (start !== undefined && end !== undefined ? { start, end } : null),
    [start, end],
  );
  const [jumps, setJumps] = useState(0);
  const jump = (to: number) => {
    setJumps((before) => before + 1);
    void navigate({
      to: "/files/$id",
      params: { id: file.id },
      search: { ...(search.version ? { version: search.version } : {}), page: to },
      replace: true,
    });
  };
  const paper = file.media_type === "application/pdf";
  return (
    <div className="flex h-full min-w-0 flex-1 flex-col">
      {(count > 1 || onView) && (
        <div className="flex min-h-11 flex-wrap items-center justify-between gap-2 border-b px-3 py-1">
          {count > 1 ? <PageSwitch page={seen} total={total} onPage={jump} /> : <span />}
          {onView && (
            <SegmentedControl
              label={t("viewer.view")}
              value={view}
              onChange={onView}
              segments={[
                { value: "drawn", label: t("viewer.pages") },
                { value: "text", label: t("viewer.text") },
              ]}
            />
          )}
        </div>
      )}
      <div className="min-h-0 flex-1">
        <PageList
          key={view}
          label={file.name}
          count={count}
          page={wanted}
          wish={`${view}-${page}-${start}-${jumps}`}
          estimate={(width) => (view === "drawn" ? width * (paper ? PAPER : 0.75) : 480)}
          onPage={setSeen}
          render={(each) =>
            view === "drawn" ? (
              <DrawnPage
                file={file}
                number={number}
                page={each}
                stretch={each === wanted ? stretch : null}
                onDrawn={onDrawn}
                onMissing={onMissing}
              />
            ) : (
              <TextPage
                id={file.id}
                number={number}
                page={each}
                numbered={count > 1}
                stretch={each === wanted ? stretch : null}
              />
            )
          }
        />
      </div>
    </div>
  );
}
