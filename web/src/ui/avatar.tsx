import { clsx } from "clsx";

const HUES = [25, 55, 88, 150, 195, 235, 266, 300, 350];

function initials(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = words[0]?.[0] ?? "?";
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

function hue(name: string): number {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return HUES[sum % HUES.length] ?? 266;
}

export interface AvatarProps {
  name: string;
  size?: 20 | 24 | 32 | 40;
  className?: string;
}

/** Initials on a colour of the name's own. Decorative: the name stands beside it or is given as text. */
export function Avatar({ name, size = 24, className }: AvatarProps) {
  return (
    <span
      aria-hidden
      className={clsx(
        "inline-grid shrink-0 select-none place-items-center rounded-full font-semibold text-white",
        className,
      )}
      style={{
        width: size,
        height: size,
        fontSize: Math.round(size * 0.4),
        background: `oklch(0.5 0.11 ${hue(name)})`,
      }}
    >
      {initials(name)}
    </span>
  );
}
