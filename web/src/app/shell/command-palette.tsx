import { useRouter } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Command as Cmdk } from "cmdk";
import {
  CalendarDays,
  CircleCheck,
  File,
  MessageCircle,
  Search as SearchIcon,
  TextQuote,
} from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useRef, useState } from "react";
import { type Command, closePalette, useCommandMap, usePalette } from "@/lib/commands";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { scrimClass } from "@/ui/dialog";
import { Kbd } from "@/ui/kbd";
import { PaletteFacets } from "./palette-facets";
import { score } from "./palette-score";
import { type Finding, type Kind, type Search, usePaletteSearch } from "./palette-search";

function sections(all: Iterable<Command>): [string, Command[]][] {
  const grouped = new Map<string, Command[]>();
  for (const command of all) {
    grouped.set(command.section, [...(grouped.get(command.section) ?? []), command]);
  }
  return [...grouped];
}

const rowClass =
  "flex select-none items-center gap-3 rounded-sm px-2.5 text-sm data-[selected=true]:bg-active";

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
      className={`${rowClass} h-(--row)`}
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

const ICONS = {
  task: CircleCheck,
  event: CalendarDays,
  conversation: MessageCircle,
  file: File,
  passage: TextQuote,
};

const valueOf = ({ kind, id }: Finding) => `${kind}:${id}`;

/** What the server found; cmdk must neither filter nor leave it out. */
function FindingRow({ finding }: { finding: Finding }) {
  const { t } = useTranslation();
  const router = useRouter();
  const { kind, title, snippet, closed, href } = finding;
  const Icon = ICONS[kind];
  return (
    <Cmdk.Item
      forceMount
      value={valueOf(finding)}
      onSelect={() => {
        closePalette();
        router.history.push(href);
      }}
      className={`${rowClass} min-h-(--row) py-1`}
    >
      <Icon aria-hidden size={16} strokeWidth={1.85} className="shrink-0 text-muted" />
      <span className="min-w-0 flex-1">
        <span className={clsx("block truncate", closed && "text-muted line-through")}>
          {title || t("palette.untitled")}
        </span>
        {snippet && <span className="block truncate text-muted text-xs">{snippet}</span>}
      </span>
      <Badge>{t(`palette.kinds.${kind}`)}</Badge>
    </Cmdk.Item>
  );
}

const groupClass =
  "[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-faint [&_[cmdk-group-heading]]:text-xs";

/** What holds the words, below the commands. */
function Findings({ search, query }: { search: Search; query: string }) {
  const { t } = useTranslation();
  const { busy, failed, findings, more } = search;
  if (findings.length > 0) {
    return (
      <Cmdk.Group forceMount heading={t("palette.found")} className={groupClass}>
        {findings.map((finding) => (
          <FindingRow key={valueOf(finding)} finding={finding} />
        ))}
        {more && (
          <Cmdk.Item
            forceMount
            value="more"
            onSelect={more}
            className={`${rowClass} h-(--row) text-muted`}
          >
            <span className="size-4" />
            {t("palette.more")}
          </Cmdk.Item>
        )}
      </Cmdk.Group>
    );
  }
  // The commands may hold nothing; that alone is no news while the server is asked.
  if (busy || failed) return null;
  return (
    <Cmdk.Empty className="px-4 py-10 text-center text-muted text-sm">
      {t("palette.empty", { query })}
    </Cmdk.Empty>
  );
}

/** How the search goes; outside of the list, which holds choices only. */
function SearchState({ search }: { search: Search }) {
  const { t } = useTranslation();
  const { active, busy, failed, findings } = search;
  const waits = busy && findings.length === 0;
  return (
    <>
      {failed && <p className="px-4 pb-3 text-danger-ink text-sm">{t("palette.failed")}</p>}
      <p aria-live="polite" className={waits ? "px-4 pb-3 text-muted text-sm" : "sr-only"}>
        {waits && t("palette.busy")}
        {active && !busy && t("palette.count", { count: findings.length })}
      </p>
    </>
  );
}

/** Ctrl/Cmd+K: everything that can be done, and what is to be found, by words. */
export function CommandPalette() {
  const { t } = useTranslation();
  const open = usePalette((state) => state.open);
  const commands = useCommandMap();
  const [query, setQuery] = useState("");
  const [kind, setKind] = useState<Kind | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const search = usePaletteSearch(query, kind);
  const [chosen, setChosen] = useState("");
  // What comes late is not chosen by itself, and Enter would do nothing where no command fits.
  const first = search.findings[0];
  const value = chosen || !first ? chosen : valueOf(first);
  // Every opening starts anew, whoever closed it: a key, a click outside, or what was chosen in it.
  const [wasOpen, setWasOpen] = useState(open);
  if (open !== wasOpen) {
    setWasOpen(open);
    if (open) {
      setQuery("");
      setKind(null);
      setChosen("");
    }
  }
  return (
    <Radix.Root open={open} onOpenChange={(next) => usePalette.setState({ open: next })}>
      <Radix.Portal>
        <Radix.Overlay className={scrimClass} />
        <Radix.Content
          aria-describedby={undefined}
          className="-translate-x-1/2 fixed top-[max(8px,12vh)] left-1/2 z-40 w-[min(600px,calc(100vw-16px))] overflow-hidden rounded-lg bg-raised shadow-modal outline-none data-[state=closed]:animate-fade-out data-[state=open]:animate-fade-in"
        >
          <Radix.Title className="sr-only">{t("palette.title")}</Radix.Title>
          <Cmdk
            label={t("palette.title")}
            loop
            filter={score}
            value={value}
            onValueChange={setChosen}
          >
            <div className="flex items-center gap-3 border-b px-4">
              <SearchIcon aria-hidden size={17} className="shrink-0 text-faint" />
              <Cmdk.Input
                ref={input}
                value={query}
                onValueChange={setQuery}
                placeholder={t("palette.placeholder")}
                className="h-12 w-full bg-transparent text-lg outline-none focus-visible:outline-none"
              />
              <Kbd keys="escape" className="touch:hidden" />
            </div>
            {search.active && search.found.length > 0 && (
              <PaletteFacets
                found={search.found}
                kind={kind}
                onChoose={(next) => {
                  setKind(next);
                  setChosen("");
                  input.current?.focus();
                }}
              />
            )}
            <Cmdk.List className="max-h-[min(400px,60vh)] overflow-y-auto overscroll-contain p-1.5">
              {kind === null &&
                sections(commands.values()).map(([section, list]) => (
                  <Cmdk.Group key={section} heading={section} className={groupClass}>
                    {list.map((command) => (
                      <Row key={command.id} command={command} />
                    ))}
                  </Cmdk.Group>
                ))}
              <Findings search={search} query={query} />
            </Cmdk.List>
            <SearchState search={search} />
          </Cmdk>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
