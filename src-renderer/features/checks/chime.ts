/** Sounds, made on the spot: two soft bell tones for a new check, a tick or a buzz for a scan. */
import { useAlertSettings } from './alert-settings.ts'

/** Hertz and start, seconds: a rising fourth is heard as a question, not as an alarm. */
const TONES = [
  { frequency: 784, at: 0 },
  { frequency: 1_047, at: 0.16 },
] as const
const RING_S = 0.7
const LOUDNESS = 0.22

let context: AudioContext | null = null

/** The audio output, once the page may play. A browser that has heard no click yet stays silent. */
async function output(): Promise<AudioContext> {
  context ??= new AudioContext()
  if (context.state === 'suspended') await context.resume()
  return context
}

interface Tone {
  type: OscillatorType
  /** Hertz. */
  frequency: number
  /** Seconds from now. */
  at: number
  /** Seconds until it has died away. */
  ring: number
}

function play(audio: AudioContext, { type, frequency, at, ring }: Tone): void {
  const start = audio.currentTime + at
  const tone = new OscillatorNode(audio, { type, frequency })
  const volume = new GainNode(audio, { gain: 0 })
  volume.gain.setValueAtTime(0, start)
  volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.012)
  volume.gain.exponentialRampToValueAtTime(0.001, start + ring)
  tone.connect(volume).connect(audio.destination)
  tone.start(start)
  tone.stop(start + ring)
}

/** The sound of a new check; rejects on a PC without sound. */
export async function playChime(): Promise<void> {
  const audio = await output()
  for (const { frequency, at } of TONES) play(audio, { type: 'triangle', frequency, at, ring: RING_S })
}

/** Tells eyes that are on the bag how a scan went; silent where sound is muted. */
export function playScan(good: boolean): void {
  if (!useAlertSettings.getState().sound) return
  const tone: Tone = good
    ? { type: 'sine', frequency: 1_568, at: 0, ring: 0.09 }
    : { type: 'square', frequency: 174, at: 0, ring: 0.35 }
  void output().then(
    (audio) => play(audio, tone),
    () => undefined,
  )
}
