import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Download, RotateCcw, Search } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useShortcut } from "@/lib/shortcuts";
import type { ViewerSearch } from "@/routes/files";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { IconButton } from "@/ui/icon-button";
import { Input } from "@/ui/input";
import { ProgressBar } from "@/ui/progress-bar";
import { toast } from "@/ui/toast";
import { ago, onDay } from "../../settings/when";
import { useFileActions } from "../actions";
import { calls } from "../calls";
import { isReadable, isUnderWay, type StoredFile } from "../model";
import { PassageList, SearchNotes, usePassages } from "../passages";
import { useDocument, useFileChange, useReading, useVersions } from "../queries";
import { readingPart, readingWords } from "../reading";
import { bytes } from "../sizes";

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-t px-4 py-3 first:border-t-0">
      <h2 className="pb-2 font-semibold text-sm">{title}</h2>
      {children}
    </section>
  );
}

interface OfFile {
  file: StoredFile;
  /** Of the version that is shown. */
  number: number;
  search: ViewerSearch;
}

function Find({ file, search }: OfFile) {
  const { t } = useTranslation("files");
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const { data: document } = useDocument(file.id);
  const found = usePassages(typed, file.id);
  useShortcut({
    keys: "/",
    label: t("viewer.find"),
    section: t("viewer.keysHeading"),
    run: () => field.current?.focus(),
  });
  const passages = typed.trim() && found.asked ? found.data?.passages : undefined;
  return (
    <Part title={t("viewer.find")}>
      <Input
        ref={field}
        icon={Search}
        role="searchbox"
        value={typed}
        maxLength={2000}
        disabled={!document?.is_searchable}
        aria-label={t("viewer.find")}
        onChange={(event) => setTyped(event.target.value)}
      />
      {!document?.is_searchable && (
        <p className="pt-2 text-faint text-xs">{t("viewer.notSearchable")}</p>
      )}
      <p aria-live="polite" className="sr-only">
        {passages && t("search.count", { count: passages.length })}
      </p>
      {passages && found.data && (
        <div className="flex flex-col gap-2 pt-2">
          <SearchNotes notes={found.data.notes} />
          {passages.length === 0 ? (
            <p className="text-muted text-sm">{t("viewer.noFinds")}</p>
          ) : (
            <PassageList
              label={t("search.passages")}
              passages={passages}
              words={found.words}
              named={false}
              shown={search}
            />
          )}
        </div>
      )}
    </Part>
  );
}

function Reading({ file }: OfFile) {
  const { t } = useTranslation("files");
  const { data: document } = useDocument(file.id);
  const { again, stop } = useReading(file.id);
  if (!document) {
    return (
      <Part title={t("viewer.index")}>
        <p className="text-muted text-sm">{t("reading.none")}</p>
      </Part>
    );
  }
  const { text, tone, detail } = readingWords(document, t);
  const busy = isUnderWay(document);
  return (
    <Part title={t("viewer.index")}>
      <div aria-live="polite" className="flex flex-col items-start gap-2">
        <Badge tone={tone}>{text}</Badge>
        {detail && <p className="text-pretty text-muted text-sm">{detail}</p>}
      </div>
      {busy && <ProgressBar value={readingPart(document)} label={text} className="my-2" />}
      {document.notices.length > 0 && (
        <details className="pt-2 text-sm">
          <summary className="text-muted">
            {t("viewer.notices", { count: document.notices.length })}
          </summary>
          <ul className="list-disc pt-1 pl-5 text-muted">
            {document.notices.slice(0, 30).map(({ code, detail: said, page }) => (
              <li key={`${code}-${page}-${said}`} className="break-words">
                {page > 0 && `${t("search.page", { page })}: `}
                {said}
              </li>
            ))}
          </ul>
        </details>
      )}
      <div className="pt-2">
        {busy ? (
          <Button size="sm" loading={stop.isPending} onClick={() => stop.mutate()}>
            {t("reading.stop")}
          </Button>
        ) : (
          <Button
            size="sm"
            icon={RotateCcw}
            loading={again.isPending}
            onClick={() => again.mutate()}
          >
            {t("reading.retry")}
          </Button>
        )}
      </div>
    </Part>
  );
}

function Versions({ file, number }: OfFile) {
  const { t } = useTranslation("files");
  const actions = useFileActions();
  const versions = useVersions(file.id);
  const restore = useFileChange(async (older: number) => {
    await calls.restoreVersion(file.id, older);
    toast.success(t("viewer.restoredVersion", { number: older }));
  });
  return (
    <Part title={t("viewer.versions")}>
      <ul aria-label={t("viewer.versions")} className="-mx-2 flex flex-col">
        {versions.data?.items.map((version) => (
          <li
            key={version.number}
            className={clsx(
              "flex items-center gap-1 rounded-sm px-2 py-1",
              version.number === number && "bg-active",
            )}
          >
            <Link
              to="/files/$id"
              params={{ id: file.id }}
              search={version.is_current ? {} : { version: version.number }}
              aria-current={version.number === number ? "true" : undefined}
              className="min-w-0 flex-1 rounded-xs"
            >
              <span className="flex items-center gap-2 text-sm">
                {t("viewer.version", { number: version.number })}
                {version.is_current && <Badge tone="accent">{t("viewer.current")}</Badge>}
                {version.scan === "infected" && (
                  <Badge tone="danger">{t("reading.infected")}</Badge>
                )}
              </span>
              <span className="block text-faint text-xs tabular-nums">
                {ago(version.created_at)} · {bytes(version.size)}
              </span>
            </Link>
            {!version.is_current && (
              <IconButton
                icon={RotateCcw}
                size="sm"
                label={t("viewer.restoreVersion")}
                onClick={() => restore.mutate(version.number)}
              />
            )}
            <IconButton
              icon={Download}
              size="sm"
              label={t("action.download")}
              disabled={version.scan === "infected" || version.scan === "scanning"}
              onClick={() => actions.download(file, version.number)}
            />
          </li>
        ))}
      </ul>
    </Part>
  );
}

function About({ file }: OfFile) {
  const { t } = useTranslation("files");
  const facts = [
    [t("viewer.type"), t(`kind.${file.kind}`)],
    [t("viewer.size"), bytes(file.size)],
    [t("viewer.added"), onDay(file.created_at)],
    [t("viewer.visibility"), t(file.visibility === "workspace" ? "row.shared" : "row.private")],
  ] as const;
  return (
    <Part title={t("viewer.info")}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 truncate">{value}</dd>
          </div>
        ))}
      </dl>
    </Part>
  );
}

/** What is known of a file beside its pages: search within it, its reading, its versions. */
export function Details(props: OfFile) {
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      {isReadable(props.file) && <Find {...props} />}
      <Reading {...props} />
      <Versions {...props} />
      <About {...props} />
    </div>
  );
}
