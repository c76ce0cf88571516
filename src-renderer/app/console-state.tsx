/** What the person must always be able to see: whether the backend is there, and what it does not know yet. */
import { Button, Popover, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { IconCloudCheck, IconCloudUp, IconRefresh } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ConnectionState } from '../data/data-api.ts'
import { useData, useDataStatus, useStores } from '../ui/data-context.ts'
import { clockWords, formatAgo, formatExact, formatShortAmong, formatSpan } from '../ui/format-time.ts'
import { counted, problemText } from '../ui/labels.ts'
import { useNow } from '../ui/use-now.ts'
import classes from './shell.module.css'

const stateTexts: Record<ConnectionState, { word: string; meaning: string }> = {
  connecting: { word: 'Connecting', meaning: 'Waiting for the first answer of the backend.' },
  online: { word: 'Online', meaning: 'Changes arrive as they happen and decisions are sent at once.' },
  degraded: { word: 'Degraded', meaning: 'The backend answers, but late or not always. Changes may arrive late.' },
  offline: { word: 'Offline', meaning: 'You see what was synced last. Decisions are saved and sent later.' },
}

const readOnlyTexts = {
  word: 'Not syncing',
  meaning: 'The data on this PC is of a newer Floorwalker: this one neither fetches nor sends.',
}

/** Online, degraded or offline, with what is known about it. */
export function ConnectionBadge() {
  const data = useData()
  const status = useDataStatus()
  const stores = useStores()
  const now = useNow()
  const [syncing, setSyncing] = useState(false)
  const { word, meaning } = status.readOnly ? readOnlyTexts : stateTexts[status.connection]
  const contacts = Object.values(status.lastContactAt)
  const lastContact = contacts.length === 0 ? null : Math.max(...contacts)
  const since =
    status.connection === 'offline' && lastContact !== null ? formatShortAmong(stores, lastContact, now) : null

  const sync = async () => {
    setSyncing(true)
    // What went wrong shows in the status; there is nothing to add here.
    await data.syncNow().catch(() => undefined)
    setSyncing(false)
  }

  return (
    <>
      <VisuallyHidden role="status">
        {`Connection: ${word}. ${status.connection === 'online' ? '' : meaning}`}
      </VisuallyHidden>
      <Popover position="bottom-end" width={360} trapFocus returnFocus>
        <Popover.Target>
          <UnstyledButton className={classes.badge} data-connection={status.connection}>
            <ConnectionMark state={status.connection} />
            <span data-testid="connection-badge">{word}</span>
            {since !== null && <span className={classes.badgeMore}>since {since}</span>}
          </UnstyledButton>
        </Popover.Target>
        <Popover.Dropdown p="md" aria-label="Connection">
          <div className={classes.pop}>
            <h2>{word}</h2>
            <p>{meaning}</p>
            {status.connection !== 'online' && status.problem !== null && (
              <p className={classes.problem}>{problemText(status.problem)}</p>
            )}
            <table className={classes.facts}>
              <caption>Last contact</caption>
              <tbody>
                {stores.map((store) => {
                  const at = status.lastContactAt[store.id]
                  return (
                    <tr key={store.id}>
                      <th scope="row">{store.name}</th>
                      <td title={at === undefined ? undefined : formatExact(at, store.timezone)}>
                        {at === undefined
                          ? 'not yet'
                          : now - at < 60_000
                            ? `${formatSpan(now - at)} ago`
                            : formatAgo(at, now)}
                      </td>
                    </tr>
                  )
                })}
              </tbody>
            </table>
            <p className={classes.popSmall}>{clockWords(status.clockOffsetMs, null)}</p>
            <Button
              variant="default"
              leftSection={<IconRefresh size={15} />}
              loading={syncing}
              disabled={status.readOnly}
              onClick={() => void sync()}
            >
              Sync now
            </Button>
          </div>
        </Popover.Dropdown>
      </Popover>
    </>
  )
}

/** A filled, half or hollow dot: the state without its colour. */
function ConnectionMark({ state }: { state: ConnectionState }) {
  return (
    <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
      <circle
        cx="5"
        cy="5"
        r="4"
        fill={state === 'online' ? 'currentColor' : 'none'}
        stroke="currentColor"
        strokeWidth="1.8"
      />
      {state === 'degraded' && <path d="M5 1a4 4 0 0 0 0 8z" fill="currentColor" />}
    </svg>
  )
}

/** Decisions the backend has not confirmed: quiet at 0, prominent above. */
export function UnsentBadge() {
  const { unsent, unsentOfOthers, oldestUnsentAt, journalled, connection, signInNeeded, readOnly } = useDataStatus()
  const stores = useStores()
  const now = useNow()
  const [opened, setOpened] = useState(false)
  const ofOthers = unsentOfOthers.reduce((sum, { count }) => sum + count, 0)
  return (
    <Popover position="bottom-end" width={340} trapFocus returnFocus opened={opened} onChange={setOpened}>
      <Popover.Target>
        <UnstyledButton
          className={classes.badge}
          data-unsent={unsent + ofOthers > 0 || undefined}
          onClick={() => setOpened(!opened)}
        >
          {unsent > 0 ? (
            <IconCloudUp size={16} stroke={2} aria-hidden />
          ) : (
            <IconCloudCheck size={16} stroke={1.7} aria-hidden />
          )}
          <span data-testid="unsent-count">{unsent} unsent</span>
          {ofOthers > 0 && <span>· {ofOthers} of others</span>}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p="md" aria-label="Unsent decisions">
        <div className={classes.pop}>
          <h2>{unsent === 0 ? 'Everything is sent' : `${counted(unsent, 'decision')} not sent yet`}</h2>
          {unsent === 0 ? (
            <p>The backend has confirmed every decision you took here.</p>
          ) : (
            <p>
              {readOnly
                ? 'This older Floorwalker cannot send them: update it, or export them.'
                : signInNeeded
                  ? 'They are sent as soon as you have signed in again.'
                  : connection === 'offline'
                    ? 'They are sent, once each and in order, as soon as the backend answers.'
                    : 'They are on their way.'}
              {oldestUnsentAt !== null && (
                <>
                  {' '}
                  The oldest has waited <strong>{formatSpan(now - oldestUnsentAt)}</strong> (since{' '}
                  {formatShortAmong(stores, oldestUnsentAt, now)}).
                </>
              )}
            </p>
          )}
          {unsentOfOthers.map(({ employeeNumber, count }) => (
            <p key={employeeNumber}>
              <strong>
                {counted(count, 'decision')} of employee {employeeNumber}
              </strong>{' '}
              {count === 1 ? 'waits' : 'wait'} on this PC until they sign in; nobody else can send{' '}
              {count === 1 ? 'it' : 'them'}.
            </p>
          ))}
          {journalled ? (
            <p className={classes.popSmall}>
              Decisions are saved twice on this PC: in the journal file, written through to disk before a decision is
              shown, and in the console’s database. A crash or power cut does not lose them.
            </p>
          ) : (
            <p className={classes.popSmall} data-note>
              Decisions are saved in this browser only. Clearing the site’s data, a private window or a full disk can
              remove decisions that were not sent; the desktop app also keeps a journal on disk.
            </p>
          )}
          <Link to="/data-safety" className={classes.popLink} onClick={() => setOpened(false)}>
            {unsent + ofOthers > 0 ? 'Data safety: export them, or send them from another PC' : 'Data safety'}
          </Link>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
