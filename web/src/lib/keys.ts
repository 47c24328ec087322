const APPLE = /mac|iphone|ipad/i.test(navigator.platform);

/** The modifier that means "command" on this machine. */
export const MOD_LABEL = APPLE ? "⌘" : "Ctrl";

const LABELS: Record<string, string> = {
  mod: MOD_LABEL,
  shift: APPLE ? "⇧" : "Shift",
  alt: APPLE ? "⌥" : "Alt",
  enter: "↵",
  escape: "Esc",
  backspace: "⌫",
  delete: "Del",
  arrowup: "↑",
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
  space: "Space",
};

/** "g t" -> [["g"], ["t"]]; "mod+shift+k" -> [["mod", "shift", "k"]]. */
export function parseKeys(keys: string): string[][] {
  return keys
    .toLowerCase()
    .split(" ")
    .map((step) => step.split("+"));
}

/** What the caps of a shortcut show, one list a step. */
export function keyLabels(keys: string): string[][] {
  return parseKeys(keys).map((step) =>
    step.map((key) => LABELS[key] ?? (key.length === 1 ? key.toUpperCase() : key)),
  );
}

/** One pressed step in the same notation, e.g. "mod+k". Shifted signs such as "?" drop the shift. */
export function pressed(event: KeyboardEvent): string {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const parts: string[] = [];
  if (APPLE ? event.metaKey : event.ctrlKey) parts.push("mod");
  if (event.altKey) parts.push("alt");
  const sign = key.length === 1 && key.toUpperCase() === key;
  if (event.shiftKey && !sign) parts.push("shift");
  parts.push(key);
  return parts.join("+");
}
