import { getRouteApi } from "@tanstack/react-router";
import { CalendarDays, ChevronLeft, ChevronRight, Plus } from "lucide-react";
import { Suspense, useState } from "react";
import { Page } from "@/app/shell/page";
import { LoadProblem } from "@/features/settings/section";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { PHONE, useMedia } from "@/lib/media";
import { useRole } from "@/lib/session/role";
import { useShortcut } from "@/lib/shortcuts";
import { CALENDAR_VIEWS } from "@/routes/calendar";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { IconButton } from "@/ui/icon-button";
import { SegmentedControl } from "@/ui/segmented-control";
import { SkeletonRows } from "@/ui/skeleton";
import { AgendaList } from "./agenda-list";
import { type Day, dayOf, shownDays, step, titleOf } from "./days";
import { ExchangeMenu } from "./exchange-menu";
import type { Agenda, Opened, View } from "./model";
import { MonthView } from "./month-view";
import { useAgenda, useEvent, useLiveCalendar } from "./queries";
import { WeekView } from "./week-view";

const route = getRouteApi("/app/calendar");
const EventDialog = lazyPart(() => import("./event-dialog"), "EventDialog");

/** Events, dated tasks and coming runs: a week, a month, or one day below the other. */
export function CalendarPage() {
  const { t } = useTranslation("calendar");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const phone = useMedia(PHONE);
  const mayChange = useRole() !== "viewer";
  const [today] = useState(() => dayOf(new Date()));
  const day = search.day ?? today;
  const view: View = phone ? "agenda" : (search.view ?? "week");
  const days = shownDays(view, day);
  const query = useAgenda(days);
  const [opened, setOpened] = useState<Opened | null>(null);
  const named = useEvent(search.event);
  const shown: Opened | null = opened ?? (named.data ? { occurrence: named.data } : null);
  const close = () => {
    setOpened(null);
    if (search.event) void navigate({ search: ({ event: _gone, ...rest }) => rest });
  };
  useLiveCalendar();
  const show = (next: { view?: View; day?: Day }) =>
    void navigate({ search: (now) => ({ ...now, ...next }) });
  const move = (by: 1 | -1) => show({ day: step(view, day, by) });
  const begin = (on: Day = day, hour: number | null = null) =>
    mayChange && setOpened({ day: on, hour });
  const section = t("section");
  useShortcut({ keys: "n", label: t("new"), section, run: () => begin() });
  useShortcut({ keys: "t", label: t("today"), section, run: () => show({ day: today }) });
  useShortcut({ keys: "shift+arrowleft", label: t("before"), section, run: () => move(-1) });
  useShortcut({ keys: "shift+arrowright", label: t("after"), section, run: () => move(1) });
  const button = mayChange && (
    <Button variant="primary" icon={Plus} onClick={() => begin()}>
      <span className="max-sm:sr-only">{t("new")}</span>
    </Button>
  );
  return (
    <Page
      title={t("title")}
      note={phone ? undefined : titleOf(view, day)}
      width="bleed"
      actions={
        <>
          <Button variant="ghost" onClick={() => show({ day: today })}>
            {t("today")}
          </Button>
          <IconButton icon={ChevronLeft} label={t("before")} onClick={() => move(-1)} />
          <IconButton icon={ChevronRight} label={t("after")} onClick={() => move(1)} />
          {!phone && (
            <SegmentedControl
              label={t("view.label")}
              value={view}
              onChange={(next) => show({ view: next })}
              segments={CALENDAR_VIEWS.map((value) => ({ value, label: t(`view.${value}`) }))}
            />
          )}
          <ExchangeMenu mayChange={mayChange} />
          {button}
        </>
      }
    >
      <div className="flex h-full min-h-0 flex-col overflow-y-auto">
        {phone && (
          <h2 className="px-4 pt-3 font-medium text-muted text-sm">{titleOf(view, day)}</h2>
        )}
        {query.isPending && <SkeletonRows rows={6} />}
        {query.error && <LoadProblem error={query.error} onRetry={() => void query.refetch()} />}
        {named.error && <LoadProblem error={named.error} onRetry={() => void named.refetch()} />}
        {query.data && <Missing agenda={query.data} />}
        {query.data && view !== "agenda" && (
          <div className="min-h-0 flex-1">
            {view === "week" ? (
              <WeekView
                days={days}
                today={today}
                entries={query.data.entries}
                onOpen={(occurrence) => setOpened({ occurrence })}
                onNew={mayChange ? begin : undefined}
              />
            ) : (
              <MonthView
                days={days}
                month={day.slice(0, 7)}
                today={today}
                entries={query.data.entries}
                onOpen={(occurrence) => setOpened({ occurrence })}
                onNew={mayChange ? begin : undefined}
                onDay={(on) => show({ view: "week", day: on })}
              />
            )}
          </div>
        )}
        {query.data && view === "agenda" && query.data.entries.length > 0 && (
          <AgendaList
            days={days}
            today={today}
            entries={query.data.entries}
            onOpen={(occurrence) => setOpened({ occurrence })}
          />
        )}
        {query.data && view === "agenda" && query.data.entries.length === 0 && (
          <EmptyState icon={CalendarDays} title={t("emptyTitle")} action={button}>
            {t(mayChange ? "emptyBody" : "emptyViewer")}
          </EmptyState>
        )}
      </div>
      <Suspense fallback={null}>
        {shown && <EventDialog key={search.event} opened={shown} onClose={close} />}
      </Suspense>
    </Page>
  );
}

/** Says so where there is more than is shown. */
function Missing({ agenda }: { agenda: Agenda }) {
  const { t } = useTranslation("calendar");
  if (agenda.has_more.length === 0) return null;
  return <p className="border-b px-4 py-1.5 text-muted text-xs">{t("hasMore")}</p>;
}
