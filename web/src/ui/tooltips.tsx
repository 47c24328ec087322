import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { Kbd } from "./kbd";

const ID = "tooltip";
const DELAY_MS = 450;
/** Whoever has just seen one sees the next at once. */
const WARM_MS = 200;
/** Time enough to move the pointer onto the tooltip itself. */
const GRACE_MS = 120;
const GAP = 6;
const EDGE = 8;

interface Tip {
  of: HTMLElement;
  text: string;
  keys: string | undefined;
  side: string;
}

function tipOf(target: EventTarget | null): Tip | null {
  const of = target instanceof Element ? target.closest<HTMLElement>("[data-tip]") : null;
  if (!of?.dataset.tip) return null;
  const { tip, tipKeys, tipSide } = of.dataset;
  return { of, text: tip, keys: tipKeys, side: tipSide ?? "bottom" };
}

const within = (at: number, size: number, room: number) =>
  Math.max(EDGE, Math.min(at, room - size - EDGE));

/** Beside the element, on the other side where there is no room, and never past the window. */
export function placeTip(
  of: { left: number; top: number; width: number; height: number },
  size: { width: number; height: number },
  room: { width: number; height: number },
  side: string,
): { left: number; top: number } {
  const upright = side === "top" || side === "bottom";
  const middle = upright
    ? of.left + (of.width - size.width) / 2
    : of.top + (of.height - size.height) / 2;
  const [start, length, own, end] = upright
    ? [of.top, of.height, size.height, room.height]
    : [of.left, of.width, size.width, room.width];
  const before = start - GAP - own;
  const after = start + length + GAP;
  const fitsAfter = after + own + EDGE <= end;
  const wantsBefore = side === "top" || side === "left";
  const along = (wantsBefore ? before >= EDGE || !fitsAfter : !fitsAfter && before >= EDGE)
    ? before
    : after;
  return upright
    ? { left: within(middle, size.width, room.width), top: along }
    : { left: along, top: within(middle, size.height, room.height) };
}

/** Which tooltip shows, by pointer and keyboard. */
function useTip(): Tip | null {
  const [tip, setTip] = useState<Tip | null>(null);
  useEffect(() => {
    let shown: Tip | null = null;
    let hiddenAt = Number.NEGATIVE_INFINITY;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const become = (next: Tip | null) => {
      clearTimeout(timer);
      if (next?.of === shown?.of) return;
      if (shown) {
        hiddenAt = performance.now();
        shown.of.removeAttribute("aria-describedby");
      }
      if (next && !next.of.hasAttribute("aria-describedby")) {
        next.of.setAttribute("aria-describedby", ID);
      }
      shown = next;
      setTip(next);
    };
    const soon = (next: Tip | null, ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => become(next), ms);
    };
    const hide = () => become(null);
    const onOver = (event: PointerEvent) => {
      if (event.pointerType === "touch") return;
      // Over the tooltip itself it stays, so that it can be read under a magnifier.
      if (event.target instanceof Element && event.target.closest(`#${ID}`)) clearTimeout(timer);
      else {
        const next = tipOf(event.target);
        if (!next) soon(null, shown ? GRACE_MS : 0);
        else if (next.of === shown?.of) clearTimeout(timer);
        else soon(next, shown || performance.now() - hiddenAt < WARM_MS ? 0 : DELAY_MS);
      }
    };
    const onFocus = (event: FocusEvent) => {
      const next = tipOf(event.target);
      if (next?.of.matches(":focus-visible")) become(next);
    };
    const stop = new AbortController();
    const { signal } = stop;
    document.addEventListener("pointerover", onOver, { signal });
    document.addEventListener("pointerdown", hide, { signal, capture: true });
    document.addEventListener("keydown", hide, { signal, capture: true });
    document.addEventListener("scroll", hide, { signal, capture: true, passive: true });
    document.addEventListener("focusin", onFocus, { signal });
    document.addEventListener("focusout", hide, { signal });
    document.documentElement.addEventListener("pointerleave", hide, { signal });
    return () => {
      hide();
      stop.abort();
    };
  }, []);
  return tip;
}

/**
 * Shows the tooltip of whatever has `data-tip`, one at a time. It is an extra: the element itself
 * is named by its label. One layer for the whole app costs a page nothing before the first is seen.
 */
export function Tooltips() {
  const tip = useTip();
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!tip || !box.current) return;
    const room = { width: window.innerWidth, height: window.innerHeight };
    const own = { width: box.current.offsetWidth, height: box.current.offsetHeight };
    const { left, top } = placeTip(tip.of.getBoundingClientRect(), own, room, tip.side);
    box.current.style.left = `${left}px`;
    box.current.style.top = `${top}px`;
  }, [tip]);
  if (!tip) return null;
  return createPortal(
    <div
      ref={box}
      id={ID}
      role="tooltip"
      className="pointer-events-auto fixed top-0 left-0 z-50 flex max-w-72 animate-fade-in select-none items-center gap-2 rounded-sm bg-tip px-2 py-1 text-on-tip text-xs shadow-pop"
    >
      {tip.text}
      {tip.keys && <Kbd keys={tip.keys} tone="inverse" />}
    </div>,
    document.body,
  );
}
