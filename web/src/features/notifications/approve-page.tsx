import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleSlash, Unlink } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { ApprovalCard } from "@/features/runs/cards";
import { approvalOf } from "@/features/runs/journal";
import { LoadProblem } from "@/features/settings/section";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { buttonClass } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { Skeleton } from "@/ui/skeleton";
import { type LinkedApproval, linkCalls } from "./link-calls";

const GONE = 404;

type Stand =
  | { at: "loading" }
  | { at: "problem"; error: unknown }
  | { at: "invalid" }
  | { at: "asked"; linked: LinkedApproval; busy: boolean; error: unknown }
  | { at: "decided"; approved: boolean };

/** What became of a failed call: a link that is over looks the same whatever ended it. */
const fallen = (error: unknown): Stand =>
  toProblem(error).status === GONE ? { at: "invalid" } : { at: "problem", error };

/** The page behind a link in a mail: one call, to look at and to decide, for who is signed in or not. */
export function ApprovePage() {
  const { t } = useTranslation("notifications");
  const [token] = useState(() => window.location.hash.slice(1));
  const [stand, setStand] = useState<Stand>({ at: "loading" });
  const load = useCallback(
    (signal: AbortSignal) => {
      linkCalls.show(token, signal).then(
        (linked) => setStand({ at: "asked", linked, busy: false, error: null }),
        (error: unknown) => signal.aborted || setStand(fallen(error)),
      );
    },
    [token],
  );
  useEffect(() => {
    document.title = `${t("link.title")} · Vectal`;
    const leaving = new AbortController();
    load(leaving.signal);
    return () => leaving.abort();
  }, [load, t]);
  const again = () => {
    setStand({ at: "loading" });
    load(new AbortController().signal);
  };
  const decide = async (linked: LinkedApproval, approved: boolean, note: string) => {
    setStand({ at: "asked", linked, busy: true, error: null });
    try {
      await linkCalls.decide(token, linked.sha256, approved, note);
      setStand({ at: "decided", approved });
    } catch (error) {
      const isOver = toProblem(error).status === GONE;
      setStand(isOver ? { at: "invalid" } : { at: "asked", linked, busy: false, error });
    }
  };
  return (
    <main className="min-h-dvh bg-canvas px-4 py-8 md:py-14">
      <div className="mx-auto w-full max-w-[640px]">
        <header className="mb-5">
          <img src="/favicon.svg" alt="" width={36} height={36} className="mb-3" />
          <h1 className="font-semibold text-xl tracking-[-0.015em]">{t("link.title")}</h1>
          {stand.at === "asked" && (
            <p className="mt-1 text-pretty text-muted text-sm">{t("link.lead")}</p>
          )}
        </header>
        {stand.at === "loading" && (
          <div role="status" aria-label={t("link.loading")}>
            <Skeleton className="h-64" />
          </div>
        )}
        {stand.at === "problem" && <LoadProblem error={stand.error} onRetry={again} />}
        {stand.at === "asked" && (
          <Asked
            linked={stand.linked}
            busy={stand.busy}
            error={stand.error}
            onDecide={(approved, note) => void decide(stand.linked, approved, note)}
          />
        )}
        {stand.at === "invalid" && <End icon={Unlink} what="invalid" />}
        {stand.at === "decided" && (
          <End
            icon={stand.approved ? CircleCheck : CircleSlash}
            what={stand.approved ? "approved" : "denied"}
          />
        )}
      </div>
    </main>
  );
}

interface AskedProps {
  linked: LinkedApproval;
  busy: boolean;
  error: unknown;
  onDecide: (approved: boolean, note: string) => void;
}

function Asked({ linked, busy, error, onDecide }: AskedProps) {
  const { t } = useTranslation("notifications");
  return (
    <div className="flex flex-col gap-4">
      {error !== null && <Banner tone="danger">{toProblem(error).message}</Banner>}
      <div className="rounded-md border bg-surface px-4 py-3">
        <p className="text-muted text-xs">{t("link.goal")}</p>
        <p className="line-clamp-6 whitespace-pre-wrap break-words text-sm">{linked.goal}</p>
      </div>
      <ApprovalCard approval={approvalOf({ ...linked })} busy={busy} onDecide={onDecide} />
    </div>
  );
}

interface EndProps {
  icon: typeof Unlink;
  what: "invalid" | "approved" | "denied";
}

/** Nothing is left to do here. It takes the keyboard, so that a screen reader says so. */
function End({ icon, what }: EndProps): ReactNode {
  const { t } = useTranslation("notifications");
  const body = {
    invalid: "link.invalidBody",
    approved: "link.approvedBody",
    denied: "link.deniedBody",
  } as const;
  return (
    <div role="status" className="rounded-lg border bg-surface p-6 shadow-panel">
      <EmptyState
        icon={icon}
        size="panel"
        title={t(`link.${what}`)}
        action={
          <Link to="/runs" className={buttonClass("secondary")}>
            {t("link.open")}
          </Link>
        }
      >
        {t(body[what])}
      </EmptyState>
    </div>
  );
}
