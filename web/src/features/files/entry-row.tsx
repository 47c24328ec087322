import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Layers, Users } from "lucide-react";
import { type DragEvent, type MouseEvent, memo, type ReactNode, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Checkbox } from "@/ui/checkbox";
import { ago } from "../settings/when";
import { dropsOn, takeDrag } from "./dragging";
import { EntryMenu } from "./entry-menu";
import { KindIcon } from "./kind-icon";
import { type Entry, isDrawn, isReadable, nameOf } from "./model";
import { PagePicture } from "./page-picture";
import { ReadingState } from "./reading-state";
import { bytes } from "./sizes";

export interface EntryProps {
  entry: Entry;
  active: boolean;
  selected: boolean;
  /** A click on the box or the row; with shift up to here, with ctrl this one too. */
  onSelect: (entry: Entry, how: "only" | "toggle" | "range") => void;
  onDrag: (entry: Entry, event: DragEvent) => void;
  onDrop: (folderId: string) => void;
}

const shade = (selected: boolean, active: boolean, over: boolean) =>
  clsx(
    selected ? "bg-accent-soft" : "hover:bg-hover",
    active &&
      "-outline-offset-2 outline-2 outline-transparent group-focus-within/list:outline-accent",
    active && !selected && "bg-hover",
    over && "ring-2 ring-accent ring-inset",
  );

/** A folder takes what is dragged from the list. */
function useDropTarget({ entry, onDrop }: EntryProps) {
  const [over, setOver] = useState(false);
  if (entry.kind !== "folder" || entry.folder.trashed_at !== null) return { over: false, drop: {} };
  const drop = {
    onDragOver: (event: DragEvent) => {
      if (!dropsOn(event)) return;
      event.preventDefault();
      event.stopPropagation();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false);
      if (!takeDrag(event)) return;
      event.preventDefault();
      event.stopPropagation();
      onDrop(entry.folder.id);
    },
  };
  return { over, drop };
}

interface NameProps {
  entry: Entry;
  className: string;
  onClick: (event: MouseEvent) => void;
  children: ReactNode;
}

/** The name of an entry, which opens it and lies over the row. In the trash it only selects. */
function Name({ entry, children, ...rest }: NameProps) {
  const link = { tabIndex: -1, draggable: false, ...rest };
  const trashed = (entry.kind === "folder" ? entry.folder : entry.file).trashed_at !== null;
  if (trashed) {
    return (
      <button type="button" {...link}>
        {children}
      </button>
    );
  }
  if (entry.kind === "folder") {
    return (
      <Link to="/files" search={{ folder: entry.folder.id }} {...link}>
        {children}
      </Link>
    );
  }
  return (
    <Link to="/files/$id" params={{ id: entry.file.id }} {...link}>
      {children}
    </Link>
  );
}

function SelectBox({ entry, selected, onSelect, className }: EntryProps & { className?: string }) {
  const { t } = useTranslation("files");
  return (
    <Checkbox
      checked={selected}
      tabIndex={-1}
      aria-label={t("row.select", { name: nameOf(entry) })}
      onClick={(event) => {
        event.preventDefault();
        event.stopPropagation();
        onSelect(entry, event.shiftKey ? "range" : "toggle");
      }}
      className={clsx("z-1", className)}
    />
  );
}

function Shared({ entry }: { entry: Entry }) {
  const { t } = useTranslation("files");
  const { visibility } = entry.kind === "folder" ? entry.folder : entry.file;
  if (visibility !== "workspace") return null;
  return (
    <Users
      role="img"
      aria-label={t("row.shared")}
      size={13}
      className="shrink-0 text-faint"
      data-tip={t("row.shared")}
    />
  );
}

function Versions({ entry }: { entry: Entry }) {
  const { t } = useTranslation("files");
  if (entry.kind !== "file" || entry.file.versions < 2) return null;
  return (
    <span className="inline-flex shrink-0 items-center gap-1 text-faint text-xs tabular-nums">
      <Layers aria-hidden size={12} />
      {entry.file.versions}
      <span className="sr-only">{t("row.versions", { count: entry.file.versions })}</span>
    </span>
  );
}

/** A click with shift or ctrl selects; a plain one opens, or selects where nothing opens. */
function clicked({ entry, onSelect }: EntryProps) {
  const trashed = (entry.kind === "folder" ? entry.folder : entry.file).trashed_at !== null;
  return (event: MouseEvent) => {
    const how = event.shiftKey ? "range" : "toggle";
    if (!event.shiftKey && !event.metaKey && !event.ctrlKey && !trashed) return;
    event.preventDefault();
    onSelect(entry, how);
  };
}

/** One line of the list. */
export const EntryRow = memo(function EntryRow(props: EntryProps) {
  const { entry, active, selected, onDrag } = props;
  const { t } = useTranslation("files");
  const { over, drop } = useDropTarget(props);
  const { updated_at, trashed_at } = entry.kind === "folder" ? entry.folder : entry.file;
  return (
    <div
      draggable={trashed_at === null}
      onDragStart={(event) => onDrag(entry, event)}
      {...drop}
      className={clsx(
        "group relative flex h-11 items-center gap-3 rounded-sm px-2 touch:h-14",
        shade(selected, active, over),
      )}
    >
      <SelectBox {...props} />
      <KindIcon entry={entry} />
      <span className="flex min-w-0 flex-1 flex-col justify-center @2xl:flex-row @2xl:items-center @2xl:justify-start @2xl:gap-3">
        <span className="flex min-w-0 items-center gap-2 @2xl:flex-1">
          <Name
            entry={entry}
            onClick={clicked(props)}
            className="min-w-0 truncate text-left text-base outline-none after:absolute after:inset-0"
          >
            {nameOf(entry)}
          </Name>
          <Shared entry={entry} />
          <Versions entry={entry} />
        </span>
        {entry.kind === "file" && (
          <span className="flex min-w-0 items-center @2xl:w-48 @2xl:shrink-0">
            <ReadingState file={entry.file} />
          </span>
        )}
      </span>
      <span className="hidden w-20 shrink-0 text-right text-faint text-sm tabular-nums @lg:block">
        {entry.kind === "file" ? bytes(entry.file.size) : ""}
      </span>
      <time
        dateTime={trashed_at ?? updated_at}
        className="hidden w-32 shrink-0 truncate text-right text-faint text-sm @lg:block"
      >
        {trashed_at ? t("row.trashed", { when: ago(trashed_at) }) : ago(updated_at)}
      </time>
      <EntryMenu entry={entry} className="relative z-1" />
    </div>
  );
});

function Thumbnail({ entry }: { entry: Entry }) {
  const icon = (
    <span className="grid size-full place-items-center">
      <KindIcon entry={entry} size={36} />
    </span>
  );
  if (entry.kind === "folder" || !isDrawn(entry.file.media_type) || !isReadable(entry.file)) {
    return icon;
  }
  return (
    <PagePicture
      id={entry.file.id}
      number={entry.file.number}
      page={1}
      width={400}
      alt=""
      className="size-full object-cover object-top"
      waiting={icon}
      failed={icon}
    />
  );
}

/** One card of the grid. */
export const EntryCard = memo(function EntryCard(props: EntryProps) {
  const { entry, active, selected, onDrag } = props;
  const { over, drop } = useDropTarget(props);
  const { trashed_at } = entry.kind === "folder" ? entry.folder : entry.file;
  return (
    <div
      draggable={trashed_at === null}
      onDragStart={(event) => onDrag(entry, event)}
      {...drop}
      className={clsx(
        "group relative flex h-full flex-col rounded-md border p-1.5",
        shade(selected, active, over),
        selected && "border-accent",
      )}
    >
      <div className="min-h-0 flex-1 overflow-hidden rounded-sm bg-sunken">
        <Thumbnail entry={entry} />
      </div>
      <SelectBox
        {...props}
        className={clsx(
          "!absolute top-3 left-3 touch:opacity-100",
          !selected && "opacity-0 focus-visible:opacity-100 group-hover:opacity-100",
        )}
      />
      <div className="flex h-7 items-center gap-1.5 pl-1">
        <Name
          entry={entry}
          onClick={clicked(props)}
          className="min-w-0 flex-1 truncate text-left font-medium text-sm outline-none after:absolute after:inset-0"
        >
          {nameOf(entry)}
        </Name>
        <Shared entry={entry} />
        <EntryMenu entry={entry} className="relative z-1" />
      </div>
      <div className="flex h-5 items-center gap-2 px-1">
        {entry.kind === "file" ? (
          <>
            <span className="shrink-0 text-faint text-xs tabular-nums">
              {bytes(entry.file.size)}
            </span>
            <ReadingState file={entry.file} />
          </>
        ) : (
          <FolderWord />
        )}
      </div>
    </div>
  );
});

function FolderWord() {
  const { t } = useTranslation("files");
  return <span className="text-faint text-xs">{t("row.folder")}</span>;
}
