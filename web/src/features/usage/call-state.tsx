import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge, type Tone } from "@/ui/badge";
import type { CallStatus } from "./call-filter";

const TONES = {
  ok: "ok",
  failed: "danger",
  cancelled: "neutral",
} as const satisfies Record<CallStatus, Tone>;

function isKnown(status: string): status is CallStatus {
  return status in TONES;
}

/** How a call ended; a word of the server that we don't know stands as it is. */
export function CallState({ status }: { status: string }) {
  const { t } = useTranslation("usage");
  if (!isKnown(status)) return <Badge>{status}</Badge>;
  return <Badge tone={TONES[status]}>{t(`calls.${status}`)}</Badge>;
}

const PURPOSES = [
  "chat",
  "title",
  "test",
  "gateway",
  "batch",
  "documents",
  "rerank",
  "agent",
  "research",
] as const;

export function usePurpose(): (purpose: string) => string {
  const { t } = useTranslation("usage");
  return (purpose) => {
    const known = PURPOSES.find((each) => each === purpose);
    return known ? t(`calls.purposes.${known}`) : purpose;
  };
}

const FAULTS = [
  "authentication",
  "permission",
  "quota",
  "model_not_found",
  "invalid_request",
  "context_too_large",
  "address_refused",
  "rate_limited",
  "overloaded",
  "server_error",
  "timeout",
  "connection",
  "cut",
  "garbage",
  "too_large",
  "unavailable",
  "blocked_request",
  "blocked_answer",
  "server_lost",
] as const;

/** Why a call failed, by its code; null for a code that we have no words for. */
export function useFault(): (code: string) => string | null {
  const { t } = useTranslation("usage");
  return (code) => {
    const kind = code.replace(/^ai\.(?:provider_|guardrail_)?/, "");
    const known = FAULTS.find((each) => each === kind);
    return known ? t(`calls.faults.${known}`) : null;
  };
}

const MOMENT = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

export function exactly(iso: string): string {
  return MOMENT.format(new Date(iso));
}
