import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useCallback } from "react";
import { calls } from "./calls";

/** Pictures of pages never change, so they are asked for once. */
export function usePicture(id: string, number: number, page: number, width: number) {
  return useQuery({
    queryKey: ["documents", "picture", id, number, page, width],
    queryFn: ({ signal }) => calls.drawPage(id, number, page, width, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

interface PagePictureProps {
  id: string;
  number: number;
  page: number;
  /** Pixels at most. */
  width: number;
  alt: string;
  className?: string;
  /** In its place while it comes. */
  waiting: ReactNode;
  /** In its place when there is none. */
  failed?: ReactNode;
  onSize?: (width: number, height: number) => void;
}

/** A page as it looks. Its bytes need a token, so they come by a call and not by their address. */
export function PagePicture({
  id,
  number,
  page,
  width,
  alt,
  className,
  waiting,
  failed = null,
  onSize,
}: PagePictureProps) {
  const picture = usePicture(id, number, page, width);
  const { data } = picture;
  const show = useCallback(
    (image: HTMLImageElement) => {
      if (!data) return undefined;
      const address = URL.createObjectURL(data);
      image.src = address;
      return () => URL.revokeObjectURL(address);
    },
    [data],
  );
  if (picture.error) return failed;
  if (!data) return waiting;
  return (
    <img
      ref={show}
      alt={alt}
      draggable={false}
      className={className}
      onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
        onSize?.(naturalWidth, naturalHeight)
      }
    />
  );
}
