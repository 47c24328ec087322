import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft, Download, FileX, PanelRight, ShieldAlert } from "lucide-react";
import { useCallback, useState } from "react";
import { Page } from "@/app/shell/page";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useMedia } from "@/lib/media";
import { useRole } from "@/lib/session/role";
import type { ViewerSearch } from "@/routes/files";
import { Banner } from "@/ui/banner";
import { Button, buttonClass } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { IconButton } from "@/ui/icon-button";
import { Sheet } from "@/ui/sheet";
import { SkeletonRows } from "@/ui/skeleton";
import { ActionsContext, type OpenDialog, useFileActions, useMakeActions } from "../actions";
import { FileDialogs } from "../dialogs";
import { EntryMenu } from "../entry-menu";
import { KindIcon } from "../kind-icon";
import { LoadFailed } from "../load-failed";
import { isDrawn, isReadable, type StoredFile } from "../model";
import { useDocument, useFile, useVersions } from "../queries";
import { ReadingState } from "../reading-state";
import { useLiveFiles } from "../use-live-files";
import { Details } from "./details";
import { EditNote } from "./edit-note";
import { MediaPlayer } from "./media-player";
import { Pages, type PagesView, pagesOf } from "./pages";
import { LARGEST_RAW, RawText } from "./raw-text";

const BESIDE = "(min-width: 1024px)";

interface OfFile {
  file: StoredFile;
  number: number;
  search: ViewerSearch;
}

/** Kinds that are shown as the text that was read of them. */
const READ_KINDS: ReadonlySet<StoredFile["kind"]> = new Set([
  "document",
  "sheet",
  "slides",
  "text",
  "mail",
]);

function NoPreview({ file, number, kind }: OfFile & { kind: StoredFile["kind"] }) {
  const { t } = useTranslation("files");
  const isRead = READ_KINDS.has(kind);
  const actions = useFileActions();
  return (
    <div className="h-full px-6">
      <EmptyState
        icon={FileX}
        title={t(isRead ? "viewer.noTextTitle" : "viewer.noPreviewTitle")}
        action={
          <Button variant="primary" icon={Download} onClick={() => actions.download(file, number)}>
            {t("action.download")}
          </Button>
        }
      >
        {!isRead && t("viewer.noPreviewBody")}
        {isRead && t(number === file.number ? "viewer.noTextYet" : "viewer.noTextOld")}
        <span className="mt-2 flex justify-center">
          <ReadingState file={file} />
        </span>
      </EmptyState>
    </div>
  );
}

/** What of a file can be shown: pages, text, sound, film, or why there is nothing. */
function Content({ file, number, search }: OfFile) {
  const { t } = useTranslation("files");
  const document = useDocument(file.id);
  const versions = useVersions(file.id, number !== file.number);
  const [chosen, choose] = useState<PagesView>("drawn");
  const plays = useRole() !== "viewer";
  const version =
    number === file.number ? file : versions.data?.items.find((each) => each.number === number);
  if (document.isPending || !version) return <SkeletonRows rows={7} />;
  if (version.scan === "infected" || version.scan === "scanning") {
    const infected = version.scan === "infected";
    return (
      <div className="h-full px-6">
        <EmptyState
          icon={ShieldAlert}
          title={t(infected ? "reading.infected" : "reading.scanning")}
        >
          {t(infected ? "viewer.infected" : "viewer.notReadable")}
        </EmptyState>
      </div>
    );
  }
  // It plays by an address that needs no token, and a viewer may make none.
  if (plays && (version.kind === "audio" || version.kind === "video")) {
    return <MediaPlayer file={file} number={number} />;
  }
  const drawn = isDrawn(version.media_type);
  const read = pagesOf(document.data ?? null, number) !== null;
  if (!drawn && !read) {
    if (version.kind === "text" && version.size <= LARGEST_RAW) {
      return <RawText file={file} number={number} />;
    }
    return <NoPreview file={file} number={number} search={search} kind={version.kind} />;
  }
  const view = drawn && (!read || chosen === "drawn") ? "drawn" : "text";
  return (
    <Pages
      key={number}
      file={file}
      number={number}
      document={document.data ?? null}
      search={search}
      view={view}
      onView={drawn && read ? choose : null}
    />
  );
}

function Notes({ file, number }: OfFile) {
  const { t } = useTranslation("files");
  const actions = useFileActions();
  return (
    <>
      {file.trashed_at !== null && (
        <Banner
          tone="warn"
          className="m-3 mb-0"
          action={
            <Button size="sm" onClick={() => void actions.restore([{ kind: "file", file }])}>
              {t("action.restore")}
            </Button>
          }
        >
          {t("viewer.trashed")}
        </Banner>
      )}
      {number !== file.number && (
        <Banner
          className="m-3 mb-0"
          action={
            <Link
              to="/files/$id"
              params={{ id: file.id }}
              search={{}}
              className={buttonClass("secondary", "sm")}
            >
              {t("viewer.toNewest")}
            </Link>
          }
        >
          {t("viewer.older")}
        </Banner>
      )}
    </>
  );
}

function Viewer({ file, number, search }: OfFile) {
  const { t } = useTranslation("files");
  const actions = useFileActions();
  const beside = useMedia(BESIDE);
  const [wanted, setWanted] = useState<boolean | null>(null);
  const open = wanted ?? beside;
  const props = { file, number, search };
  return (
    <Page
      title={file.name}
      width="bleed"
      heading={
        <div className="flex min-w-0 items-center gap-2 self-center">
          <Link
            to="/files"
            search={file.folder_id ? { folder: file.folder_id } : {}}
            aria-label={t("viewer.back")}
            data-tip={t("viewer.back")}
            className="-ml-2 grid size-8 shrink-0 place-items-center rounded-sm text-muted hover:bg-hover hover:text-ink touch:size-11"
          >
            <ArrowLeft aria-hidden size={16} />
          </Link>
          <KindIcon entry={{ kind: "file", file }} />
          <h1 className="truncate font-semibold text-lg tracking-[-0.012em]">{file.name}</h1>
        </div>
      }
      actions={
        <>
          <EditNote file={file} number={number} />
          <IconButton
            icon={Download}
            label={t("action.download")}
            disabled={!isReadable(file)}
            onClick={() => actions.download(file, number)}
          />
          <EntryMenu entry={{ kind: "file", file }} className="!size-8 touch:!size-11" />
          <IconButton
            icon={PanelRight}
            label={t(open ? "viewer.hideDetails" : "viewer.details")}
            aria-expanded={open}
            onClick={() => setWanted(!open)}
          />
        </>
      }
    >
      <div className="flex h-full min-h-0">
        <div className="flex min-w-0 flex-1 flex-col">
          <Notes {...props} />
          <div className="min-h-0 flex-1">
            <Content {...props} />
          </div>
        </div>
        {beside && open && (
          <aside
            aria-label={t("viewer.details")}
            className="flex w-72 shrink-0 flex-col border-l bg-surface"
          >
            <Details {...props} />
          </aside>
        )}
      </div>
      {!beside && (
        <Sheet open={open} onOpenChange={setWanted} title={t("viewer.details")} side="bottom">
          <Details {...props} />
        </Sheet>
      )}
    </Page>
  );
}

/** One file: `/files/{id}?version=2&page=3&start=120&end=260` marks a passage of it. */
export function ViewerPage() {
  const { t } = useTranslation("files");
  const { id } = useParams({ from: "/app/files/$id" });
  const search = useSearch({ from: "/app/files/$id" });
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const actions = useMakeActions(setDialog);
  useLiveFiles();
  const file = useFile(id);
  const close = useCallback(() => {
    // There is nothing to look at any more.
    if (dialog?.kind === "purge") void navigate({ to: "/files", search: { trash: true } });
    setDialog(null);
  }, [dialog, navigate]);
  if (file.error) {
    const gone = toProblem(file.error).status === 404;
    return (
      <Page title={t("title")}>
        {gone ? (
          <EmptyState
            icon={FileX}
            title={t("viewer.notFoundTitle")}
            action={
              <Link to="/files" className={buttonClass("primary")}>
                {t("viewer.back")}
              </Link>
            }
          >
            {t("viewer.notFoundBody")}
          </EmptyState>
        ) : (
          <LoadFailed error={file.error} onRetry={() => void file.refetch()} />
        )}
      </Page>
    );
  }
  if (!file.data) {
    return (
      <Page title={t("title")}>
        <SkeletonRows rows={7} />
      </Page>
    );
  }
  return (
    <ActionsContext value={actions}>
      <Viewer
        // Another file begins anew.
        key={id}
        file={file.data}
        number={search.version ?? file.data.number}
        search={search}
      />
      {dialog && <FileDialogs dialog={dialog} folder={null} onClose={close} />}
    </ActionsContext>
  );
}
