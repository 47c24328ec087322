import { Search } from "lucide-react";
import { Suspense } from "react";
import { openPalette } from "@/lib/commands";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { Kbd } from "@/ui/kbd";
import { BellLink } from "./bell-link";
import {
  CALENDAR,
  CHAT,
  type Destination,
  FILES,
  INBOX,
  MEMORIES,
  RESEARCH,
  RUNS,
  SETTINGS,
  TODAY,
  USAGE,
} from "./destinations";
import { NavLink } from "./nav-link";

const AccountMenu = lazyPart(() => import("./account-menu"), "AccountMenu");
const ProjectNav = lazyPart(() => import("@/features/tasks/project-nav"), "ProjectNav");

function Item({ to, label, icon }: Destination) {
  const { t } = useTranslation();
  return (
    <NavLink to={to} icon={icon}>
      {t(label)}
    </NavLink>
  );
}

export function Navigation() {
  const { t } = useTranslation();
  return (
    <nav
      aria-label={t("nav.label")}
      className="flex w-(--nav-width) shrink-0 flex-col gap-px overflow-hidden px-2 pt-2 pb-3"
    >
      <Suspense fallback={<span className="h-10 touch:h-12" />}>
        <AccountMenu />
      </Suspense>
      <button
        type="button"
        onClick={openPalette}
        className="mt-1 mb-3 flex h-8 items-center gap-2.5 rounded-sm border bg-surface px-2 text-faint text-sm shadow-button hover:border-strong hover:text-muted touch:h-11"
      >
        <Search aria-hidden size={15} />
        <span className="flex-1 text-left">{t("nav.search")}</span>
        <Kbd keys="mod+k" />
      </button>
      <Item {...TODAY} />
      <Item {...INBOX} />
      <BellLink />
      <Item {...CALENDAR} />
      <Item {...CHAT} />
      <Item {...FILES} />
      <Item {...RUNS} />
      <Item {...RESEARCH} />
      <Item {...MEMORIES} />
      <Item {...USAGE} />
      <div className="-mx-2 mt-4 min-h-0 flex-1 overflow-y-auto px-2">
        <Suspense fallback={null}>
          <ProjectNav />
        </Suspense>
      </div>
      <Item {...SETTINGS} />
    </nav>
  );
}
