import { Command as Cmdk } from "cmdk";
import { Search } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Command, closePalette, useCommandMap, usePalette } from "@/lib/commands";
import { scrimClass } from "@/ui/dialog";
import { Kbd } from "@/ui/kbd";

function sections(all: Iterable<Command>): [string, Command[]][] {
  const grouped = new Map<string, Command[]>();
  for (const command of all) {
    grouped.set(command.section, [...(grouped.get(command.section) ?? []), command]);
  }
  return [...grouped];
}

function Row({ command }: { command: Command }) {
  const { icon: Icon } = command;
  return (
    <Cmdk.Item
      value={command.id}
      keywords={[command.title, ...(command.keywords ?? [])]}
      onSelect={() => {
        closePalette();
        command.run();
      }}
      className="flex h-(--row) select-none items-center gap-3 rounded-sm px-2.5 text-sm data-[selected=true]:bg-active"
    >
      {Icon ? (
        <Icon aria-hidden size={16} strokeWidth={1.85} className="shrink-0 text-muted" />
      ) : (
        <span className="size-4" />
      )}
      <span className="min-w-0 flex-1 truncate">{command.title}</span>
      {command.keys && <Kbd keys={command.keys} className="touch:hidden" />}
    </Cmdk.Item>
  );
}

/** Ctrl/Cmd+K: everything that can be done, found by words. */
export function CommandPalette() {
  const { t } = useTranslation();
  const open = usePalette((state) => state.open);
  const commands = useCommandMap();
  const [query, setQuery] = useState("");
  const change = (next: boolean) => {
    usePalette.setState({ open: next });
    if (!next) setQuery("");
  };
  return (
    <Radix.Root open={open} onOpenChange={change}>
      <Radix.Portal>
        <Radix.Overlay className={scrimClass} />
        <Radix.Content
          aria-describedby={undefined}
          className="-translate-x-1/2 fixed top-[max(8px,12vh)] left-1/2 z-40 w-[min(600px,calc(100vw-16px))] overflow-hidden rounded-lg bg-raised shadow-modal outline-none data-[state=closed]:animate-fade-out data-[state=open]:animate-fade-in"
        >
          <Radix.Title className="sr-only">{t("palette.title")}</Radix.Title>
          <Cmdk label={t("palette.title")} loop>
            <div className="flex items-center gap-3 border-b px-4">
              <Search aria-hidden size={17} className="shrink-0 text-faint" />
              <Cmdk.Input
                value={query}
                onValueChange={setQuery}
                placeholder={t("palette.placeholder")}
                className="h-12 w-full bg-transparent text-lg outline-none focus-visible:outline-none"
              />
              <Kbd keys="escape" className="touch:hidden" />
            </div>
            <Cmdk.List className="max-h-[min(400px,60vh)] overflow-y-auto overscroll-contain p-1.5">
              <Cmdk.Empty className="px-4 py-10 text-center text-muted text-sm">
                {t("palette.empty", { query })}
              </Cmdk.Empty>
              {sections(commands.values()).map(([section, list]) => (
                <Cmdk.Group
                  key={section}
                  heading={section}
                  className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-faint [&_[cmdk-group-heading]]:text-xs"
                >
                  {list.map((command) => (
                    <Row key={command.id} command={command} />
                  ))}
                </Cmdk.Group>
              ))}
            </Cmdk.List>
          </Cmdk>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
