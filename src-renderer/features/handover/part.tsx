/** One section of the handover: a heading, and one line where there is nothing under it. */
import { type ReactNode, useId } from 'react'
import classes from './handover.module.css'

interface PartProps {
  title: string
  /** Beside the title; 0 shows `none` above whatever else there is. */
  count: number
  none: string
  aside?: ReactNode
  testId?: string
  children?: ReactNode
}

export function Part({ title, count, none, aside, testId, children }: PartProps) {
  const id = useId()
  return (
    <section className={classes.part} aria-labelledby={id} data-testid={testId}>
      <div className={classes.partHead}>
        <h2 id={id}>
          {title}
          {count > 0 && <span> {count.toLocaleString('en')}</span>}
        </h2>
        {aside !== undefined && <div>{aside}</div>}
      </div>
      {count === 0 && <p className={classes.none}>{none}</p>}
      {children}
    </section>
  )
}
