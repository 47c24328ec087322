import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { SkeletonRows } from "@/ui/skeleton";
import { KindIcon } from "./kind-icon";
import { LoadFailed } from "./load-failed";
import type { StoredFile } from "./model";
import { PassageList, SearchNotes, usePassages } from "./passages";
import { useFileList } from "./queries";
import { bytes } from "./sizes";

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="mx-auto w-full max-w-[760px]">
      <h2 className="pb-1 font-semibold text-sm">{title}</h2>
      {children}
    </section>
  );
}

function Named({ file }: { file: StoredFile }) {
  return (
    <li>
      <Link
        to="/files/$id"
        params={{ id: file.id }}
        className="-mx-2 flex h-(--row) items-center gap-3 rounded-sm px-2 hover:bg-hover"
      >
        <KindIcon entry={{ kind: "file", file }} />
        <span className="min-w-0 flex-1 truncate">{file.name}</span>
        <span className="shrink-0 text-faint text-sm tabular-nums">{bytes(file.size)}</span>
      </Link>
    </li>
  );
}

/** What a search found: passages of texts, and files by their names. */
export function FoundFiles({ typed }: { typed: string }) {
  const { t } = useTranslation("files");
  const passages = usePassages(typed, null);
  const { words, asked } = passages;
  const names = useFileList({ q: words.slice(0, 200) }, asked);
  const found = passages.data?.passages ?? [];
  const busy = !asked || passages.isPending;
  return (
    <div className="flex flex-col gap-6">
      <p aria-live="polite" className="sr-only">
        {busy ? t("search.busy") : t("search.count", { count: found.length })}
      </p>
      {names.files.length > 0 && (
        <Group title={t("search.names")}>
          <ul aria-label={t("search.names")}>
            {names.files.slice(0, 8).map((file) => (
              <Named key={file.id} file={file} />
            ))}
          </ul>
        </Group>
      )}
      <Group title={t("search.passages")}>
        {passages.error && (
          <LoadFailed error={passages.error} onRetry={() => void passages.refetch()} />
        )}
        {busy && !passages.error && <SkeletonRows rows={5} />}
        {passages.data && (
          <>
            <SearchNotes notes={passages.data.notes} />
            {found.length === 0 ? (
              <p className="py-2 text-muted text-sm">{t("search.noPassages")}</p>
            ) : (
              <PassageList label={t("search.passages")} passages={found} words={words} named />
            )}
          </>
        )}
      </Group>
    </div>
  );
}
