/** All shortcuts that work on this screen, by heading. */
import { Modal } from '@mantine/core'
import { Fragment } from 'react'
import { groupCommands, isMac, keyCaps, useAllCommands } from '../ui/shortcuts.ts'
import { useFocusBack } from '../ui/use-focus-back.ts'
import classes from './commands.module.css'

/** The sheet behind `?`. */
export function ShortcutsSheet({ onClose }: { onClose: () => void }) {
  useFocusBack()
  const commands = useAllCommands().filter((command) => command.keys !== undefined)
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts" size="lg">
      <div className={classes.sheet} data-testid="shortcuts-sheet">
        {groupCommands(commands).map(({ group, commands }) => (
          <section key={group}>
            <h2>{group}</h2>
            <dl>
              {commands.map(({ id, text, keys = '' }) => (
                <div key={id}>
                  <dt>{text}</dt>
                  <dd>
                    <Keys keys={keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  )
}

/** Chords as key caps; several that do the same stand side by side. */
export function Keys({ keys }: { keys: string }) {
  const mac = isMac()
  return keys.split(' ').map((chord, index) => (
    <Fragment key={chord}>
      {index > 0 && <span className={classes.or}> or </span>}
      {keyCaps(chord, mac).map((cap) => (
        <kbd key={cap}>{cap}</kbd>
      ))}
    </Fragment>
  ))
}
