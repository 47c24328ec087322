import { Check, Copy, Info, Layers, RefreshCw } from "lucide-react";
import { useState } from "react";
import { copyText } from "@/lib/clipboard";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/icon-button";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { BranchSwitch } from "./branch-switch";
import { LedgerView } from "./ledger-view";
import { asLedger, type Message, type Turn } from "./model";
import { compact, dollars, seconds, whole } from "./numbers";

const CHIP =
  "inline-flex h-6 min-w-0 items-center gap-1 rounded-sm px-1.5 text-faint text-xs hover:bg-hover hover:text-ink data-[state=open]:bg-active data-[state=open]:text-ink touch:h-11 touch:px-2";

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <div className="flex justify-between gap-6">
      <dt className="text-faint">{label}</dt>
      <dd className="text-right tabular-nums">{value}</dd>
    </div>
  );
}

/** Which model answered, why that one, and what it took. */
function Origin({ turn }: { turn: Turn }) {
  const { t } = useTranslation("chat");
  if (!turn.model) return null;
  const { usage } = turn;
  return (
    <Popover>
      <PopoverTrigger className={CHIP}>
        {turn.simulated ? (
          <Badge tone="warn">{t("simulator")}</Badge>
        ) : (
          <span className="truncate">{turn.model}</span>
        )}
        <Info aria-hidden size={12} className="shrink-0" />
        <span className="sr-only">{t("footer.why")}</span>
      </PopoverTrigger>
      <PopoverContent label={t("footer.why")} className="w-80 text-sm">
        <h4 className="font-semibold">{t("footer.why")}</h4>
        <p className="mt-1 text-pretty text-muted">
          {turn.route_reason?.sentence ?? t("footer.noReason")}
        </p>
        <dl className="mt-3 flex flex-col gap-1 border-t pt-3 text-xs">
          <Fact label={t("footer.model")} value={turn.model} />
          <Fact label={t("footer.provider")} value={turn.provider ?? "–"} />
          {usage && (
            <>
              <Fact label={t("footer.input")} value={whole(usage.input_tokens)} />
              {usage.cache_read_tokens > 0 && (
                <Fact label={t("footer.cached")} value={whole(usage.cache_read_tokens)} />
              )}
              <Fact label={t("footer.output")} value={whole(usage.output_tokens)} />
              {usage.reasoning_tokens > 0 && (
                <Fact label={t("footer.reasoning")} value={whole(usage.reasoning_tokens)} />
              )}
            </>
          )}
          {turn.first_token_ms !== null && (
            <Fact label={t("footer.firstToken")} value={seconds(turn.first_token_ms)} />
          )}
          {turn.duration_ms !== null && (
            <Fact label={t("footer.total")} value={seconds(turn.duration_ms)} />
          )}
          <Fact
            label={t("footer.cost")}
            value={turn.cost_usd === null ? t("footer.unknownCost") : dollars(turn.cost_usd)}
          />
        </dl>
      </PopoverContent>
    </Popover>
  );
}

/** The figures in one quiet line. */
function Figures({ turn }: { turn: Turn }) {
  const { t } = useTranslation("chat");
  const parts: string[] = [];
  if (turn.usage) {
    const tokens = turn.usage.input_tokens + turn.usage.output_tokens;
    parts.push(t("footer.tokens", { tokens: compact(tokens) }));
  }
  if (turn.first_token_ms !== null && turn.duration_ms !== null) {
    const first = seconds(turn.first_token_ms);
    parts.push(t("footer.times", { first, total: seconds(turn.duration_ms) }));
  }
  if (turn.cost_usd !== null) parts.push(dollars(turn.cost_usd));
  return <span className="truncate px-1 tabular-nums">{parts.join(" · ")}</span>;
}

function CopyButton({ text }: { text: string }) {
  const { t } = useTranslation("chat");
  const [copied, setCopied] = useState(false);
  return (
    <IconButton
      size="sm"
      icon={copied ? Check : Copy}
      label={copied ? t("copied") : t("copy")}
      onClick={async () => {
        setCopied(await copyText(text));
        setTimeout(() => setCopied(false), 1500);
      }}
    />
  );
}

export interface AnswerFooterProps {
  message: Message;
  turn: Turn;
  busy: boolean;
  onRegenerate: () => void;
  onBranch: (id: string) => void;
}

/** Below each answer: what can be done with it, and where it came from. */
export function AnswerFooter({ message, turn, busy, onRegenerate, onBranch }: AnswerFooterProps) {
  const { t } = useTranslation("chat");
  const ledger = asLedger(turn.ledger);
  return (
    <footer className="mt-1 flex flex-wrap items-center gap-x-0.5 gap-y-1 text-faint text-xs">
      <CopyButton text={message.text} />
      <IconButton
        size="sm"
        icon={RefreshCw}
        label={t("regenerate")}
        disabled={busy}
        onClick={onRegenerate}
      />
      <BranchSwitch message={message} disabled={busy} onBranch={onBranch} />
      <Origin turn={turn} />
      {ledger && (
        <Popover>
          <PopoverTrigger className={CHIP}>
            <Layers aria-hidden size={12} />
            {t("ledger.button")}
            {ledger.cut > 0 && <span className="text-warn-ink">{t("ledger.cutMark")}</span>}
          </PopoverTrigger>
          <PopoverContent label={t("ledger.title")} className="w-88 max-w-[calc(100vw-16px)]">
            <LedgerView ledger={ledger} sources={message.sources} />
          </PopoverContent>
        </Popover>
      )}
      <Figures turn={turn} />
    </footer>
  );
}
