import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { clsx } from "clsx";
import {
  AppWindow,
  Bell,
  Hand,
  KeyRound,
  KeySquare,
  MonitorSmartphone,
  Plug,
  Route,
  ShieldCheck,
  SlidersHorizontal,
  UserRound,
  Users,
  Workflow,
  Wrench,
} from "lucide-react";
import { useEffect, useRef } from "react";
import { Page } from "@/app/shell/page";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages } from "@/lib/session/role";

const SECTIONS = [
  { to: "/settings/profile", key: "profile", icon: UserRound },
  { to: "/settings/sessions", key: "sessions", icon: MonitorSmartphone },
  { to: "/settings/keys", key: "keys", icon: KeyRound },
  { to: "/settings/programs", key: "programs", icon: AppWindow },
  { to: "/settings/providers", key: "providers", icon: Plug },
  { to: "/settings/routing", key: "routing", icon: Route },
  { to: "/settings/ai", key: "ai", icon: ShieldCheck },
  { to: "/settings/tool-servers", key: "toolServers", icon: Wrench },
  { to: "/settings/workflows", key: "workflows", icon: Workflow },
  { to: "/settings/approvals", key: "approvals", icon: Hand },
  { to: "/settings/members", key: "members", icon: Users },
  { to: "/settings/member-keys", key: "memberKeys", icon: KeySquare, managers: true },
  { to: "/settings/notifications", key: "notifications", icon: Bell },
  { to: "/settings/preferences", key: "preferences", icon: SlidersHorizontal },
] as const;

/** The frame of the settings: sections at the left, on a phone a row that scrolls. */
export function SettingsPage() {
  const { t } = useTranslation("settings");
  const sections = useRef<HTMLUListElement>(null);
  const { pathname } = useLocation();
  const manages = useManages();
  // On a phone the open section may be past the edge of its row.
  useEffect(() => {
    const open = sections.current?.querySelector(`[href="${pathname}"]`);
    open?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pathname]);
  return (
    <Page title={t("title")}>
      <div className="flex flex-col gap-3 md:flex-row md:gap-8 md:pt-3">
        <nav aria-label={t("sections")} className="shrink-0 md:w-44">
          <ul
            ref={sections}
            className="-mx-4 -my-1 flex gap-1 overflow-x-auto px-4 py-1 [scrollbar-width:none] md:m-0 md:flex-col md:overflow-visible md:p-0"
          >
            {SECTIONS.filter((each) => manages || !("managers" in each)).map(
              ({ to, key, icon: Icon }) => (
                <li key={to}>
                  <Link
                    to={to}
                    className={clsx(
                      "flex h-8 items-center gap-2 whitespace-nowrap rounded-sm px-2.5 text-muted text-sm touch:h-11 hover:bg-hover hover:text-ink",
                      "aria-[current=page]:bg-active aria-[current=page]:font-medium aria-[current=page]:text-ink",
                    )}
                  >
                    <Icon aria-hidden size={15} className="shrink-0" />
                    {t(`${key}.title`)}
                  </Link>
                </li>
              ),
            )}
          </ul>
        </nav>
        <div className="flex min-w-0 flex-1 flex-col gap-4 pb-10">
          <Outlet />
        </div>
      </div>
    </Page>
  );
}
