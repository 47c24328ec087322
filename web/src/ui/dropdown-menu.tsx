import { clsx } from "clsx";
import { Check, ChevronRight, type LucideIcon } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import { type ComponentProps, type ReactNode, useRef } from "react";
import { Kbd } from "./kbd";

/** Not modal: the rest of the page stays in reach of a screen reader and can be scrolled. */
export function DropdownMenu(props: ComponentProps<typeof Radix.Root>) {
  return <Radix.Root modal={false} {...props} />;
}

export const DropdownMenuTrigger = Radix.Trigger;
export const DropdownMenuGroup = Radix.Group;
export const DropdownMenuSub = Radix.Sub;
export const DropdownMenuRadioGroup = Radix.RadioGroup;

const ITEM =
  "relative flex min-h-7 select-none items-center gap-2.5 rounded-xs px-2 py-1 text-sm outline-none data-disabled:opacity-45 data-highlighted:bg-active touch:min-h-11";

export const menuClass =
  "z-50 min-w-44 rounded-md bg-raised p-1 text-ink shadow-pop outline-none data-[state=closed]:animate-pop-out data-[state=open]:animate-pop-in";

export function DropdownMenuContent({
  className,
  align = "start",
  sideOffset = 4,
  ...rest
}: ComponentProps<typeof Radix.Content>) {
  const menu = useRef<HTMLDivElement>(null);
  return (
    <Radix.Portal>
      <Radix.Content
        ref={menu}
        align={align}
        sideOffset={sideOffset}
        collisionPadding={8}
        onInteractOutside={(event) => {
          // The trigger opens and closes by itself. A menu that fades away would take a click that
          // opens it again for one beside it, and close.
          const trigger = (event.target as Element).closest("[aria-haspopup=menu]");
          if (trigger?.id === menu.current?.getAttribute("aria-labelledby")) event.preventDefault();
        }}
        className={clsx(
          menuClass,
          "max-h-(--radix-dropdown-menu-content-available-height) overflow-y-auto",
          className,
        )}
        {...rest}
      />
    </Radix.Portal>
  );
}

interface RowProps {
  icon?: LucideIcon | undefined;
  /** Anything in the icon's place, such as a colour dot. */
  lead?: ReactNode;
  keys?: string | undefined;
}

function Row({ icon: Icon, lead, keys, children }: RowProps & { children: ReactNode }) {
  return (
    <>
      {Icon && <Icon aria-hidden size={15} strokeWidth={1.85} className="shrink-0 opacity-70" />}
      {lead}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {keys && <Kbd keys={keys} className="ml-4" />}
    </>
  );
}

export interface DropdownMenuItemProps
  extends Omit<ComponentProps<typeof Radix.Item>, "asChild">,
    RowProps {
  tone?: "plain" | "danger";
}

export function DropdownMenuItem({
  icon,
  lead,
  keys,
  tone = "plain",
  className,
  children,
  ...rest
}: DropdownMenuItemProps) {
  return (
    <Radix.Item
      className={clsx(
        ITEM,
        tone === "danger" && "text-danger-ink data-highlighted:bg-danger-soft",
        className,
      )}
      {...rest}
    >
      <Row icon={icon} lead={lead} keys={keys}>
        {children}
      </Row>
    </Radix.Item>
  );
}

export function DropdownMenuCheckboxItem({
  children,
  ...rest
}: ComponentProps<typeof Radix.CheckboxItem>) {
  return (
    <Radix.CheckboxItem className={clsx(ITEM, "pr-8")} {...rest}>
      {children}
      <Radix.ItemIndicator className="absolute right-2">
        <Check aria-hidden size={14} />
      </Radix.ItemIndicator>
    </Radix.CheckboxItem>
  );
}

export function DropdownMenuRadioItem({
  icon,
  lead,
  keys,
  children,
  ...rest
}: ComponentProps<typeof Radix.RadioItem> & RowProps) {
  return (
    <Radix.RadioItem className={clsx(ITEM, "pr-8")} {...rest}>
      <Row icon={icon} lead={lead} keys={keys}>
        {children}
      </Row>
      <Radix.ItemIndicator className="absolute right-2">
        <Check aria-hidden size={14} />
      </Radix.ItemIndicator>
    </Radix.RadioItem>
  );
}

export function DropdownMenuLabel({ children }: { children: ReactNode }) {
  return (
    <Radix.Label className="px-2 pt-1.5 pb-1 font-medium text-faint text-xs">
      {children}
    </Radix.Label>
  );
}

export function DropdownMenuSeparator() {
  return <Radix.Separator className="-mx-1 my-1 h-px bg-line" />;
}

export function DropdownMenuSubTrigger({
  icon,
  lead,
  children,
}: RowProps & { children: ReactNode }) {
  return (
    <Radix.SubTrigger className={clsx(ITEM, "data-[state=open]:bg-active")}>
      <Row icon={icon} lead={lead}>
        {children}
      </Row>
      <ChevronRight aria-hidden size={14} className="-mr-1 text-faint" />
    </Radix.SubTrigger>
  );
}

export function DropdownMenuSubContent(props: ComponentProps<typeof Radix.SubContent>) {
  return (
    <Radix.Portal>
      <Radix.SubContent sideOffset={4} collisionPadding={8} className={menuClass} {...props} />
    </Radix.Portal>
  );
}
