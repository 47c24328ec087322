import { QuietIconButton, type QuietIconButtonProps } from "./quiet-icon-button";
import { Tooltip } from "./tooltip";

export interface IconButtonProps extends QuietIconButtonProps {
  /** A shortcut shown in the tooltip. */
  keys?: string;
  side?: "top" | "right" | "bottom" | "left";
  /** Without the tooltip. Where the popper must not load at all, use QuietIconButton itself. */
  quiet?: boolean;
}

/** A button of one icon; its label names it and fills its tooltip. */
export function IconButton({ keys, side, quiet = false, ...rest }: IconButtonProps) {
  const button = <QuietIconButton {...rest} />;
  if (quiet) return button;
  return (
    <Tooltip content={rest.label} keys={keys} {...(side ? { side } : {})}>
      {button}
    </Tooltip>
  );
}
