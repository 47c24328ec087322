import { QuietIconButton, type QuietIconButtonProps } from "./quiet-icon-button";

export interface IconButtonProps extends QuietIconButtonProps {
  /** A shortcut shown in the tooltip. */
  keys?: string;
  side?: "top" | "right" | "bottom" | "left";
}

/** A button of one icon; its label names it and fills its tooltip, which `Tooltips` shows. */
export function IconButton({ keys, side, ...rest }: IconButtonProps) {
  return (
    <QuietIconButton data-tip={rest.label} data-tip-keys={keys} data-tip-side={side} {...rest} />
  );
}
