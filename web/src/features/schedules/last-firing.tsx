import { Link } from "@tanstack/react-router";
import { StateBadge } from "@/features/runs/state-badge";
import { ago } from "@/features/settings/when";
import { exactly } from "@/features/usage/call-state";
import { useTranslation } from "@/lib/i18n/use-translation";
import type { Firing } from "./model";

/** What an occurrence or a delivery came to: its run, or why there is none. */
export function LastFiring({ firing }: { firing: Firing | null }) {
  const { t } = useTranslation("schedules");
  if (!firing) return <span className="text-faint">{t("last.never")}</span>;
  const when = (
    <time dateTime={firing.at} title={exactly(firing.at)}>
      {ago(firing.at)}
    </time>
  );
  if (firing.run_id && firing.run_state) {
    return (
      <span className="inline-flex flex-wrap items-center gap-x-1.5">
        <Link
          to="/runs/$id"
          params={{ id: firing.run_id }}
          className="underline underline-offset-2 hover:text-ink touch:py-3"
        >
          {t("last.run")}
        </Link>
        {when}
        <StateBadge state={firing.run_state} />
      </span>
    );
  }
  return (
    <span>
      {t(`last.${firing.outcome}`)} {when}
    </span>
  );
}
