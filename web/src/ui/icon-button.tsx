import { QuietIconButton, type QuietIconButtonProps } from "./quiet-icon-button";
import { Tooltip } from "./tooltip";

export interface IconButtonProps extends QuietIconButtonProps {
  /** A shortcut shown in the tooltip. */
  keys?: string;
  side?: "top" | "right" | "bottom" | "left";
}

/** A button of one icon; its label names it and fills its tooltip. */
export function IconButton({ keys, side, ...rest }: IconButtonProps) {
  return (
    <Tooltip content={rest.label} keys={keys} {...(side ? { side } : {})}>
      <QuietIconButton {...rest} />
    </Tooltip>
  );
}
