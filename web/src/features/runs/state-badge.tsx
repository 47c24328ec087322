import {
  CircleCheck,
  CircleHelp,
  CircleSlash,
  Clock,
  Eye,
  Hand,
  LoaderCircle,
  type LucideIcon,
  Pause,
  TriangleAlert,
} from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge, type Tone } from "@/ui/badge";
import type { RunState } from "./model";

const LOOKS: Record<RunState, { tone: Tone; icon: LucideIcon }> = {
  queued: { tone: "neutral", icon: Clock },
  running: { tone: "accent", icon: LoaderCircle },
  waiting_for_approval: { tone: "warn", icon: Hand },
  waiting_for_input: { tone: "warn", icon: CircleHelp },
  paused: { tone: "neutral", icon: Pause },
  succeeded: { tone: "ok", icon: CircleCheck },
  failed: { tone: "danger", icon: TriangleAlert },
  cancelled: { tone: "neutral", icon: CircleSlash },
  needs_review: { tone: "warn", icon: Eye },
};

export function StateBadge({ state }: { state: RunState }) {
  const { t } = useTranslation("runs");
  const { tone, icon } = LOOKS[state];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`state.${state}`)}
    </Badge>
  );
}
