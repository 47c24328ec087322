import { Check, ChevronRight, CircleSlash, TriangleAlert } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Spinner } from "@/ui/spinner";
import type { ToolCall } from "./model";

function State({ ok, running }: { ok: boolean | null; running: boolean }) {
  if (ok === true) return <Check aria-hidden size={14} className="text-ok-ink" />;
  if (ok === false) return <TriangleAlert aria-hidden size={14} className="text-warn-ink" />;
  if (running) return <Spinner size={14} />;
  return <CircleSlash aria-hidden size={14} className="text-faint" />;
}

/** One use of a tool in a line; what it was asked opens below. */
export function ToolRow({ call, running }: { call: ToolCall; running: boolean }) {
  const { t } = useTranslation("chat");
  const said = call.summary || (running && call.ok === null ? t("tool.running") : "");
  const word =
    call.ok === true ? "done" : call.ok === false ? "failed" : running ? "running" : "cut";
  return (
    <details className="group my-1 text-sm">
      <summary className="flex min-h-7 cursor-default list-none items-center gap-2 rounded-sm px-1.5 text-muted hover:bg-hover touch:min-h-11 [&::-webkit-details-marker]:hidden">
        <span className="grid size-4 shrink-0 place-items-center">
          <State ok={call.ok} running={running} />
        </span>
        <span className="sr-only">{t(`tool.${word}`)}</span>
        <span className="shrink-0 font-medium text-ink">{call.title || call.name}</span>
        <span className="min-w-0 flex-1 truncate text-faint">{said}</span>
        <ChevronRight
          aria-hidden
          size={14}
          className="shrink-0 text-faint transition-transform duration-100 group-open:rotate-90"
        />
      </summary>
      <pre className="mt-1 ml-7 max-h-48 overflow-auto rounded-sm bg-sunken px-2.5 py-2 font-mono text-muted text-xs">
        {JSON.stringify(call.arguments, null, 2)}
      </pre>
    </details>
  );
}
