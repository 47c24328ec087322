import { clsx } from "clsx";
import { Zap } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { type Draft, draftOf } from "../draft";
import { usePresets } from "./queries";
import { startersOf } from "./starters";

/** One that is chosen: what a run begins from. */
export interface Chosen {
  key: string;
  draft: Draft;
}

interface PresetChipsProps {
  chosen: string | null;
  onChoose: (chosen: Chosen | null) => void;
}

/** Presets to begin a run from; the built-in ones as long as there are none. */
export function PresetChips({ chosen, onChoose }: PresetChipsProps) {
  const { t } = useTranslation("runs");
  const presets = usePresets();
  if (!presets.data) return null;
  const kept = presets.data.map((preset) => ({
    key: preset.id,
    icon: preset.icon,
    name: preset.name,
    draft: draftOf(preset),
  }));
  const shown = kept.length > 0 ? kept : startersOf(t);
  return (
    <ul
      aria-label={t("presets.begin")}
      className="-mx-5 flex gap-1.5 overflow-x-auto px-5 py-1 [scrollbar-width:none] sm:flex-wrap"
    >
      {shown.map(({ key, icon, name, draft }) => (
        <li key={key} className="shrink-0">
          <button
            type="button"
            aria-pressed={chosen === key}
            onClick={() => onChoose(chosen === key ? null : { key, draft })}
            className={clsx(
              "flex h-8 max-w-56 items-center gap-1.5 rounded-full border px-3 text-sm shadow-button touch:h-11",
              chosen === key
                ? "border-accent bg-accent-soft text-accent-ink"
                : "border-strong bg-raised hover:bg-hover",
            )}
          >
            <PresetIcon icon={icon} />
            <span className="truncate">{name}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

export function PresetIcon({ icon, size = 14 }: { icon: string; size?: number }) {
  if (!icon) return <Zap aria-hidden size={size} className="shrink-0 text-faint" />;
  return (
    <span aria-hidden className="shrink-0 leading-none" style={{ fontSize: size }}>
      {icon}
    </span>
  );
}
