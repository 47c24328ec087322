import { clsx } from "clsx";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";

export interface PageProps {
  title: string;
  /** Beside the title: a date, a count. */
  note?: ReactNode;
  /** At the right of the header: view switch, menu. */
  actions?: ReactNode;
  /** In the title's place when it can be edited; `title` still names the tab. */
  heading?: ReactNode;
  /** `reading` keeps lines short; `full` is for boards; `bleed` scrolls by itself, edge to edge. */
  width?: "reading" | "full" | "bleed";
  children: ReactNode;
}

/** The frame of a page: header that stays, body that scrolls, the tab's title. */
export function Page({ title, note, actions, heading, width = "reading", children }: PageProps) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = t("tabTitle", { page: title });
  }, [title, t]);
  return (
    <>
      <header className="flex h-12 shrink-0 items-center gap-3 border-b px-4 md:px-5 touch:h-14">
        <div className="flex min-w-0 flex-1 items-baseline gap-2.5">
          {heading ?? (
            <h1 className="truncate font-semibold text-lg tracking-[-0.012em]">{title}</h1>
          )}
          {note && <span className="shrink-0 text-faint text-sm">{note}</span>}
        </div>
        {actions && <div className="flex shrink-0 items-center gap-1.5">{actions}</div>}
      </header>
      {width === "bleed" ? (
        <div className="min-h-0 flex-1">{children}</div>
      ) : (
        <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain">
          <div
            className={clsx(
              "h-full px-4 py-3 md:px-5",
              width === "reading" && "mx-auto max-w-[880px]",
            )}
          >
            {children}
          </div>
        </div>
      )}
    </>
  );
}
