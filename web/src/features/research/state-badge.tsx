import {
  CircleCheck,
  CircleSlash,
  Clock,
  LoaderCircle,
  type LucideIcon,
  TriangleAlert,
} from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge, type Tone } from "@/ui/badge";
import type { Research } from "./model";

const LOOKS: Record<Research["state"], { tone: Tone; icon: LucideIcon }> = {
  queued: { tone: "neutral", icon: Clock },
  running: { tone: "accent", icon: LoaderCircle },
  done: { tone: "ok", icon: CircleCheck },
  failed: { tone: "danger", icon: TriangleAlert },
  cancelled: { tone: "neutral", icon: CircleSlash },
};

export function StateBadge({ state }: Pick<Research, "state">) {
  const { t } = useTranslation("research");
  const { tone, icon } = LOOKS[state];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`state.${state}`)}
    </Badge>
  );
}
