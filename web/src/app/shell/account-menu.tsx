import { useNavigate } from "@tanstack/react-router";
import { Check, ChevronsUpDown, Keyboard, LogOut, Settings } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { chooseWorkspaceId, signOut, useSession, useUser } from "@/lib/session/session";
import { Avatar } from "@/ui/avatar";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/ui/dropdown-menu";
import { openShortcutSheet } from "./shortcut-sheet-state";
import { ThemeMenu } from "./theme-menu";

function Workspaces() {
  const { t } = useTranslation();
  const session = useSession();
  if (session.status !== "signed-in" || session.workspaces.length < 2) return null;
  return (
    <>
      <DropdownMenuSeparator />
      <DropdownMenuLabel>{t("account.workspaces")}</DropdownMenuLabel>
      {session.workspaces.map((workspace) => (
        <DropdownMenuItem
          key={workspace.id}
          onSelect={() => chooseWorkspaceId(workspace.id)}
          lead={<Avatar name={workspace.name} size={20} />}
        >
          {workspace.name}
          {workspace.id === session.workspaceId && (
            <Check aria-label={t("account.current")} size={14} className="ml-2 inline" />
          )}
        </DropdownMenuItem>
      ))}
    </>
  );
}

/** Person and workspace at the top of the navigation. */
export function AccountMenu() {
  const { t } = useTranslation();
  const user = useUser();
  const navigate = useNavigate();
  const workspace = useSession((state) =>
    state.status === "signed-in"
      ? state.workspaces.find((w) => w.id === state.workspaceId)?.name
      : undefined,
  );
  return (
    <DropdownMenu>
      <DropdownMenuTrigger className="flex h-10 items-center gap-2 rounded-sm px-1.5 text-left hover:bg-hover data-[state=open]:bg-active touch:h-12">
        <Avatar name={user.display_name} size={24} />
        <span className="min-w-0 flex-1 truncate font-semibold text-sm">
          {workspace ?? user.display_name}
        </span>
        <ChevronsUpDown aria-hidden size={14} className="shrink-0 text-faint" />
        <span className="sr-only">{t("account.menu")}</span>
      </DropdownMenuTrigger>
      <DropdownMenuContent className="w-60">
        <div className="px-2 pt-1.5 pb-2">
          <p className="truncate font-medium text-sm">{user.display_name}</p>
          <p className="truncate text-faint text-xs">{user.email}</p>
        </div>
        <Workspaces />
        <DropdownMenuSeparator />
        <DropdownMenuItem icon={Settings} onSelect={() => void navigate({ to: "/settings" })}>
          {t("nav.settings")}
        </DropdownMenuItem>
        <ThemeMenu />
        <DropdownMenuItem icon={Keyboard} keys="?" onSelect={openShortcutSheet}>
          {t("shortcuts.title")}
        </DropdownMenuItem>
        <DropdownMenuSeparator />
        <DropdownMenuItem icon={LogOut} onSelect={() => void signOut()}>
          {t("account.signOut")}
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
