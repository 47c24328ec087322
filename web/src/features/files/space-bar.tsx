import { useTranslation } from "@/lib/i18n/use-translation";
import { ProgressBar } from "@/ui/progress-bar";
import type { Usage } from "./model";
import { useSpace } from "./queries";
import { bytes } from "./sizes";

const NEARLY = 0.85;

function share({ used, reserved, limit }: Usage["person"]): number {
  return limit ? (used + reserved) / limit : 0;
}

/** The space that ends first: one's own, or the workspace's. */
export function tightest({ person, workspace }: Usage): Usage["person"] {
  return share(workspace) > share(person) ? workspace : person;
}

/** How much space is used, of how much there is. */
export function SpaceBar() {
  const { t } = useTranslation("files");
  const { data } = useSpace();
  if (!data) return null;
  const { used, reserved, limit } = tightest(data);
  const taken = used + reserved;
  if (!limit) {
    return (
      <p className="text-faint text-xs tabular-nums">{t("space.used", { used: bytes(taken) })}</p>
    );
  }
  const part = taken / limit;
  return (
    <div className="flex items-center gap-2">
      <ProgressBar
        value={part}
        label={t("space.label")}
        tone={part >= 1 ? "danger" : part > NEARLY ? "warn" : "accent"}
        className="w-20"
      />
      <p className="whitespace-nowrap text-faint text-xs tabular-nums">
        {t("space.of", { used: bytes(taken), limit: bytes(limit) })}
      </p>
    </div>
  );
}
