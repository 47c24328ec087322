import { use } from "react";
import { stringsToCome, translator } from "./i18n";
import type { Namespace, Translate } from "./namespaces";

/** The strings of a feature, or those of every screen; suspends until they are loaded. */
export function useTranslation<N extends Namespace = "shared">(namespace?: N): { t: Translate<N> } {
  const wanted = namespace ?? ("shared" as N);
  const coming = stringsToCome(wanted);
  if (coming) use(coming);
  return { t: translator(wanted) };
}
