import { useMemo } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useLocalKeys } from "@/lib/shortcuts";

const LIST = [
  ["arrowdown", "next"],
  ["arrowup", "previous"],
  ["shift+arrowdown", "extend"],
  ["enter", "open"],
  ["space", "complete"],
  ["p", "priority"],
  ["x", "select"],
  ["delete", "delete"],
  ["escape", "clear"],
] as const;

const BOARD = [
  ["enter", "open"],
  ["shift+arrowleft", "left"],
  ["shift+arrowright", "right"],
  ["shift+arrowup", "up"],
  ["shift+arrowdown", "down"],
] as const;

/** Tells of the keys of a list of tasks. */
export function useListKeys(): void {
  const { t } = useTranslation("tasks");
  const keys = useMemo(
    () => LIST.map(([key, name]) => ({ keys: key, label: t(`keys.${name}`) })),
    [t],
  );
  useLocalKeys(t("keys.list"), keys);
}

/** Tells of the keys of the board. */
export function useBoardKeys(): void {
  const { t } = useTranslation("tasks");
  const keys = useMemo(
    () => BOARD.map(([key, name]) => ({ keys: key, label: t(`keys.${name}`) })),
    [t],
  );
  useLocalKeys(t("keys.board"), keys);
}
