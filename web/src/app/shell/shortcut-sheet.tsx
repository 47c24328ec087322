import { useTranslation } from "@/lib/i18n/use-translation";
import { setPreference, usePreferences } from "@/lib/preferences";
import { type LocalKey, type Shortcut, useLocalKeySections, useShortcuts } from "@/lib/shortcuts";
import { Dialog } from "@/ui/dialog";
import { Kbd } from "@/ui/kbd";
import { Switch } from "@/ui/switch";
import { useShortcutSheet } from "./shortcut-sheet-state";

function sections(all: Iterable<Shortcut>): [string, LocalKey[]][] {
  const grouped = new Map<string, LocalKey[]>();
  for (const shortcut of all) {
    grouped.set(shortcut.section, [...(grouped.get(shortcut.section) ?? []), shortcut]);
  }
  return [...grouped];
}

/** The `?` overlay: every shortcut that works right now, and the keys of lists on the page. */
export function ShortcutSheet() {
  const { t } = useTranslation();
  const open = useShortcutSheet((state) => state.open);
  const shortcuts = useShortcuts();
  const local = useLocalKeySections();
  const letters = usePreferences((state) => state.letterShortcuts);
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => useShortcutSheet.setState({ open: next })}
      title={t("shortcuts.title")}
      size="lg"
      footer={
        <label className="flex w-full items-center justify-between gap-4 border-t pt-3 text-muted text-sm">
          {t("shortcuts.letters")}
          <Switch
            checked={letters}
            onCheckedChange={(on) => setPreference("letterShortcuts", on)}
          />
        </label>
      }
    >
      <div className="gap-10 sm:columns-2">
        {[...sections(shortcuts.values()), ...local].map(([section, list]) => (
          <section key={section} className="mb-5 break-inside-avoid">
            <h3 className="mb-1 font-medium text-faint text-xs">{section}</h3>
            <dl>
              {list.map((shortcut) => (
                <div key={shortcut.keys} className="flex h-8 items-center justify-between gap-4">
                  <dt className="truncate text-sm">{shortcut.label}</dt>
                  <dd>
                    <Kbd keys={shortcut.keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
