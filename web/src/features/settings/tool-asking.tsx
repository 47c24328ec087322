import { dollars } from "@/features/chat/numbers";
import { type AgentTool, type Asking, askingOf } from "@/features/runs/tools";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge, type Tone } from "@/ui/badge";

const TONES: Record<Asking, Tone> = {
  always: "warn",
  untrusted: "info",
  private: "info",
  both: "neutral",
  never: "ok",
};

/** Each tool with when it would wait for a person, by the rules as they are. */
export function ToolAsking({ tools }: { tools: readonly AgentTool[] }) {
  const { t } = useTranslation("approvals");
  return (
    <ul aria-label={t("tools.list")}>
      {tools
        .toSorted((a, b) => a.title.localeCompare(b.title))
        .map((tool) => (
          <li
            key={tool.name}
            className="border-t py-2.5 text-sm first:border-t-0 first:pt-0 last:pb-0"
          >
            <Asks tool={tool} />
          </li>
        ))}
    </ul>
  );
}

function Labels({ tool }: { tool: AgentTool }) {
  const { t } = useTranslation("approvals");
  const cost = Number(tool.cost_usd);
  const does = tool.proposes ? "proposes" : tool.mode === "write" ? "writes" : "reads";
  const labels = [
    t(`tools.${does}`),
    ...(tool.egress === "none" ? [] : [t("tools.reaches")]),
    ...(cost > 0 ? [t("tools.costs", { amount: dollars(cost) })] : []),
  ];
  return <>{labels.join(" · ")}</>;
}

function Asks({ tool }: { tool: AgentTool }) {
  const { t } = useTranslation("approvals");
  const asking = askingOf(tool);
  const { asks } = tool;
  const why = asks.nothing ?? asks.untrusted ?? asks.private ?? asks.both;
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium">{tool.title}</span>
          <span className="text-muted text-xs">
            <Labels tool={tool} />
          </span>
        </p>
        <Badge tone={TONES[asking]} className="h-auto! shrink! whitespace-normal py-0.5">
          {t(`tools.${asking}`)}
        </Badge>
      </div>
      {why && <p className="mt-0.5 text-pretty text-muted text-xs">{why}</p>}
    </>
  );
}
