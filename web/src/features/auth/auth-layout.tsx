import { type ReactNode, useEffect } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";

export interface AuthLayoutProps {
  title: string;
  /** One sentence under the title. */
  lead?: ReactNode;
  /** Under the card: the way to another page. */
  footer?: ReactNode;
  children: ReactNode;
}

/** The frame of the pages before sign-in: mark, title and one card in the middle of the screen. */
export function AuthLayout({ title, lead, footer, children }: AuthLayoutProps) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = t("tabTitle", { page: title });
  }, [title, t]);
  return (
    <main className="grid min-h-dvh place-items-center bg-canvas px-4 py-10">
      <div className="w-full max-w-[380px]">
        <header className="mb-6 text-center">
          <img src="/favicon.svg" alt="" width={44} height={44} className="mx-auto mb-4" />
          <h1 className="font-semibold text-xl tracking-[-0.015em]">{title}</h1>
          {lead && <p className="mt-1.5 text-pretty text-muted text-sm">{lead}</p>}
        </header>
        <div className="rounded-lg border bg-surface p-5 shadow-panel">{children}</div>
        {footer && <p className="mt-5 text-center text-muted text-sm">{footer}</p>}
      </div>
    </main>
  );
}
