/** Small parts that several screens share. */
import { type Icon, IconAlertCircle, IconCloudUp } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useDataStatus } from './data-context.ts'
import { formatAgo, formatExact } from './format-time.ts'
import { progressLabel, type Tone } from './labels.ts'
import classes from './parts.module.css'
import { useNow } from './use-now.ts'

/** A short status on a tinted ground. */
export function Pill({ tone, icon: PillIcon, children }: { tone: Tone; icon?: Icon; children: ReactNode }) {
  return (
    <span className={`${classes.pill} ${classes[tone]}`}>
      {PillIcon && <PillIcon size={13} stroke={2.2} aria-hidden />}
      {children}
    </span>
  )
}

/** A status as coloured text with its icon, for table cells. */
export function Toned({ tone, icon: TonedIcon, children }: { tone: Tone; icon?: Icon; children: ReactNode }) {
  return (
    <span className={`${classes.tone} ${classes[tone]}`}>
      {TonedIcon && <TonedIcon size={15} stroke={1.9} aria-hidden />}
      {children}
    </span>
  )
}

/** `2 min ago`, with the exact instant in the store's zone on hover. */
export function RelativeTime({ at, zone }: { at: number; zone: string }) {
  const now = useNow(10_000)
  return (
    <time dateTime={new Date(at).toISOString()} title={formatExact(at, zone)}>
      {formatAgo(at, now)}
    </time>
  )
}

const STEPS = [1, 2, 3, 4, 5]

/** Five small bars, one per step of the way from basket to exit; hatched for a way that was left. */
export function ProgressMeter({ progress }: { progress: string }) {
  const { step } = progressLabel(progress)
  return (
    <span
      className={classes.meter}
      aria-hidden
      data-off={step === null || undefined}
      data-complete={step === STEPS.length || undefined}
    >
      {STEPS.map((each) => (
        <i key={each} data-done={(step !== null && each <= step) || undefined} />
      ))}
    </span>
  )
}

/** Marks what this console decided and nobody else knows yet. */
export function NotSent() {
  const journalled = useDataStatus((status) => status.journalled)
  return (
    <Pill tone="warn" icon={IconCloudUp}>
      {journalled ? 'saved on this PC' : 'saved in this browser'} · not sent yet
    </Pill>
  )
}

/** What a room says when it has nothing to show. */
export function Blank({ icon: BlankIcon, title, children }: { icon: Icon; title: string; children?: ReactNode }) {
  return (
    <div className={classes.blank}>
      <BlankIcon size={34} stroke={1.4} aria-hidden />
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** An error in the place where the person looks. */
export function InlineError({ children }: { children: ReactNode }) {
  return (
    <p className={classes.error} role="alert">
      <IconAlertCircle size={16} aria-hidden />
      <span>{children}</span>
    </p>
  )
}

interface SectionHeadProps {
  title: string
  aside?: ReactNode
}

/** The title line of a card or column. */
export function SectionHead({ title, aside }: SectionHeadProps) {
  return (
    <div className={classes.sectionHead}>
      <h2>{title}</h2>
      {aside !== undefined && <span>{aside}</span>}
    </div>
  )
}

/** A titled card. */
export function Section({
  title,
  aside,
  testId,
  children,
}: SectionHeadProps & { testId?: string; children: ReactNode }) {
  return (
    <section className={classes.section} data-testid={testId}>
      <SectionHead title={title} aside={aside} />
      {children}
    </section>
  )
}
