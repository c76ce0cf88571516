/** Where the window opens: where it was, if a display still shows it. */

export interface Bounds {
  x: number
  y: number
  width: number
  height: number
}

export interface WindowState extends Bounds {
  maximised: boolean
}

export const DEFAULT_SIZE = { width: 1360, height: 880 }
export const MINIMUM_SIZE = { width: 720, height: 480 }
/** So much of the title bar must be on a display to be grabbed with the mouse. */
const GRABBABLE = { width: 120, height: 24 }

/**
 * Bounds for the window, and whether it was maximised. Position and size are kept only if the window can still be
 * reached: a second display may be gone, or be smaller now.
 */
export function placeWindow(
  kept: WindowState | null,
  workAreas: readonly Bounds[],
): Partial<Bounds> & { width: number; height: number; maximised: boolean } {
  const primary = workAreas[0]
  const fitting = (area: Bounds | undefined, size: { width: number; height: number }) => ({
    width: Math.max(MINIMUM_SIZE.width, Math.min(size.width, area?.width ?? size.width)),
    height: Math.max(MINIMUM_SIZE.height, Math.min(size.height, area?.height ?? size.height)),
  })
  if (kept === null) return { ...fitting(primary, DEFAULT_SIZE), maximised: false }
  const home = workAreas.find((area) => {
    const width = Math.min(kept.x + kept.width, area.x + area.width) - Math.max(kept.x, area.x)
    const titleBarVisible = kept.y >= area.y && kept.y + GRABBABLE.height <= area.y + area.height
    return width >= GRABBABLE.width && titleBarVisible
  })
  if (home === undefined) return { ...fitting(primary, kept), maximised: kept.maximised }
  return { x: kept.x, y: kept.y, ...fitting(home, kept), maximised: kept.maximised }
}
