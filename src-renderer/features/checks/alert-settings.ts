/** How this PC tells of new checks; kept on the PC, whoever is signed in. */
import { create } from 'zustand'

const STORAGE_KEY = 'floorwalker-alerts'

/** Each way can be muted on its own. */
export interface AlertSettings {
  sound: boolean
  notification: boolean
  badge: boolean
  flash: boolean
}

/** Only what was muted is muted: what cannot be read counts as nothing said. */
function readKept(): AlertSettings {
  let kept: Partial<Record<keyof AlertSettings, unknown>> = {}
  try {
    kept = Object(JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}'))
  } catch {
    kept = {}
  }
  return {
    sound: kept.sound !== false,
    notification: kept.notification !== false,
    badge: kept.badge !== false,
    flash: kept.flash !== false,
  }
}

export const useAlertSettings = create<AlertSettings>()(readKept)

// Another window of the same console changed them.
window.addEventListener('storage', ({ key }) => {
  if (key === STORAGE_KEY) useAlertSettings.setState(readKept())
})

/** Mutes or unmutes one way of telling, for good. */
export function setAlert(name: keyof AlertSettings, on: boolean): void {
  useAlertSettings.setState({ [name]: on })
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(useAlertSettings.getState()))
  } catch {
    // A full disk keeps it for this run only.
  }
}
