/** The page of `/abandoned`. */
import { VisuallyHidden } from '@mantine/core'
import { AbandonedTabs } from './abandoned-tabs.tsx'

export function AbandonedPage() {
  return (
    <>
      <VisuallyHidden component="h1">Abandoned baskets</VisuallyHidden>
      <AbandonedTabs />
    </>
  )
}
