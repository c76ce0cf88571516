/** A USB scanner at the desktop app: real key presses, as quick as a scanner's, into whatever has the focus. */
import type { Desktop } from './launch-desktop.ts'

/** Types a code and Enter, all within one call: each key of its own would be as slow as the machine is busy. */
export function scan({ app }: Desktop, code: string): Promise<void> {
  return app.evaluate(({ BrowserWindow }, keys) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents
    const press = (keyCode: string, typed: string) => {
      contents?.sendInputEvent({ type: 'keyDown', keyCode })
      contents?.sendInputEvent({ type: 'char', keyCode: typed })
      contents?.sendInputEvent({ type: 'keyUp', keyCode })
    }
    for (const key of keys) press(key, key)
    press('Return', '\r')
  }, code)
}
