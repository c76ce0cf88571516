/** The command palette: everything this screen can do, by name, and sessions by their id. */
import { createSpotlight, Spotlight } from '@mantine/spotlight'
import '@mantine/spotlight/styles.layer.css'
import { IconBasket, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { formatMoney } from '#shared/money/format-money.ts'
import type { SessionSummary } from '#shared/session/session-summary.ts'
import { noFilter } from '../data/data-api.ts'
import { useData, useRevision, useStores } from '../ui/data-context.ts'
import { formatShort } from '../ui/format-time.ts'
import { clientLabel } from '../ui/labels.ts'
import { type Command, groupCommands, useAllCommands, usePalette } from '../ui/shortcuts.ts'
import { serverNow } from '../ui/use-now.ts'
import classes from './commands.module.css'
import { Keys } from './shortcuts-sheet.tsx'

const [store, spotlight] = createSpotlight()

/** Shorter texts would match half of all sessions. */
const MIN_ID_TEXT = 2
const MAX_SESSIONS = 6

/** Every word of the query has to occur somewhere in the command's words. */
function matches(command: Command, query: string): boolean {
  const words = `${command.text} ${command.group} ${command.keywords ?? ''}`.toLowerCase()
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => words.includes(word))
}

/** Opens at once; `onClose` after it was left or something was chosen. */
export function CommandPalette({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState(usePalette.getState().query ?? '')
  const needle = query.trim()
  useEffect(() => {
    spotlight.open()
    return spotlight.close
  }, [])
  const commands = useAllCommands().filter(
    (command) => command.run !== undefined && command.keysOnly !== true && matches(command, needle),
  )
  const sessions = useSessionsById(needle)
  return (
    <Spotlight.Root
      store={store}
      shortcut={null}
      query={query}
      onQueryChange={setQuery}
      onSpotlightClose={onClose}
      scrollable
      maxHeight={460}
      transitionProps={{ duration: 0 }}
      overlayProps={{ backgroundOpacity: 0.4, blur: 0 }}
    >
      <Spotlight.Search
        placeholder="Do something, go somewhere, or find a session by its id"
        aria-label="Command or session id"
        leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
      />
      <Spotlight.ActionsList className={classes.palette}>
        {groupCommands(commands).map(({ group, commands }) => (
          <Spotlight.ActionsGroup key={group} label={group}>
            {commands.map(({ id, text, keys, icon: CommandIcon, run }) => (
              <Spotlight.Action
                key={id}
                label={text}
                leftSection={CommandIcon ? <CommandIcon size={18} stroke={1.7} aria-hidden /> : <span />}
                rightSection={keys === undefined ? null : <Keys keys={keys.split(' ')[0] ?? keys} />}
                // After the palette has given the focus back: a command may want it elsewhere.
                onClick={() => setTimeout(() => run?.(), 0)}
              />
            ))}
          </Spotlight.ActionsGroup>
        ))}
        {sessions.length > 0 && (
          <Spotlight.ActionsGroup label="Sessions">
            {sessions.map((row) => (
              <SessionAction key={JSON.stringify([row.storeId, row.id])} row={row} />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {commands.length === 0 && sessions.length === 0 && (
          <Spotlight.Empty>No command and no session id matches.</Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}

function SessionAction({ row }: { row: SessionSummary }) {
  const navigate = useNavigate()
  const place = useStores().find((each) => each.id === row.storeId)
  const customer = row.customerId === null ? '' : ` · customer ${row.customerId}`
  return (
    <Spotlight.Action
      label={row.id}
      description={`${formatShort(row.startedAt, place?.timezone ?? 'UTC', serverNow())} · ${place?.name ?? row.storeId} · ${clientLabel(row.client).text} · ${formatMoney(row.total, row.currency)}${customer}`}
      leftSection={<IconBasket size={18} stroke={1.7} aria-hidden />}
      onClick={() =>
        void navigate({
          to: '/stores/$storeId/sessions/$sessionId',
          params: { storeId: row.storeId, sessionId: row.id },
        })
      }
    />
  )
}

const NO_SESSIONS: SessionSummary[] = []

/** The latest sessions of all stores whose session or customer id holds the text. */
function useSessionsById(text: string): SessionSummary[] {
  const data = useData()
  const revision = useRevision()
  const enabled = text.length >= MIN_ID_TEXT
  const { data: rows } = useQuery({
    queryKey: ['sessions-by-id', text, revision],
    queryFn: async ({ signal }) => {
      const span = { offset: 0, limit: MAX_SESSIONS, nowMs: serverNow() }
      const query = { ...noFilter, text, sort: 'lastActivityAt', descending: true, ...span } as const
      return (await data.sessions(query, signal)).rows
    },
    enabled,
    placeholderData: keepPreviousData,
  })
  return enabled ? (rows ?? NO_SESSIONS) : NO_SESSIONS
}
