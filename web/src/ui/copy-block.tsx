import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { copyText } from "@/lib/clipboard";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "./button";

export interface CopyBlockProps {
  /** Names the text for screen readers. */
  label: string;
  text: string;
}

/** A few lines of code to be taken along. */
export function CopyBlock({ label, text }: CopyBlockProps) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <div className="relative min-w-0 rounded-sm border bg-sunken">
      <pre
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroller must take the keyboard
        tabIndex={0}
        role="region"
        aria-label={label}
        className="overflow-x-auto px-3 pt-2.5 pb-2 font-mono text-xs leading-5"
      >
        <code>{text}</code>
      </pre>
      <div className="flex justify-end px-2 pb-2">
        <Button
          size="sm"
          variant="ghost"
          icon={copied ? Check : Copy}
          onClick={() => void copyText(text).then(setCopied)}
        >
          <span aria-live="polite">{copied ? t("copied") : t("copy")}</span>
        </Button>
      </div>
    </div>
  );
}
