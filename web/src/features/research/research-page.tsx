import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import {
  ArrowLeft,
  Braces,
  Download,
  FileText,
  Hash,
  type LucideIcon,
  RotateCcw,
  Square,
  Trash2,
} from "lucide-react";
import { useState } from "react";
import { Page } from "@/app/shell/page";
import { LoadProblem } from "@/features/settings/section";
import { blobOf, saveBlob } from "@/lib/api/blob";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { Button, buttonClass } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from "@/ui/dropdown-menu";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { isUnderWay, type Research } from "./model";
import { NewResearchDialog } from "./new-research-dialog";
import { Meters, Progress } from "./progress";
import { useCancel, useDelete, useLiveResearch, useReport, useResearch } from "./queries";
import { Notices, ReportView } from "./report-view";
import { StateBadge } from "./state-badge";

const route = getRouteApi("/app/research/$id");

/** One research: how far it is, and then its report. */
export function ResearchPage() {
  const { t } = useTranslation("research");
  const { id } = route.useParams();
  const research = useResearch(id);
  useLiveResearch();
  const title = research.data?.question.split("\n", 1)[0] ?? t("title");
  return (
    <Page
      title={title}
      width="full"
      heading={
        <Link
          to="/research"
          className="-ml-1.5 flex h-7 items-center gap-2 rounded-sm px-1.5 text-muted text-sm hover:bg-hover hover:text-ink touch:h-11"
        >
          <ArrowLeft aria-hidden size={16} />
          {t("title")}
        </Link>
      }
      actions={research.data && <Actions research={research.data} />}
    >
      {research.isPending && <SkeletonRows rows={6} />}
      {research.error && (
        <LoadProblem error={research.error} onRetry={() => void research.refetch()} />
      )}
      {research.data && <Loaded research={research.data} />}
    </Page>
  );
}

function Loaded({ research }: { research: Research }) {
  const { t } = useTranslation("research");
  const report = useReport(research);
  const { question, state, depth } = research;
  return (
    <div className="mx-auto grid max-w-[1080px] grid-cols-1 gap-x-8 gap-y-6 pb-10 @3xl:grid-cols-[minmax(0,1fr)_15rem]">
      <div className="flex min-w-0 flex-col gap-5">
        <div className="flex flex-col gap-2">
          <h1 className="whitespace-pre-wrap text-pretty break-words font-semibold text-lg tracking-[-0.012em]">
            {question}
          </h1>
          <p className="flex flex-wrap items-center gap-1.5">
            <StateBadge state={state} />
            <Badge>{t(`depth.${depth}`)}</Badge>
            {report.data?.simulated && <Badge tone="warn">{t("report.simulated")}</Badge>}
          </p>
        </div>
        {isUnderWay(research) && <Progress research={research} />}
        {state === "failed" && (
          <Banner tone="danger">{research.detail || t("ended.failed")}</Banner>
        )}
        {state === "cancelled" && <Banner>{t("ended.cancelled")}</Banner>}
        {state === "done" && report.isPending && <SkeletonRows rows={7} />}
        {report.error && <LoadProblem error={report.error} onRetry={() => void report.refetch()} />}
        {report.data && (
          <>
            <Notices report={report.data} />
            <ReportView report={report.data} />
          </>
        )}
      </div>
      <aside aria-label={t("facts.limits")}>
        <Meters research={research} />
      </aside>
    </div>
  );
}

function Actions({ research }: { research: Research }) {
  const { t } = useTranslation("research");
  const [asking, setAsking] = useState(false);
  if (isUnderWay(research)) return <Stop id={research.id} />;
  if (research.state === "done") {
    return (
      <>
        <Delete id={research.id} />
        <Downloads id={research.id} />
      </>
    );
  }
  return (
    <>
      <Delete id={research.id} />
      <Button icon={RotateCcw} onClick={() => setAsking(true)}>
        {t("again")}
      </Button>
      {asking && (
        <NewResearchDialog question={research.question} onClose={() => setAsking(false)} />
      )}
    </>
  );
}

const FORMS = [
  { form: "pdf", icon: FileText },
  { form: "md", icon: Hash },
  { form: "json", icon: Braces },
] as const;
const DEADLINE_MS = 60_000;

function Downloads({ id }: { id: string }) {
  const { t } = useTranslation("research");
  const save = async (form: (typeof FORMS)[number]["form"]) => {
    try {
      const blob = await blobOf(`/api/v1/research/${id}/report.${form}`, DEADLINE_MS);
      saveBlob(blob, `research-${id}.${form}`);
    } catch (error) {
      toast.error(toProblem(error).message);
    }
  };
  return (
    <DropdownMenu>
      <DropdownMenuTrigger className={buttonClass()}>
        <Download aria-hidden size={15} strokeWidth={2} className="-ml-0.5 shrink-0" />
        {t("download.label")}
      </DropdownMenuTrigger>
      <DropdownMenuContent align="end">
        {FORMS.map(({ form, icon }) => (
          <DropdownMenuItem key={form} icon={icon} onSelect={() => void save(form)}>
            {t(`download.${form}`)}
          </DropdownMenuItem>
        ))}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

function Stop({ id }: { id: string }) {
  const cancel = useCancel(id);
  return <Confirmed of="stop" icon={Square} action={cancel} />;
}

function Delete({ id }: { id: string }) {
  const navigate = useNavigate();
  const remove = useDelete(id, () => void navigate({ to: "/research" }));
  return <Confirmed of="delete" icon={Trash2} action={remove} />;
}

interface ConfirmedProps {
  of: "stop" | "delete";
  icon: LucideIcon;
  action: ReturnType<typeof useCancel> | ReturnType<typeof useDelete>;
}

/** What can't be taken back is asked once more. */
function Confirmed({ of, icon, action }: ConfirmedProps) {
  const { t } = useTranslation("research");
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="danger-ghost" icon={icon} onClick={() => setOpen(true)}>
        {t(`${of}.action`)}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        size="sm"
        title={t(`${of}.title`)}
        description={t(`${of}.body`)}
        footer={
          <>
            <Button onClick={() => setOpen(false)}>{t(`${of}.keep`)}</Button>
            <Button
              variant="danger"
              loading={action.isPending}
              onClick={() => action.mutate(undefined, { onSettled: () => setOpen(false) })}
            >
              {t(`${of}.action`)}
            </Button>
          </>
        }
      />
    </>
  );
}
