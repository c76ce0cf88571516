/**
 * What can be done here and now, by key or by name: every screen registers its commands while it is shown. The shortcuts
 * sheet lists those with keys, the command palette those that can be run.
 */
import type { Icon } from '@tabler/icons-react'
import { useEffect, useMemo, useRef } from 'react'
import { create } from 'zustand'

export interface Command {
  /** Unique in the console, such as `sessions.search`. */
  id: string
  /** Heading in sheet and palette: the screen, or `Everywhere`. */
  group: string
  text: string
  /**
   * A chord such as `mod+k` (Ctrl, on a Mac Cmd), `shift+arrowdown`, `alt+1`, `?` or `f`: modifiers in the order mod, alt,
   * shift, then the key in lower case. Several that do the same are separated by a space.
   */
  keys?: string
  /** Absent where the screen handles the keys itself: then the sheet alone lists it. */
  run?: () => void
  icon?: Icon
  /** More words that find it in the palette. */
  keywords?: string
  /** True keeps it out of the palette. */
  keysOnly?: boolean
}

interface Registered {
  owner: symbol
  commands: readonly Command[]
}

const useRegistered = create<{ registered: readonly Registered[] }>()(() => ({ registered: [] }))

/** What the command palette is asked for; null while it is closed. */
export const usePalette = create<{ query: string | null }>()(() => ({ query: null }))

/** Opens the command palette with a text in it, for a choice among commands that begin alike. */
export const openPalette = (query = ''): void => usePalette.setState({ query })
export const closePalette = (): void => usePalette.setState({ query: null })

/** Registers commands while the calling component is mounted; of two with the same keys the later registered one acts. */
export function useCommands(commands: readonly Command[]): void {
  const latest = useRef(commands)
  useEffect(() => {
    latest.current = commands
  })
  // What a command does may change with every render; what is listed only when its words or keys do.
  const listed = useMemo(
    () => JSON.stringify(commands.map(({ run, icon: _icon, ...words }) => [words, run !== undefined])),
    [commands],
  )
  // biome-ignore lint/correctness/useExhaustiveDependencies: `listed` stands for the commands
  useEffect(() => {
    const owner = Symbol('commands')
    const stable = latest.current.map((command) => ({
      ...command,
      run: command.run && (() => latest.current.find((each) => each.id === command.id)?.run?.()),
    }))
    useRegistered.setState(({ registered }) => ({ registered: [...registered, { owner, commands: stable }] }))
    return () =>
      useRegistered.setState(({ registered }) => ({ registered: registered.filter((each) => each.owner !== owner) }))
  }, [listed])
}

/** All commands registered now, in the order of their registration. */
export function useAllCommands(): readonly Command[] {
  const registered = useRegistered((state) => state.registered)
  return registered.flatMap((each) => each.commands)
}

/** Commands by heading, in the order in which the headings first came. */
export function groupCommands(commands: readonly Command[]): { group: string; commands: Command[] }[] {
  const groups = new Map<string, Command[]>()
  for (const command of commands) groups.set(command.group, [...(groups.get(command.group) ?? []), command])
  return [...groups].map(([group, commands]) => ({ group, commands }))
}

type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

/** The chord of a key press as `Command.keys` writes it. Shift counts only where the key does not tell it already. */
export function chordOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyPress): string {
  const told = key.length === 1 && key.toLowerCase() === key.toUpperCase() && key !== ' '
  const name = key === ' ' ? 'space' : key.toLowerCase()
  return `${ctrlKey || metaKey ? 'mod+' : ''}${altKey ? 'alt+' : ''}${shiftKey && !told ? 'shift+' : ''}${name}`
}

/** The command of a chord; the last one registered wins, as its screen lies on top. */
export const commandOf = (commands: readonly Command[], chord: string): Command | undefined =>
  commands.findLast((command) => command.run !== undefined && command.keys?.split(' ').includes(chord))

const TYPING = 'input, textarea, select, [contenteditable="true"]'
const OWN_KEYS = '[role="dialog"], [role="menu"], [role="listbox"]'

/** Letters belong to a field while one types; a dialog and a menu keep all keys. */
function isMeantForTarget(event: KeyboardEvent): boolean {
  if (!(event.target instanceof Element)) return false
  if (event.target.closest(OWN_KEYS) !== null) return true
  return event.target.closest(TYPING) !== null && !(event.ctrlKey || event.metaKey)
}

/** Runs a command by its id; nothing where no screen has it now. */
export function runCommand(id: string): void {
  const { registered } = useRegistered.getState()
  const commands = registered.flatMap((each) => each.commands)
  commands.findLast((command) => command.id === id)?.run?.()
}

/** Lets keys run registered commands; for the shell, once. */
export function useCommandKeys(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || isMeantForTarget(event)) return
      const { query } = usePalette.getState()
      if (query !== null) {
        // Typed before the palette was there: it is meant for its field.
        if (event.key.length === 1) usePalette.setState({ query: query + event.key })
        return
      }
      const { registered } = useRegistered.getState()
      const commands = registered.flatMap((each) => each.commands)
      const command = commandOf(commands, chordOf(event))
      if (command === undefined) return
      event.preventDefault()
      command.run?.()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])
}

const keyNames: Record<string, string> = {
  arrowdown: '↓',
  arrowup: '↑',
  arrowleft: '←',
  arrowright: '→',
  escape: 'Esc',
  enter: 'Enter',
  space: 'Space',
  pagedown: 'Page down',
  pageup: 'Page up',
  home: 'Home',
  end: 'End',
  shift: 'Shift',
  alt: 'Alt',
}

/** The keys of a chord as they are printed on the keyboard, e.g. `mod+k` → `Ctrl`, `K`. */
export function keyCaps(chord: string, mac: boolean): string[] {
  return chord
    .split(/\+(?=.)/)
    .map((key) => (key === 'mod' ? (mac ? '⌘' : 'Ctrl') : (keyNames[key] ?? key.toUpperCase())))
}

/** True on a Mac, whose people press Cmd where others press Ctrl. */
export const isMac = (): boolean => /mac/i.test(navigator.userAgent)
