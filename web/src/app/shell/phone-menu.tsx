import { useRouter } from "@tanstack/react-router";
import { LogOut } from "lucide-react";
import { Suspense, useEffect } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { signOut, useUser } from "@/lib/session/session";
import { Avatar } from "@/ui/avatar";
import { Sheet } from "@/ui/sheet";
import { BellLink } from "./bell-link";
import { CALENDAR, FILES, MEMORIES, RESEARCH, RUNS, SETTINGS, USAGE } from "./destinations";
import { NavLink } from "./nav-link";
import { ThemeSwitch } from "./theme-switch";

const ProjectNav = lazyPart(() => import("@/features/tasks/project-nav"), "ProjectNav");

export interface PhoneMenuProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** What the bottom bar has no room for: projects, the other pages, settings, theme, sign-out. */
export function PhoneMenu({ open, onOpenChange }: PhoneMenuProps) {
  const { t } = useTranslation();
  const user = useUser();
  const router = useRouter();
  // Going somewhere closes it, whatever link did it.
  useEffect(
    () => router.subscribe("onBeforeNavigate", () => onOpenChange(false)),
    [router, onOpenChange],
  );
  return (
    <Sheet open={open} onOpenChange={onOpenChange} title={t("nav.menu")} side="bottom">
      <div className="flex min-h-0 flex-col gap-4 overflow-y-auto px-3 pt-3 pb-4">
        <div className="flex items-center gap-3 px-2">
          <Avatar name={user.display_name} size={40} />
          <div className="min-w-0">
            <p className="truncate font-semibold text-base">{user.display_name}</p>
            <p className="truncate text-faint text-sm">{user.email}</p>
          </div>
        </div>
        <Suspense fallback={null}>
          <ProjectNav />
        </Suspense>
        <ThemeSwitch />
        <div>
          <BellLink />
          {[CALENDAR, FILES, RUNS, RESEARCH, MEMORIES, USAGE, SETTINGS].map(
            ({ to, label, icon }) => (
              <NavLink key={to} to={to} icon={icon}>
                {t(label)}
              </NavLink>
            ),
          )}
          <button
            type="button"
            onClick={() => void signOut()}
            className="flex h-11 w-full items-center gap-2.5 rounded-sm px-2 text-muted text-sm"
          >
            <LogOut aria-hidden size={16} strokeWidth={1.85} />
            {t("account.signOut")}
          </button>
        </div>
      </div>
    </Sheet>
  );
}
