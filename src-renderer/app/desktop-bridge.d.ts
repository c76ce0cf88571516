import type { DesktopBridge } from '#shared/desktop-api.ts'

declare global {
  interface Window {
    /** The preload bridge; absent in a browser. */
    readonly desktop?: DesktopBridge
  }
}
