/** Who has decisions here that the backend does not know, and the way to another PC and back. */
import { Button, FileButton } from '@mantine/core'
import { IconFileImport } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { DataSafety, ImportOutcome } from '../../data/data-api.ts'
import { useData, useDataStatus, useEmployee, useStores } from '../../ui/data-context.ts'
import { type ExportState, ExportUnsentButton } from '../../ui/export-unsent.tsx'
import { counted } from '../../ui/labels.ts'
import { InlineError, RelativeTime, Section, Toned } from '../../ui/parts.tsx'
import classes from './data-safety.module.css'

/** No export comes near it; a video picked by mistake would. */
const MAX_FILE_BYTES = 50_000_000

export function UnsentDecisions({ safety }: { safety: DataSafety }) {
  const employee = useEmployee()
  const zone = useStores()[0]?.timezone ?? 'UTC'
  const [exported, setExported] = useState<ExportState>(null)
  const nothing = safety.unsent.length === 0
  return (
    <Section title="Decisions not confirmed yet" testId="unsent-decisions">
      {nothing ? (
        <p className={classes.text}>
          <Toned tone="ok">Nobody has an unsent decision on this PC.</Toned>
        </p>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Employee</th>
              <th scope="col" data-number>
                Unsent
              </th>
              <th scope="col" data-number>
                Oldest
              </th>
            </tr>
          </thead>
          <tbody>
            {safety.unsent.map(({ employeeNumber, own, count, oldestAt }) => (
              <tr key={employeeNumber} data-testid="unsent-of" data-employee={employeeNumber}>
                <th scope="row">
                  {own ? `You (${employee?.name ?? employeeNumber})` : `Employee ${employeeNumber}`}
                  {!own && <span className={classes.soft}> · sent when they sign in here</span>}
                </th>
                <td data-number>{count.toLocaleString('en')}</td>
                <td data-number>
                  <RelativeTime at={oldestAt} zone={zone} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className={classes.text} data-quiet>
        If this PC cannot reach the backend, take the file to one that can. Each decision is sent when its owner signs
        in there, and counts once, even if this PC sends it too. The file holds notes and employee numbers: hand it on
        with care.
      </p>
      <Transfer nothing={nothing} exported={exported} onExported={setExported} />
    </Section>
  )
}

interface TransferProps {
  nothing: boolean
  exported: ExportState
  onExported: (state: ExportState) => void
}

function Transfer({ nothing, exported, onExported }: TransferProps) {
  const data = useData()
  const readOnly = useDataStatus((status) => status.readOnly)
  const resetPicker = useRef<() => void>(null)
  const read = useMutation({
    mutationFn: async (file: File): Promise<ImportOutcome> => {
      if (file.size > MAX_FILE_BYTES) return { ok: false, message: 'The file is too large to be an export.' }
      return data.importUnsent(await file.text())
    },
    // The same file can be picked again.
    onSettled: () => resetPicker.current?.(),
  })
  return (
    <>
      <div className={classes.buttons}>
        <ExportUnsentButton
          disabled={nothing}
          onDone={(state) => {
            read.reset()
            onExported(state)
          }}
        />
        <FileButton
          accept="application/json,.json"
          resetRef={resetPicker}
          inputProps={{ 'aria-label': 'File of unsent decisions' }}
          disabled={readOnly}
          onChange={(file) => {
            if (file === null) return
            onExported(null)
            read.mutate(file)
          }}
        >
          {(props) => (
            <Button
              {...props}
              variant="default"
              leftSection={<IconFileImport size={15} />}
              loading={read.isPending}
              disabled={readOnly}
            >
              Import from another PC…
            </Button>
          )}
        </FileButton>
      </div>
      <div className={classes.outcome} role="status" data-testid="transfer-outcome">
        {exported !== null && 'name' in exported && (
          <p>
            <strong>{exported.name}</strong> was handed to your system to save. The decisions also stay here.
          </p>
        )}
        {read.data?.ok && <ImportedWords outcome={read.data} />}
      </div>
      {exported !== null && 'error' in exported && <InlineError>{exported.error}</InlineError>}
      {read.error !== null && <InlineError>The file could not be read: {read.error.message}</InlineError>}
      {read.data?.ok === false && (
        <InlineError>
          Nothing was imported from {read.variables?.name}: {read.data.message}
          {read.data.field !== undefined && !read.data.message.includes(read.data.field) && (
            <>
              {' '}
              Field: <code>{read.data.field}</code>
            </>
          )}
        </InlineError>
      )}
    </>
  )
}

function ImportedWords({ outcome }: { outcome: Extract<ImportOutcome, { ok: true }> }) {
  const employee = useEmployee()
  const { imported, alreadyHere, waiting, byEmployee } = outcome
  const others = byEmployee.filter((each) => each.employeeNumber !== employee?.number && each.count > 0)
  const own = byEmployee.find((each) => each.employeeNumber === employee?.number)?.count ?? 0
  return (
    <>
      <p>
        <strong>
          {imported === 0 ? 'Nothing new was in the file.' : `${counted(imported, 'decision')} taken over.`}
        </strong>{' '}
        {alreadyHere > 0 && `${counted(alreadyHere, 'decision')} ${alreadyHere === 1 ? 'was' : 'were'} here already.`}
      </p>
      {own > 0 && !waiting && <p>{counted(own, 'of yours is sent', 'of yours are sent')} by this PC now.</p>}
      {others.map(({ employeeNumber, count }) => (
        <p key={employeeNumber}>
          {count.toLocaleString('en')} of employee {employeeNumber}: sent when they sign in on this PC.
        </p>
      ))}
      {waiting && (
        <p>
          <Toned tone="warn">
            They are in this app’s database, but its journal could not be written: the disk of this PC may be full. They
            are sent once it can. Keep the file until then.
          </Toned>
        </p>
      )}
    </>
  )
}
