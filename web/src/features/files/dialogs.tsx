import { clsx } from "clsx";
import { Folder as FolderIcon, House, Search } from "lucide-react";
import { useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { CopyBlock } from "@/ui/copy-block";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Select } from "@/ui/select";
import { SkeletonRows } from "@/ui/skeleton";
import { Switch } from "@/ui/switch";
import { type OpenDialog, useFileActions } from "./actions";
import { calls } from "./calls";
import { placesFor } from "./folder-tree";
import { type Entry, type Folder, nameOf, type StoredFile } from "./model";
import { useEveryFolder, useFileChange } from "./queries";

interface OfDialog {
  onClose: () => void;
}

function Problem({ error }: { error: unknown }) {
  if (!error) return null;
  return <Banner tone="danger">{toProblem(error).message}</Banner>;
}

function RenameDialog({ entry, onClose }: OfDialog & { entry: Entry }) {
  const { t } = useTranslation("files");
  const [name, setName] = useState(nameOf(entry));
  const save = useFileChange(async (to: string) => {
    if (entry.kind === "folder") {
      await calls.changeFolder(entry.folder.id, entry.folder.revision, { name: to });
    } else await calls.changeFile(entry.file.id, entry.file.revision, { name: to });
    onClose();
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("rename.title")} size="sm">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) save.mutate(name.trim());
        }}
      >
        <Problem error={save.error} />
        <Field label={t("rename.name")}>
          {(control) => (
            <Input
              {...control}
              value={name}
              required
              maxLength={200}
              // The ending mostly stays, so that what is typed takes the place of the rest.
              onFocus={({ currentTarget }) => {
                const dot = entry.kind === "file" ? currentTarget.value.lastIndexOf(".") : -1;
                currentTarget.setSelectionRange(0, dot > 0 ? dot : currentTarget.value.length);
              }}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <div className="flex justify-end">
          <Button type="submit" variant="primary" loading={save.isPending}>
            {t("rename.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function FolderDialog({ parent, onClose }: OfDialog & { parent: Folder | null }) {
  const { t } = useTranslation("files");
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const make = useFileChange(async (called: string) => {
    await calls.createFolder(called, parent?.id ?? null, shared ? "workspace" : "private");
    onClose();
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("folder.title")}
      {...(parent ? { description: t("folder.inherits") } : {})}
      size="sm"
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) make.mutate(name.trim());
        }}
      >
        <Problem error={make.error} />
        <Field label={t("folder.name")}>
          {(control) => (
            <Input
              {...control}
              value={name}
              required
              maxLength={200}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        {!parent && (
          <Field label={t("folder.shared")} hint={t("folder.sharedHint")}>
            {(control) => <Switch {...control} checked={shared} onCheckedChange={setShared} />}
          </Field>
        )}
        <div className="flex justify-end">
          <Button type="submit" variant="primary" loading={make.isPending}>
            {t("folder.create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function MoveDialog({ entries, onClose }: OfDialog & { entries: readonly Entry[] }) {
  const { t } = useTranslation("files");
  const actions = useFileActions();
  const every = useEveryFolder();
  const [words, setWords] = useState("");
  const [to, setTo] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const places = placesFor(every.data ?? [], entries, words, t("top"));
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("move.title", { count: entries.length, name: entries[0] && nameOf(entries[0]) })}
      description={t("move.hint")}
      size="sm"
      footer={
        <Button
          variant="primary"
          loading={busy}
          onClick={() => {
            setBusy(true);
            void actions.move(entries, to).then(onClose);
          }}
        >
          {t("move.here")}
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <Input
          icon={Search}
          value={words}
          aria-label={t("move.filter")}
          placeholder={t("move.filter")}
          onChange={(event) => setWords(event.target.value)}
        />
        {every.isPending && <SkeletonRows rows={3} />}
        <Problem error={every.error} />
        {every.data && places.length === 0 && (
          <p className="py-2 text-muted text-sm">{t("move.none")}</p>
        )}
        <fieldset className="-mx-1 max-h-64 overflow-y-auto px-1 py-0.5">
          <legend className="sr-only">{t("move.where")}</legend>
          {places.map(({ id, name, depth }) => (
            <label
              key={id ?? "top"}
              style={{ paddingLeft: 8 + depth * 16 }}
              className={clsx(
                "flex h-(--row) cursor-pointer items-center gap-2.5 rounded-sm pr-2 text-sm has-focus-visible:ring-3 has-focus-visible:ring-accent/30",
                id === to ? "bg-accent-soft text-accent-ink" : "hover:bg-hover",
              )}
            >
              <input
                type="radio"
                name="to"
                checked={id === to}
                onChange={() => setTo(id)}
                className="sr-only"
              />
              {id === null ? (
                <House aria-hidden size={15} className="shrink-0" />
              ) : (
                <FolderIcon aria-hidden size={15} className="shrink-0" />
              )}
              <span className="truncate">{name}</span>
            </label>
          ))}
        </fieldset>
      </div>
    </Dialog>
  );
}

const LASTS = { hour: 3600, day: 86_400, week: 604_800 } as const;
type Lasts = keyof typeof LASTS;

function until(iso: string): string {
  return new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(iso),
  );
}

function LinkDialog({ file, number, onClose }: OfDialog & { file: StoredFile; number: number }) {
  const { t } = useTranslation("files");
  const [lasts, setLasts] = useState<Lasts>("day");
  const make = useFileChange((wanted: Lasts) =>
    calls.createLink(file.id, {
      version: number,
      disposition: "inline",
      expires_in_s: LASTS[wanted],
    }),
  );
  const link = make.data as { url: string; expires_at: string } | undefined;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("link.title", { name: file.name })}
      description={t("link.body")}
      size="sm"
    >
      <div className="flex flex-col gap-4">
        <Problem error={make.error} />
        <Field label={t("link.lasts")}>
          {(control) => (
            <Select
              {...control}
              value={lasts}
              onChange={(value) => {
                setLasts(value);
                make.reset();
              }}
              options={(["hour", "day", "week"] as const).map((value) => ({
                value,
                label: t(`link.${value}`),
              }))}
            />
          )}
        </Field>
        {link ? (
          <div aria-live="polite" className="flex flex-col gap-1.5">
            <CopyBlock
              label={t("link.address")}
              text={new URL(link.url, window.location.href).href}
            />
            <p className="text-faint text-xs">
              {t("link.until", { when: until(link.expires_at) })}
            </p>
          </div>
        ) : (
          <div className="flex justify-end">
            <Button variant="primary" loading={make.isPending} onClick={() => make.mutate(lasts)}>
              {t("link.create")}
            </Button>
          </div>
        )}
      </div>
    </Dialog>
  );
}

function PurgeDialog({ entries, onClose }: OfDialog & { entries: readonly Entry[] }) {
  const { t } = useTranslation("files");
  const { t: shared } = useTranslation();
  const actions = useFileActions();
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("purge.title", { count: entries.length, name: entries[0] && nameOf(entries[0]) })}
      description={t("purge.body")}
      size="sm"
      footer={
        <>
          <Button onClick={onClose}>{shared("cancel")}</Button>
          <Button
            variant="danger"
            onClick={() => {
              onClose();
              void actions.purge(entries);
            }}
          >
            {t("purge.confirm")}
          </Button>
        </>
      }
    />
  );
}

interface FileDialogsProps extends OfDialog {
  dialog: OpenDialog;
  /** The folder that is shown; null at the top. */
  folder: Folder | null;
}

/** The dialog that is open on a page of files. */
export function FileDialogs({ dialog, folder, onClose }: FileDialogsProps) {
  switch (dialog.kind) {
    case "rename":
      return <RenameDialog entry={dialog.entry} onClose={onClose} />;
    case "move":
      return <MoveDialog entries={dialog.entries} onClose={onClose} />;
    case "link":
      return (
        <LinkDialog
          file={dialog.file}
          number={dialog.number ?? dialog.file.number}
          onClose={onClose}
        />
      );
    case "purge":
      return <PurgeDialog entries={dialog.entries} onClose={onClose} />;
    case "folder":
      return <FolderDialog parent={folder} onClose={onClose} />;
  }
}
