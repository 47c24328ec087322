import { stringsToCome, translator } from "./i18n";
import type { Namespace, Translate } from "./namespaces";

/** The strings of a feature, or those of every screen; suspends until they are loaded. */
export function useTranslation<N extends Namespace = "shared">(namespace?: N): { t: Translate<N> } {
  const wanted = namespace ?? ("shared" as N);
  const coming = stringsToCome(wanted);
  // Not by `use`: React 19 mistakes the hooks that follow it for those of an update (its error 467).
  // oxlint-disable-next-line typescript/only-throw-error -- a promise suspends
  if (coming) throw coming;
  return { t: translator(wanted) };
}
