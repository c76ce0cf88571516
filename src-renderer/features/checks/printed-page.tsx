/** The frame of the pages behind `/checks` that are made to be printed. */
import { IconArrowLeft } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ComponentProps, ReactNode } from 'react'
import { PrintPage } from '../../ui/print-page.tsx'
import classes from './printed-page.module.css'

interface PrintedPageProps {
  title: string
  /** One paragraph, which is printed too. */
  about: ReactNode
  print: Omit<ComponentProps<typeof PrintPage>, 'group'>
  testId: string
  children: ReactNode
}

export function PrintedPage({ title, about, print, testId, children }: PrintedPageProps) {
  return (
    <div className={classes.page} data-testid={testId}>
      <div className={classes.head}>
        <Link to="/checks" className={classes.back}>
          <IconArrowLeft size={16} aria-hidden /> Checks
        </Link>
        <h1>{title}</h1>
        <PrintPage {...print} group={title} />
      </div>
      <p className={classes.about}>{about}</p>
      {children}
    </div>
  )
}
