import { expect, it } from 'vitest'
import { type Command, chordOf, commandOf, groupCommands, keyCaps } from './shortcuts.ts'

const press = (
  key: string,
  modifiers: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {},
) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...modifiers,
})

it('writes a key press as a chord', () => {
  expect(chordOf(press('f'))).toBe('f')
  expect(chordOf(press('F', { shiftKey: true }))).toBe('shift+f')
  expect(chordOf(press('K', { ctrlKey: true, shiftKey: true }))).toBe('mod+shift+k')
  expect(chordOf(press('k', { metaKey: true }))).toBe('mod+k')
  expect(chordOf(press('ArrowDown', { shiftKey: true }))).toBe('shift+arrowdown')
  expect(chordOf(press(' ', { shiftKey: true }))).toBe('shift+space')
  expect(chordOf(press('1', { altKey: true }))).toBe('alt+1')
})

it('does not ask for shift where a keyboard needs it to reach the sign', () => {
  // `?` is shift+/ on an American keyboard and shift+ß on a German one; `/` is shift+7 there.
  expect(chordOf(press('?', { shiftKey: true }))).toBe('?')
  expect(chordOf(press('/', { shiftKey: true }))).toBe('/')
})

const command = (id: string, more: Partial<Command>): Command => ({ id, group: 'Here', text: id, ...more })

it('runs the last registered command of a chord, and none that a screen handles itself', () => {
  const run = () => undefined
  const commands = [
    command('below', { keys: 'f', run }),
    command('above', { keys: 'x f', run }),
    command('grid', { keys: 'f' }),
  ]
  expect(commandOf(commands, 'f')?.id).toBe('above')
  expect(commandOf(commands, 'x')?.id).toBe('above')
  expect(commandOf(commands, 'mod+f')).toBeUndefined()
})

it('names keys as they are printed', () => {
  expect(keyCaps('mod+shift+a', false)).toEqual(['Ctrl', 'Shift', 'A'])
  expect(keyCaps('mod+k', true)).toEqual(['⌘', 'K'])
  expect(keyCaps('?', false)).toEqual(['?'])
  expect(keyCaps('+', false)).toEqual(['+'])
})

it('groups commands by heading', () => {
  const groups = groupCommands([
    command('a', { group: 'One' }),
    command('b', { group: 'Two' }),
    command('c', { group: 'One' }),
  ])
  expect(groups.map(({ group, commands }) => [group, commands.map(({ id }) => id)])).toEqual([
    ['One', ['a', 'c']],
    ['Two', ['b']],
  ])
})
