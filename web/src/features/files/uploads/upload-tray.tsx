import { useQueryClient } from "@tanstack/react-query";
import { Link, useMatchRoute } from "@tanstack/react-router";
import { clsx } from "clsx";
import {
  ChevronDown,
  ChevronUp,
  CircleAlert,
  CircleCheck,
  Pause,
  Play,
  RotateCw,
  X,
} from "lucide-react";
import { useEffect, useState } from "react";
import { loadStrings } from "@/lib/i18n/i18n";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useMedia, WIDE } from "@/lib/media";
import { usePreferences } from "@/lib/preferences";
import { IconButton } from "@/ui/icon-button";
import { ProgressBar } from "@/ui/progress-bar";
import { refreshSoon } from "../cache";
import { bytes } from "../sizes";
import { isActive, type UploadItem, uploads, useUploads } from "./queue";
import { uploadWords } from "./words";

// It stands on every page, also on those that load other strings.
void loadStrings("files");

const part = ({ sent, size }: UploadItem) => (size === 0 ? 0 : sent / size);

function Words({ item }: { item: UploadItem }) {
  const { t } = useTranslation("files");
  switch (item.phase) {
    case "waiting":
      return t("uploads.waiting");
    case "sending":
      return t("uploads.sending", { sent: bytes(item.sent), size: bytes(item.size) });
    case "offline":
      return t("uploads.offline");
    case "paused":
      return t("uploads.paused", { percent: Math.floor(part(item) * 100) });
    case "done":
      return t("uploads.finished");
    case "failed":
      return item.problem && uploadWords(item.problem, t);
  }
}

function Buttons({ item }: { item: UploadItem }) {
  const { t } = useTranslation("files");
  const { id, name, phase } = item;
  const infected = phase === "failed" && item.fileId !== null;
  return (
    <span className="flex shrink-0">
      {isActive(item) && (
        <IconButton
          icon={Pause}
          size="sm"
          label={t("uploads.pause", { name })}
          onClick={() => uploads.pause(id)}
        />
      )}
      {phase === "paused" && (
        <IconButton
          icon={Play}
          size="sm"
          label={t("uploads.resume", { name })}
          onClick={() => uploads.resume(id)}
        />
      )}
      {phase === "failed" && !infected && (
        <IconButton
          icon={RotateCw}
          size="sm"
          label={t("uploads.retry", { name })}
          onClick={() => uploads.resume(id)}
        />
      )}
      <IconButton
        icon={X}
        size="sm"
        label={t(phase === "done" ? "uploads.dismiss" : "uploads.cancel", { name })}
        onClick={() => uploads.cancel(id)}
      />
    </span>
  );
}

function Line({ item }: { item: UploadItem }) {
  const { t } = useTranslation("files");
  const { name, phase, fileId } = item;
  return (
    <li className="flex items-center gap-2.5 px-3 py-2">
      {phase === "done" && <CircleCheck aria-hidden size={16} className="shrink-0 text-ok-ink" />}
      {phase === "failed" && (
        <CircleAlert aria-hidden size={16} className="shrink-0 text-danger-ink" />
      )}
      <div className="min-w-0 flex-1">
        {phase === "done" && fileId ? (
          <Link
            to="/files/$id"
            params={{ id: fileId }}
            className="block truncate font-medium text-sm hover:underline"
          >
            {name}
          </Link>
        ) : (
          <p className="truncate font-medium text-sm">{name}</p>
        )}
        {phase !== "done" && phase !== "failed" && (
          <ProgressBar
            value={part(item)}
            label={t("uploads.progress", { name })}
            tone={phase === "sending" ? "accent" : "warn"}
            className="my-1"
          />
        )}
        <p
          className={clsx(
            "text-pretty text-xs tabular-nums",
            phase === "failed" ? "text-danger-ink" : "text-muted",
          )}
        >
          <Words item={item} />
        </p>
      </div>
      <Buttons item={item} />
    </li>
  );
}

/** Whether the chat stands beside the page: the tray must not lie on its composer. */
function useBesideChat(): boolean {
  const wide = useMedia(WIDE);
  const wanted = usePreferences((state) => state.chatPane);
  const onChatPage = useMatchRoute()({ to: "/chat", fuzzy: true });
  return wide && wanted && !onChatPage;
}

/** Leaving the page would end what is under way. */
function useWarning(active: boolean): void {
  useEffect(() => {
    if (!active) return undefined;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [active]);
}

/** All uploads of this tab, on every page; it goes when its list is empty. */
export function UploadTray() {
  const { t } = useTranslation("files");
  const queries = useQueryClient();
  const items = useUploads((state) => state.items);
  const [open, setOpen] = useState(true);
  const besideChat = useBesideChat();
  const active = items.filter(isActive).length;
  const done = items.filter(({ phase }) => phase === "done").length;
  useWarning(active > 0);
  useEffect(() => {
    if (done > 0) refreshSoon(queries);
  }, [done, queries]);
  if (items.length === 0) return null;
  const title =
    active > 0
      ? t("uploads.active", { count: active })
      : done === items.length
        ? t("uploads.done", { count: done })
        : t("uploads.halted");
  return (
    <section
      aria-label={t("uploads.title")}
      className={clsx(
        besideChat ? "right-[calc(var(--chat-width)+28px)]" : "right-3",
        "fixed bottom-5 z-30 flex max-h-[min(420px,60dvh)] w-[min(360px,calc(100vw-24px))] flex-col overflow-hidden rounded-md bg-raised shadow-pop max-md:bottom-[calc(var(--bottom-bar)+env(safe-area-inset-bottom)+12px)]",
      )}
    >
      <header className="flex min-h-11 items-center gap-1 border-b py-1 pr-2 pl-3">
        <h2 aria-live="polite" className="min-w-0 flex-1 truncate font-semibold text-sm">
          {title}
        </h2>
        <IconButton
          icon={open ? ChevronDown : ChevronUp}
          size="sm"
          label={t(open ? "uploads.collapse" : "uploads.expand")}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        />
        {active === 0 && (
          <IconButton icon={X} size="sm" label={t("uploads.clear")} onClick={uploads.clear} />
        )}
      </header>
      {open && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroller must take the keyboard
        <ul tabIndex={0} className="divide-y overflow-y-auto" aria-label={t("uploads.title")}>
          {items.map((item) => (
            <Line key={item.id} item={item} />
          ))}
        </ul>
      )}
    </section>
  );
}
