/** State of this console for IT, without personal data: looked at first, then saved. */
import { Button, Modal } from '@mantine/core'
import { IconFileDescription, IconFileDownload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useData } from '../../ui/data-context.ts'
import { formatBytes } from '../../ui/format-bytes.ts'
import { InlineError, Section } from '../../ui/parts.tsx'
import { saveFile } from '../../ui/save-file.ts'
import classes from './data-safety.module.css'

/** More than anybody reads; a larger text would only make the dialog slow. */
const SHOWN_CHARACTERS = 100_000

export function SupportBundle() {
  const data = useData()
  const [opened, setOpened] = useState(false)
  const [saved, setSaved] = useState(false)
  const prepare = useMutation({
    mutationFn: () => data.supportBundle(),
    onSuccess: () => {
      setSaved(false)
      setOpened(true)
    },
  })
  const file = prepare.data
  return (
    <Section title="Support bundle">
      <p className={classes.text} data-quiet>
        For IT: versions, counts, cursors, times and incidents of this console. No names, customer ids, baskets, notes
        or passwords. You see all of it before it is saved; nothing is sent.
      </p>
      <div className={classes.buttons}>
        <Button
          variant="default"
          leftSection={<IconFileDescription size={15} />}
          loading={prepare.isPending}
          onClick={() => prepare.mutate()}
        >
          Look at it…
        </Button>
      </div>
      {prepare.error !== null && <InlineError>It could not be made: {prepare.error.message}</InlineError>}
      {file !== undefined && (
        <Modal opened={opened} onClose={() => setOpened(false)} title="Support bundle" size={760}>
          <p className={classes.bundleFacts}>
            {file.name} · {formatBytes(new TextEncoder().encode(file.text).length)}
          </p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <section className={classes.bundle} tabIndex={0} aria-label="Content of the support bundle">
            <pre>
              {file.text.slice(0, SHOWN_CHARACTERS)}
              {file.text.length > SHOWN_CHARACTERS && '\n… the rest is in the file'}
            </pre>
          </section>
          <div className={classes.bundleFoot}>
            <Button
              leftSection={<IconFileDownload size={15} />}
              onClick={() => {
                saveFile(file)
                setSaved(true)
              }}
            >
              Save the file…
            </Button>
            <Button variant="default" onClick={() => setOpened(false)}>
              Close
            </Button>
            <span role="status">{saved && 'Handed to your system to save.'}</span>
          </div>
        </Modal>
      )}
    </Section>
  )
}
