import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync("src/styles/tokens.css", "utf8");

type Rgb = [number, number, number];

function block(selector: string): Map<string, string> {
  const body = css.split(`\n${selector} {`)[1]?.split("\n}")[0] ?? "";
  return new Map(
    [...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map((m) => [m[1] ?? "", m[2] ?? ""]),
  );
}

function channel(linear: number): number {
  return Math.min(1, Math.max(0, linear));
}

/** OKLCH to linear sRGB, after the definition of CSS Color 4. */
function linearRgb(value: string): { rgb: Rgb; alpha: number } {
  const match = /oklch\(([\d.]+) ([\d.]+) ([\d.]+)(?: \/ ([\d.]+))?\)/.exec(value);
  if (!match) throw new Error(`not an oklch colour: ${value}`);
  const [l, c, h] = match.slice(1, 4).map(Number) as Rgb;
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const l3 = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m3 = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s3 = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return {
    rgb: [
      channel(4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3),
      channel(-1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3),
      channel(-0.0041960863 * l3 - 0.7034186147 * m3 + 1.707614701 * s3),
    ],
    alpha: match[4] === undefined ? 1 : Number(match[4]),
  };
}

const gamma = (x: number) => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);
const degamma = (x: number) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);

/** Lays a translucent colour over an opaque one, as the browser does: in gamma-coded sRGB. */
function over(top: { rgb: Rgb; alpha: number }, ground: Rgb): Rgb {
  return top.rgb.map((x, i) =>
    degamma(gamma(x) * top.alpha + gamma(ground[i] ?? 0) * (1 - top.alpha)),
  ) as Rgb;
}

const luminance = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].toSorted((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const light = block(":root");
const dark = new Map([...light, ...block(':root[data-theme="dark"]')]);

const GROUNDS = ["canvas", "surface", "raised", "sunken"];
const TEXTS = ["ink", "ink-muted", "ink-faint", "accent-ink", "danger-ink", "warn-ink", "ok-ink"];
const CODE = ["comment", "keyword", "string", "constant", "function", "parameter", "punctuation"];
const SOFT = ["accent", "danger", "warn", "ok", "info"];

for (const [theme, tokens] of [
  ["light", light],
  ["dark", dark],
] as const) {
  const colour = (name: string) => {
    const value = tokens.get(name);
    if (!value) throw new Error(`no token --${name}`);
    return linearRgb(value);
  };
  const on = (text: string, ground: string) => contrast(colour(text).rgb, colour(ground).rgb);

  describe(`${theme} theme`, () => {
    it.each(GROUNDS.flatMap((g) => TEXTS.map((t) => [t, g] as const)))(
      "reads %s on %s at 4.5 to 1",
      (text, ground) => {
        expect(on(text, ground)).toBeGreaterThanOrEqual(4.5);
      },
    );

    it.each(CODE)("reads %s of code at 4.5 to 1", (kind) => {
      expect(on(`code-token-${kind}`, "sunken")).toBeGreaterThanOrEqual(4.5);
    });

    it.each(SOFT)("reads %s-ink on its soft ground at 4.5 to 1", (tone) => {
      expect(on(`${tone}-ink`, `${tone}-soft`)).toBeGreaterThanOrEqual(4.5);
    });

    it.each(["accent", "danger"])("reads the label of a %s button at 4.5 to 1", (tone) => {
      expect(on(`on-${tone}`, tone)).toBeGreaterThanOrEqual(4.5);
      expect(on(`on-${tone}`, `${tone}-hover`)).toBeGreaterThanOrEqual(4.5);
    });

    it.each(GROUNDS)("shows the edge of a control on %s at 3 to 1", (ground) => {
      expect(on("line-control", ground)).toBeGreaterThanOrEqual(3);
    });

    it.each(["surface", "raised", "canvas"])(
      "reads muted text on an active row on %s",
      (ground) => {
        const row = over(colour("active"), colour(ground).rgb);
        expect(contrast(colour("ink-muted").rgb, row)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(colour("ink-faint").rgb, row)).toBeGreaterThanOrEqual(4.5);
      },
    );
  });
}
