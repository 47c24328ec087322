/** The projects in the navigation: rows of `NavLink` with a `ColorDot` as lead. */
export function ProjectNav() {
  return null;
}
