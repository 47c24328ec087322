import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import {
  ArrowDown,
  ArrowUp,
  FolderOpen,
  LayoutGrid,
  List,
  Search,
  Trash2,
  Upload,
  X,
} from "lucide-react";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Page } from "@/app/shell/page";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useRole } from "@/lib/session/role";
import { useShortcut } from "@/lib/shortcuts";
import { storage } from "@/lib/storage";
import { FILE_SORTS, type FilesSearch } from "@/routes/files";
import { Button, buttonClass } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { IconButton } from "@/ui/icon-button";
import { Input } from "@/ui/input";
import { SegmentedControl } from "@/ui/segmented-control";
import { Select } from "@/ui/select";
import { SkeletonRows } from "@/ui/skeleton";
import { ActionsContext, type OpenDialog, useMakeActions } from "./actions";
import { FileDialogs } from "./dialogs";
import { DropArea } from "./drop-area";
import { EntriesView } from "./entries-view";
import { FoundFiles } from "./found-files";
import { LoadFailed } from "./load-failed";
import type { Entry, FileQuery } from "./model";
import { NewMenu, Picker } from "./new-menu";
import { useFileList, useFolders, useWay } from "./queries";
import { arranged } from "./selection";
import { SpaceBar } from "./space-bar";
import type { Picked } from "./uploads/picking";
import { useUpload } from "./uploads/use-upload";
import { useLiveFiles } from "./use-live-files";
import { WayBar } from "./way-bar";

type Sort = NonNullable<FilesSearch["sort"]>;

const NO_WAY: never[] = [];
const DOWNWARDS: Record<Sort, "asc" | "desc"> = {
  name: "asc",
  updated: "desc",
  created: "desc",
  size: "desc",
};

function useEntries(search: FilesSearch, sort: Sort, order: "asc" | "desc", enabled: boolean) {
  const folderId = search.folder ?? null;
  const trashed = search.trash === true;
  const query: FileQuery = {
    ...(trashed ? { trashed } : { folder_id: folderId ?? "top" }),
    ...(sort === "name" ? {} : { sort, order }),
  };
  const files = useFileList(query, enabled);
  const folders = useFolders(folderId, trashed, enabled);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = files;
  // Names are sealed on the server, so that only we can sort by them: that takes all of them.
  useEffect(() => {
    if (sort === "name" && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [sort, hasNextPage, isFetchingNextPage, fetchNextPage]);
  const entries = useMemo(() => {
    const all: Entry[] = [
      ...folders.folders.map((folder): Entry => ({ kind: "folder", folder })),
      ...files.files.map((file): Entry => ({ kind: "file", file })),
    ];
    return arranged(all, sort, order);
  }, [folders.folders, files.files, sort, order]);
  return {
    entries,
    pending: files.isPending || folders.isPending,
    error: files.error ?? folders.error,
    retry: () => {
      void files.refetch();
      void folders.refetch();
    },
    hasMore: hasNextPage && !isFetchingNextPage,
    onMore: useCallback(() => void fetchNextPage(), [fetchNextPage]),
  };
}

function useLayout(): ["list" | "grid", (layout: "list" | "grid") => void] {
  const [layout, setLayout] = useState<"list" | "grid">(() =>
    storage.get("files.layout") === "grid" ? "grid" : "list",
  );
  return [
    layout,
    (next) => {
      storage.set("files.layout", next);
      setLayout(next);
    },
  ];
}

function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation("files");
  const field = useRef<HTMLInputElement>(null);
  // The address follows the keys a moment later, so the field keeps its own text. It only goes
  // when the address has lost the words by another way, such as a link.
  useEffect(() => {
    const input = field.current;
    if (input && !value && input !== document.activeElement) input.value = "";
  }, [value]);
  const clear = () => {
    if (field.current) field.current.value = "";
    onChange("");
  };
  useShortcut({
    keys: "/",
    label: t("keys.search"),
    section: t("section"),
    run: () => field.current?.focus(),
  });
  return (
    <span className="relative block min-w-0 flex-1">
      <Input
        ref={field}
        icon={Search}
        defaultValue={value}
        maxLength={2000}
        role="searchbox"
        aria-label={t("search.label")}
        placeholder={t("search.placeholder")}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          if (event.currentTarget.value) clear();
          else event.currentTarget.blur();
        }}
        className="pr-9"
      />
      {value && (
        <IconButton
          icon={X}
          size="sm"
          label={t("search.clear")}
          onClick={clear}
          className="!absolute top-1 right-1 touch:top-0 touch:right-0"
        />
      )}
    </span>
  );
}

interface ToolbarProps {
  sort: Sort;
  order: "asc" | "desc";
  onSort: (sort: Sort, order: "asc" | "desc") => void;
  layout: "list" | "grid";
  onLayout: (layout: "list" | "grid") => void;
}

function Toolbar({ sort, order, onSort, layout, onLayout }: ToolbarProps) {
  const { t } = useTranslation("files");
  return (
    <>
      <div className="flex items-center gap-1">
        <Select
          aria-label={t("sort.label")}
          value={sort}
          onChange={(next) => onSort(next, DOWNWARDS[next])}
          options={FILE_SORTS.map((value) => ({ value, label: t(`sort.${value}`) }))}
          className="!w-28"
        />
        <IconButton
          icon={order === "asc" ? ArrowUp : ArrowDown}
          label={t(order === "asc" ? "sort.up" : "sort.down")}
          onClick={() => onSort(sort, order === "asc" ? "desc" : "asc")}
        />
      </div>
      <SegmentedControl
        label={t("layout.label")}
        value={layout}
        onChange={onLayout}
        iconsOnly
        className="max-sm:ml-auto"
        segments={[
          { value: "list", label: t("layout.list"), icon: List },
          { value: "grid", label: t("layout.grid"), icon: LayoutGrid },
        ]}
      />
    </>
  );
}

interface NothingProps {
  trashed: boolean;
  within: boolean;
  /** Null: nothing can be added here. */
  onPicked: ((picked: Picked[]) => void) | null;
}

function Nothing({ trashed, within, onPicked }: NothingProps) {
  const { t } = useTranslation("files");
  const picker = useRef<HTMLInputElement>(null);
  if (trashed) {
    return (
      <EmptyState icon={Trash2} title={t("empty.trashTitle")}>
        {t("empty.trashBody")}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={within ? FolderOpen : Upload}
      title={t(within ? "empty.folderTitle" : "empty.title")}
      className="!max-w-96"
      action={
        onPicked && (
          <>
            <Button variant="primary" icon={Upload} onClick={() => picker.current?.click()}>
              {t("empty.upload")}
            </Button>
            <Picker picker={picker} label={t("empty.upload")} onPicked={onPicked} />
          </>
        )
      }
    >
      {t(within ? "empty.folderBody" : "empty.body")}
    </EmptyState>
  );
}

function Scrolled({ children }: { children: (scroller: HTMLElement | null) => ReactNode }) {
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  return (
    <div
      ref={setScroller}
      className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-4 py-3 md:px-5"
    >
      {children(scroller)}
    </div>
  );
}

/** Folders and files of the workspace: brought in, found, arranged. */
export function FilesPage() {
  const { t } = useTranslation("files");
  const navigate = useNavigate();
  const search = useSearch({ from: "/app/files" });
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const [layout, setLayout] = useLayout();
  const actions = useMakeActions(setDialog);
  useLiveFiles();
  const sort = search.sort ?? "name";
  const order = search.order ?? DOWNWARDS[sort];
  const words = search.q ?? "";
  const trashed = search.trash === true;
  const searching = words !== "";
  // Viewers read; whoever else is here may add and change.
  const adds = useRole() !== "viewer" && !trashed;
  const list = useEntries(search, sort, order, !searching);
  const way = useWay(search.folder ?? null);
  const steps = search.folder ? (way.data?.items ?? NO_WAY) : NO_WAY;
  const folder = steps.at(-1) ?? null;
  const upload = useUpload(search.folder ?? null, folder?.visibility ?? "private");
  const onPicked = useCallback((picked: Picked[]) => void upload(picked), [upload]);
  const change = (next: FilesSearch) =>
    void navigate({ to: "/files", search: next, replace: true });
  const title = trashed ? t("trash") : (folder?.name ?? t("title"));
  return (
    <ActionsContext value={actions}>
      <Page
        title={title}
        width="bleed"
        actions={
          adds && <NewMenu onPicked={onPicked} onNewFolder={() => setDialog({ kind: "folder" })} />
        }
      >
        <DropArea place={title} onPicked={onPicked} enabled={adds && dialog === null}>
          <div className="flex flex-wrap items-center gap-2 px-4 pt-3 md:px-5">
            <div className="min-w-56 flex-1">
              <SearchField
                value={words}
                onChange={(q) => change({ ...search, q: q || undefined })}
              />
            </div>
            {!searching && (
              <Toolbar
                sort={sort}
                order={order}
                onSort={(by, to) => change({ ...search, sort: by, order: to })}
                layout={layout}
                onLayout={setLayout}
              />
            )}
          </div>
          {!searching && (
            <div className="flex min-h-9 flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 pt-2 md:px-5">
              <WayBar way={trashed ? [{ id: "trash", name: t("trash") }] : steps} />
              <div className="flex items-center gap-3">
                <SpaceBar />
                {!trashed && (
                  <Link to="/files" search={{ trash: true }} className={buttonClass("ghost", "sm")}>
                    <Trash2 aria-hidden size={14} />
                    {t("trash")}
                  </Link>
                )}
              </div>
            </div>
          )}
          <Scrolled>
            {(scroller) => {
              if (searching) return <FoundFiles typed={words} />;
              if (list.error) return <LoadFailed error={list.error} onRetry={list.retry} />;
              if (list.pending) return <SkeletonRows rows={7} />;
              if (list.entries.length === 0) {
                return (
                  <Nothing
                    trashed={trashed}
                    within={search.folder !== undefined}
                    onPicked={adds ? onPicked : null}
                  />
                );
              }
              return (
                <EntriesView
                  // Another folder begins at its top, with nothing selected.
                  key={`${search.folder ?? ""}-${trashed}`}
                  label={title}
                  entries={list.entries}
                  grid={layout === "grid"}
                  trashed={trashed}
                  scroller={scroller}
                  hasMore={list.hasMore}
                  onMore={list.onMore}
                />
              );
            }}
          </Scrolled>
        </DropArea>
        {dialog && <FileDialogs dialog={dialog} folder={folder} onClose={() => setDialog(null)} />}
      </Page>
    </ActionsContext>
  );
}
