import { insist } from "@/lib/lazy-part";
import shared from "@/locales/en/shared.json";
import type { Namespace, Translate, Values } from "./namespaces";

/** A string, or more of them under their keys. */
interface Texts {
  readonly [key: string]: string | Texts;
}

const LANGUAGE = "en";
const PLACEHOLDER = /\{\{(\w+)\}\}/g;

const files = import.meta.glob<{ default: Texts }>([
  "../../locales/*/*.json",
  "!../../locales/en/shared.json",
]);
const plural = new Intl.PluralRules(LANGUAGE);
const loaded = new Map<Namespace, Texts>([["shared", shared]]);
const loading = new Map<Namespace, Promise<void>>();
const failed = new Map<Namespace, unknown>();
const translators = new Map<Namespace, (key: string, values?: Values) => string>();

async function fetchTexts(namespace: Namespace): Promise<void> {
  try {
    const file = files[`../../locales/${LANGUAGE}/${namespace}.json`];
    if (!file) throw new Error(`no strings for ${LANGUAGE}/${namespace}`);
    loaded.set(namespace, (await insist(file)).default);
  } catch (error) {
    failed.set(namespace, error);
    throw error;
  }
}

function load(namespace: Namespace): Promise<void> {
  const begun = loading.get(namespace);
  if (begun) return begun;
  const promise = fetchTexts(namespace);
  loading.set(namespace, promise);
  return promise;
}

/** Loads the strings of a feature. Routes call it in their loader, so that pages never flash keys. */
export async function loadStrings(...namespaces: Namespace[]): Promise<void> {
  for (const each of namespaces) {
    // Who asks again, as a page that is tried again does, is served anew.
    if (failed.delete(each)) loading.delete(each);
  }
  await Promise.all(namespaces.filter((each) => !loaded.has(each)).map(load));
}

/** Until when there is nothing to show; undefined once the strings are here. Throws why they aren't. */
export function stringsToCome(namespace: Namespace): Promise<void> | undefined {
  if (loaded.has(namespace)) return undefined;
  if (failed.has(namespace)) throw failed.get(namespace);
  return load(namespace);
}

/** The same function at each call, so that it may be a dependency of memos. */
export function translator<N extends Namespace>(namespace: N): Translate<N> {
  const known = translators.get(namespace);
  if (known) return known;
  const translate = (key: string, values?: Values) =>
    format(loaded.get(namespace) ?? {}, key, values);
  translators.set(namespace, translate);
  return translate;
}

/** The string of a dotted key with its values; the key itself where there is none. */
export function format(texts: Texts, key: string, values: Values = {}): string {
  const text = withCount(texts, key, values.count) ?? find(texts, key) ?? key;
  return text.replace(PLACEHOLDER, (_whole, name: string) => String(values[name] ?? ""));
}

/** The form of a key that the language uses for a number, as in `tasks_one` and `tasks_other`. */
function withCount(texts: Texts, key: string, count: Values[string]): string | undefined {
  if (typeof count !== "number") return undefined;
  return find(texts, `${key}_${plural.select(count)}`) ?? find(texts, `${key}_other`);
}

/** Dots lead into the texts of a part; a key may have dots of its own, as codes of the server do. */
function find(texts: Texts, key: string): string | undefined {
  const whole = own(texts, key);
  if (typeof whole === "string") return whole;
  for (let dot = key.indexOf("."); dot > 0; dot = key.indexOf(".", dot + 1)) {
    const part = own(texts, key.slice(0, dot));
    const found = typeof part === "object" ? find(part, key.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function own(texts: Texts, key: string): string | Texts | undefined {
  return Object.hasOwn(texts, key) ? texts[key] : undefined;
}
