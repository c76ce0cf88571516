/** The page of `/put-back`. */
import { VisuallyHidden } from '@mantine/core'
import { AbandonedTabs } from './abandoned-tabs.tsx'

export function PutBackPage() {
  return (
    <>
      <VisuallyHidden component="h1">Put back</VisuallyHidden>
      <AbandonedTabs />
    </>
  )
}
