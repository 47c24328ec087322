import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useShortcut } from "@/lib/shortcuts";
import { IconButton } from "@/ui/icon-button";
import { Input } from "@/ui/input";

interface PageSwitchProps {
  page: number;
  /** Null while nobody knows. */
  total: number | null;
  onPage: (page: number) => void;
}

/** Which page is looked at, and the way to others. */
export function PageSwitch({ page, total, onPage }: PageSwitchProps) {
  const { t } = useTranslation("files");
  /** What is being typed; null shows the page that is looked at. */
  const [typed, setTyped] = useState<string | null>(null);
  const last = total ?? Number.MAX_SAFE_INTEGER;
  const go = (to: number) => onPage(Math.min(last, Math.max(1, to)));
  const section = t("viewer.keysHeading");
  useShortcut({ keys: "k", label: t("viewer.previous"), section, run: () => go(page - 1) });
  useShortcut({ keys: "j", label: t("viewer.next"), section, run: () => go(page + 1) });
  return (
    <form
      className="flex items-center gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = Number.parseInt(typed ?? "", 10);
        if (Number.isFinite(wanted)) go(wanted);
        setTyped(null);
      }}
    >
      <IconButton
        icon={ChevronLeft}
        label={t("viewer.previous")}
        keys="k"
        disabled={page <= 1}
        onClick={() => go(page - 1)}
      />
      <Input
        value={typed ?? page}
        inputMode="numeric"
        aria-label={t("viewer.goTo")}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => setTyped(null)}
        className="!w-12 text-center tabular-nums"
      />
      {total !== null && (
        <span className="whitespace-nowrap px-1 text-muted text-sm tabular-nums">
          {t("viewer.of", { total })}
        </span>
      )}
      <IconButton
        icon={ChevronRight}
        label={t("viewer.next")}
        keys="j"
        disabled={page >= last}
        onClick={() => go(page + 1)}
      />
    </form>
  );
}
