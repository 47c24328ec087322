import { getRouteApi, Link } from "@tanstack/react-router";
import { Bot, Plus } from "lucide-react";
import { Suspense, useState } from "react";
import { Page } from "@/app/shell/page";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { useRole } from "@/lib/session/role";
import { useShortcut } from "@/lib/shortcuts";
import { Button, buttonClass } from "@/ui/button";
import { Tab, TabList, TabPanel, Tabs } from "@/ui/tabs";
import type { IssuedTrigger } from "./model";
import { useLiveSchedules } from "./queries";
import { ScheduleList } from "./schedule-list";
import { TriggerList } from "./trigger-list";

const route = getRouteApi("/app/runs/schedules");
const ScheduleDialog = lazyPart(() => import("./schedule-dialog"), "ScheduleDialog");
const TriggerDialog = lazyPart(() => import("./trigger-dialog"), "TriggerDialog");
const SecretDialog = lazyPart(() => import("./secret-dialog"), "SecretDialog");

type Section = "schedules" | "triggers";

/** What begins runs by itself: the clock, events, other systems. */
export function SchedulesPage() {
  const { t } = useTranslation("schedules");
  const { show = "schedules" } = route.useSearch();
  const navigate = route.useNavigate();
  const [creating, setCreating] = useState(false);
  const [issued, setIssued] = useState<IssuedTrigger>();
  const mayChange = useRole() !== "viewer";
  useLiveSchedules();
  const begin = () => mayChange && setCreating(true);
  const label = t(show === "schedules" ? "new" : "newTrigger");
  useShortcut({ keys: "n", label, section: t("section"), run: begin });
  const button = mayChange && (
    <Button variant="primary" icon={Plus} onClick={begin}>
      {label}
    </Button>
  );
  const choose = (next: string) =>
    void navigate({ search: next === "triggers" ? { show: "triggers" } : {} });
  return (
    <Page
      title={t("title")}
      actions={
        <>
          <Link to="/runs" className={buttonClass("ghost")} aria-label={t("back")}>
            <Bot aria-hidden size={15} />
            <span className="max-sm:sr-only">{t("back")}</span>
          </Link>
          {button}
        </>
      }
    >
      <Tabs value={show satisfies Section} onValueChange={choose}>
        <TabList aria-label={t("title")}>
          <Tab value="schedules">{t("tab.schedules")}</Tab>
          <Tab value="triggers">{t("tab.triggers")}</Tab>
        </TabList>
        <TabPanel value="schedules" className="pt-2 outline-none">
          <ScheduleList mayChange={mayChange} action={button} />
        </TabPanel>
        <TabPanel value="triggers" className="pt-2 outline-none">
          <TriggerList mayChange={mayChange} action={button} onIssued={setIssued} />
        </TabPanel>
      </Tabs>
      <Suspense fallback={null}>
        {creating && show === "schedules" && <ScheduleDialog onClose={() => setCreating(false)} />}
        {creating && show === "triggers" && (
          <TriggerDialog onClose={() => setCreating(false)} onIssued={setIssued} />
        )}
        {issued?.secret && <SecretDialog issued={issued} onClose={() => setIssued(undefined)} />}
      </Suspense>
    </Page>
  );
}
