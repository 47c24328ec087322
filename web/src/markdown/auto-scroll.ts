import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

/** Keys that move a scroller upwards, so a reader who presses one wants to stay where they look. */
const UP_KEYS = new Set(["ArrowUp", "PageUp", "Home"]);
const NEAR_PX = 24;

function atEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight <= NEAR_PX;
}

export interface AutoScroll {
  /** True while the view follows the end. */
  following: boolean;
  /** Goes to the end and follows it again. */
  follow: () => void;
}

/**
 * Keeps the end of `content` in view inside `scroller` while it grows.
 *
 * Released by the reader's own gesture (wheel, touch, key, the scrollbar), never by the scroll
 * position: layout moves that too, and a follower that lets go by itself is worse than none. A
 * gesture that arrives at the end takes hold again.
 */
export function useAutoScroll(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
): AutoScroll {
  const [following, setFollowing] = useState(true);
  const held = useRef(true);

  const hold = useCallback((next: boolean) => {
    held.current = next;
    setFollowing(next);
  }, []);

  const follow = useCallback(() => {
    hold(true);
    const box = scroller.current;
    if (box) box.scrollTop = box.scrollHeight;
  }, [hold, scroller]);

  useEffect(() => {
    const box = scroller.current;
    const inner = content.current;
    if (!box || !inner) return;
    const stick = () => {
      if (held.current) box.scrollTop = box.scrollHeight;
    };
    const observer = new ResizeObserver(stick);
    observer.observe(inner);
    observer.observe(box);
    const stop = listen(box, hold);
    stick();
    return () => {
      observer.disconnect();
      stop();
    };
  }, [scroller, content, hold]);

  return { following, follow };
}

function listen(box: HTMLElement, hold: (next: boolean) => void): () => void {
  const controller = new AbortController();
  const options = { passive: true, signal: controller.signal };
  // The browser scrolls after the event; look where it came to rest.
  const settle = () => requestAnimationFrame(() => atEnd(box) && hold(true));
  box.addEventListener(
    "wheel",
    (event) => {
      if (event.deltaY < 0) hold(false);
      else settle();
    },
    options,
  );
  box.addEventListener("touchmove", () => hold(false), options);
  box.addEventListener("touchend", settle, options);
  box.addEventListener(
    "keydown",
    (event) => {
      if (UP_KEYS.has(event.key)) hold(false);
    },
    options,
  );
  box.addEventListener("keyup", settle, options);
  box.addEventListener(
    "pointerdown",
    (event) => {
      // On the scroller itself and beyond its content: the scrollbar.
      if (event.target === box && event.offsetX > box.clientWidth) hold(false);
    },
    options,
  );
  window.addEventListener("pointerup", settle, options);
  return () => controller.abort();
}
