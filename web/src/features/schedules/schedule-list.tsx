import { CalendarClock } from "lucide-react";
import { type ReactNode, Suspense, useState } from "react";
import { LoadProblem } from "@/features/settings/section";
import { ago } from "@/features/settings/when";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import { calls } from "./calls";
import { LastFiring } from "./last-firing";
import type { Schedule } from "./model";
import { useDo, useSchedules } from "./queries";
import { inWords, wallOf } from "./recurrence";
import { StarterRow } from "./starter-row";

const ScheduleDialog = lazyPart(() => import("./schedule-dialog"), "ScheduleDialog");

interface ScheduleListProps {
  mayChange: boolean;
  /** The button that makes one, for who has none yet. */
  action: ReactNode;
}

export function ScheduleList({ mayChange, action }: ScheduleListProps) {
  const { t } = useTranslation("schedules");
  const list = useSchedules();
  const [editing, setEditing] = useState<Schedule>();
  return (
    <>
      {list.isPending && <SkeletonRows rows={3} />}
      {list.error && <LoadProblem error={list.error} onRetry={() => void list.refetch()} />}
      {list.data && list.items.length === 0 && (
        <EmptyState icon={CalendarClock} title={t("empty.schedulesTitle")} action={action}>
          {t(mayChange ? "empty.schedulesBody" : "empty.notYours")}
        </EmptyState>
      )}
      {list.items.length > 0 && (
        <ul aria-label={t("tab.schedules")}>
          {list.items.map((each) => (
            <Row
              key={each.id}
              schedule={each}
              mayChange={mayChange}
              onEdit={() => setEditing(each)}
            />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
      {editing && (
        <Suspense fallback={null}>
          <ScheduleDialog schedule={editing} onClose={() => setEditing(undefined)} />
        </Suspense>
      )}
    </>
  );
}

interface RowProps {
  schedule: Schedule;
  mayChange: boolean;
  onEdit: () => void;
}

function Row({ schedule, mayChange, onEdit }: RowProps) {
  const { t } = useTranslation("schedules");
  const enable = useDo((enabled: boolean) => calls.changeSchedule(schedule.id, { enabled }));
  const remove = useDo(() => calls.deleteSchedule(schedule.id));
  const { next_at: next, timezone } = schedule;
  const over = schedule.enabled ? t("next.over") : t("next.off");
  return (
    <StarterRow
      name={schedule.name}
      enabled={enable.isPending ? enable.variables : schedule.enabled}
      offCode={schedule.off_code}
      mayChange={mayChange}
      onEnable={(enabled) => enable.mutate(enabled)}
      onEdit={onEdit}
      onDelete={() => remove.mutate(undefined)}
    >
      <p>{inWords(schedule.rrule, schedule.starts_at, t)}</p>
      <p>
        {next ? (
          <>
            {t("next.in", { when: ago(next) })}{" "}
            <time dateTime={next} className="text-faint">
              {t("next.at", { at: wallOf(next, timezone), zone: timezone })}
            </time>
          </>
        ) : (
          over
        )}
      </p>
      <p>
        <LastFiring firing={schedule.last} />
      </p>
    </StarterRow>
  );
}
