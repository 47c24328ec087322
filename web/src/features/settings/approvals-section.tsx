import { Hand, Lock, type LucideIcon, Plus, Scale, Zap } from "lucide-react";
import { type ReactNode, useState } from "react";
import { dollars } from "@/features/chat/numbers";
import { useAgentTools } from "@/features/runs/tools";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages } from "@/lib/session/role";
import { Badge, type Tone } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { ApprovalDialog, type Wanted } from "./approval-dialog";
import { type ApprovalRules, type Rule, useApprovalRules, useSaveRules } from "./approval-rules";
import { Confirm } from "./confirm";
import { LoadProblem, Row, Section } from "./section";
import { ToolAsking } from "./tool-asking";
import { without } from "./without";

/** When runs ask a person, as sentences in the order in which they decide. */
export function ApprovalsSection() {
  const { t } = useTranslation("approvals");
  const manages = useManages();
  const rules = useApprovalRules();
  const tools = useAgentTools();
  const [editing, setEditing] = useState<Wanted | null>(null);
  const add = manages && rules.data && tools.data && (
    <Button size="sm" icon={Plus} onClick={() => setEditing({ kind: "tool", name: null })}>
      {t("add")}
    </Button>
  );
  const titleOf = (name: string) => tools.data?.find((tool) => tool.name === name)?.title ?? name;
  return (
    <>
      <Section title={t("title")} lead={t("lead")} action={add}>
        {rules.isPending && <SkeletonRows rows={4} />}
        {rules.error && <LoadProblem error={rules.error} onRetry={() => void rules.refetch()} />}
        {rules.data && (
          <Sentences
            rules={rules.data}
            titleOf={titleOf}
            onEdit={manages ? setEditing : undefined}
          />
        )}
        {!manages && <Banner className="mt-4">{t("readOnly")}</Banner>}
      </Section>
      <Section title={t("tools.title")} lead={t("tools.lead")}>
        {tools.isPending && <SkeletonRows rows={6} />}
        {tools.error && <LoadProblem error={tools.error} onRetry={() => void tools.refetch()} />}
        {tools.data && <ToolAsking tools={tools.data} />}
      </Section>
      {editing && rules.data && (
        <ApprovalDialog
          wanted={editing}
          rules={rules.data}
          tools={tools.data ?? []}
          onClose={() => setEditing(null)}
        />
      )}
    </>
  );
}

const LOOKS: Record<Rule, { tone: Tone; icon: LucideIcon }> = {
  always: { tone: "warn", icon: Hand },
  policy: { tone: "neutral", icon: Scale },
  never: { tone: "ok", icon: Zap },
};

function RuleBadge({ rule }: { rule: Rule }) {
  const { t } = useTranslation("approvals");
  return (
    <Badge tone={LOOKS[rule].tone} icon={LOOKS[rule].icon}>
      {t(`rules.${rule}`)}
    </Badge>
  );
}

interface SentencesProps {
  rules: ApprovalRules;
  titleOf: (name: string) => string;
  onEdit?: ((wanted: Wanted) => void) | undefined;
}

function Sentences({ rules, titleOf, onEdit }: SentencesProps) {
  const { t } = useTranslation("approvals");
  const save = useSaveRules();
  const names = Object.keys(rules.tools).toSorted((a, b) => titleOf(a).localeCompare(titleOf(b)));
  const remove = async (name: string) => {
    try {
      await save((now) => ({ tools: without(now.tools, name) }));
      toast.success(t("removed"));
    } catch (error) {
      toast.error(toProblem(error).message);
    }
  };
  return (
    <ol aria-label={t("list")}>
      <Row
        action={
          <Badge tone="warn" icon={Lock}>
            {t("always")}
          </Badge>
        }
      >
        <p className="text-pretty text-sm">{t("locked")}</p>
        <p className="text-pretty text-muted text-xs">{t("lockedWhy")}</p>
      </Row>
      {names.map((name) => {
        const rule = rules.tools[name] as Rule;
        const title = titleOf(name);
        return (
          <Row
            key={name}
            action={
              <>
                <RuleBadge rule={rule} />
                <EditButton
                  name={title}
                  onClick={onEdit && (() => onEdit({ kind: "tool", name }))}
                />
                {onEdit && (
                  <Confirm
                    label={t("remove")}
                    name={t("removeOf", { name: title })}
                    title={t("removeTitle", { name: title })}
                    body={t("removeBody")}
                    onConfirm={() => void remove(name)}
                  />
                )}
              </>
            }
          >
            <p className="text-pretty break-words text-sm">{t(`tool.${rule}`, { name: title })}</p>
          </Row>
        );
      })}
      <Row
        action={
          <>
            <RuleBadge rule={rules.everything} />
            <EditButton
              name={t("everythingName")}
              onClick={onEdit && (() => onEdit({ kind: "everything" }))}
            />
          </>
        }
      >
        <p className="text-pretty text-sm">{t(`everything.${rules.everything}`)}</p>
      </Row>
      {usesPolicy(rules) && <Usual rules={rules} onEdit={onEdit} />}
    </ol>
  );
}

const usesPolicy = (rules: ApprovalRules): boolean =>
  rules.everything === "policy" || Object.values(rules.tools).includes("policy");

/** What “as usual” means. Only the price is anybody's to set. */
function Usual({ rules, onEdit }: Pick<SentencesProps, "rules" | "onEdit">) {
  const { t } = useTranslation("approvals");
  const amount = dollars(Number(rules.ask_above_usd));
  return (
    <li className="pb-1">
      <ul aria-label={t("usualFor")} className="border-l-2 pl-3 text-muted text-sm">
        <Line>{t("usual.unsafe")}</Line>
        <Line>{t("usual.egress")}</Line>
        <Line>{t("usual.untrusted")}</Line>
        <Line
          action={
            <EditButton name={t("costName")} onClick={onEdit && (() => onEdit({ kind: "cost" }))} />
          }
        >
          {t("usual.cost", { amount })}
        </Line>
        <Line>{t("usual.rest")}</Line>
      </ul>
    </li>
  );
}

function Line({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <li className="flex min-h-7 items-center justify-between gap-3 py-0.5">
      <span className="min-w-0 text-pretty">{children}</span>
      {action}
    </li>
  );
}

function EditButton({ name, onClick }: { name: string; onClick?: (() => void) | undefined }) {
  const { t } = useTranslation("approvals");
  if (!onClick) return null;
  return (
    <Button size="sm" variant="ghost" aria-label={t("editOf", { name })} onClick={onClick}>
      {t("edit")}
    </Button>
  );
}
