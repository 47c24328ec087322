import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import shared from "@/locales/en/shared.json";
import type { Namespace } from "./namespaces";

const files = import.meta.glob<{ default: Record<string, unknown> }>([
  "../../locales/*/*.json",
  "!../../locales/en/shared.json",
]);

/** Loads the strings of a feature. Routes call it in their loader, so that pages never flash keys. */
export async function loadStrings(...namespaces: Namespace[]): Promise<void> {
  await i18next.loadNamespaces(namespaces);
}

/** Reads `locales/<language>/<namespace>.json`, each file a chunk of its own. */
const backend = {
  type: "backend" as const,
  init() {},
  read(
    language: string,
    namespace: string,
    done: (error: Error | null, strings: Record<string, unknown> | false) => void,
  ) {
    const load = files[`../../locales/${language}/${namespace}.json`];
    if (!load) {
      done(new Error(`no strings for ${language}/${namespace}`), false);
      return;
    }
    load().then(
      (module) => done(null, module.default),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), false),
    );
  },
};

export function startI18n(): Promise<unknown> {
  return i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: "en",
      fallbackLng: "en",
      ns: ["shared"],
      defaultNS: "shared",
      partialBundledLanguages: true,
      resources: { en: { shared } },
      interpolation: { escapeValue: false },
      react: { useSuspense: true },
      returnNull: false,
    });
}
