/** Saved views: switch, save, change, rename, delete. */
import { Menu, TextInput, UnstyledButton } from '@mantine/core'
import {
  IconBookmark,
  IconCheck,
  IconChevronDown,
  IconDeviceFloppy,
  IconPencil,
  IconPlus,
  IconTrash,
} from '@tabler/icons-react'
import { type FormEvent, memo, type ReactNode, useState } from 'react'
import { type ColumnLayout, isSameLayout } from './column-layout.ts'
import { useSavedViews } from './list-preferences.ts'
import { allSessionsView, allViews, builtInViews, MAX_NAME_LENGTH, type SavedView } from './saved-views.ts'
import { isSameSearch, type SessionsSearch } from './sessions-search.ts'
import classes from './views.module.css'

const isSameColumns = (view: SavedView, layout: ColumnLayout): boolean =>
  view.columns === null || isSameLayout(view.columns, layout)

interface ViewsMenuProps {
  search: SessionsSearch
  layout: ColumnLayout
  /** The view that was chosen last; what is shown may differ from it by now. */
  chosen: string | null
  onChoose: (view: SavedView) => void
  isOpen: boolean
  onOpen: (isOpen: boolean) => void
}

export function ViewsMenu({ search, layout, chosen, onChoose, isOpen, onOpen }: ViewsMenuProps) {
  const views = useSavedViews((state) => state.views)
  const current = allViews(views).find((view) => isSameSearch(view.search, search))
  /** The saved view at hand: the one that is shown, or the one whose filters were changed since. */
  const own = views.find((view) => view.id === (current?.id ?? chosen))
  const isChanged = own !== undefined && (current === undefined || !isSameColumns(own, layout))
  const close = () => onOpen(false)
  const list = { search, layout, current, own, isChanged, onChoose, close }
  return (
    <ViewsPopover
      name={current?.name ?? own?.name ?? 'Own filters'}
      isChanged={isChanged}
      isOpen={isOpen}
      onOpen={onOpen}
    >
      {isOpen && <ViewsList {...list} />}
    </ViewsPopover>
  )
}

interface ViewsPopoverProps {
  /** Of the view at hand. */
  name: string
  isChanged: boolean
  isOpen: boolean
  onOpen: (isOpen: boolean) => void
  /** What is in it while it is open. */
  children: ReactNode
}

/** Not drawn anew with every filter. */
const ViewsPopover = memo(function ViewsPopover({ name, isChanged, isOpen, onOpen, children }: ViewsPopoverProps) {
  return (
    <Menu
      opened={isOpen}
      onChange={onOpen}
      position="bottom-start"
      width={290}
      returnFocus
      transitionProps={{ duration: 0 }}
    >
      <Menu.Target>
        <UnstyledButton className={classes.target} title="Views (v)">
          <IconBookmark size={16} stroke={1.8} aria-hidden />
          <span className={classes.name}>{name}</span>
          {isChanged && <span className={classes.changed}>changed</span>}
          <IconChevronDown size={13} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  )
})

interface ViewsListProps {
  search: SessionsSearch
  layout: ColumnLayout
  current: SavedView | undefined
  own: SavedView | undefined
  isChanged: boolean
  onChoose: (view: SavedView) => void
  close: () => void
}

function ViewsList({ search, layout, current, own, isChanged, onChoose, close }: ViewsListProps) {
  const { views, kept, problem, save, update, remove } = useSavedViews()
  const [form, setForm] = useState<{ view: SavedView | null } | null>(null)
  const [isSure, setIsSure] = useState(false)
  const finish = (name: string) => {
    if (form?.view) update(form.view.id, { name })
    else onChoose(save({ name, search, columns: layout }))
    close()
  }
  const item = (view: SavedView) => (
    <Menu.Item
      key={view.id}
      leftSection={view.id === current?.id ? <IconCheck size={15} aria-hidden /> : <span className={classes.room} />}
      aria-current={view.id === current?.id || undefined}
      onClick={() => onChoose(view)}
    >
      {view.name}
    </Menu.Item>
  )
  if (form !== null) return <ViewName view={form.view} onCancel={() => setForm(null)} onFinish={finish} />
  return (
    <>
      {[allSessionsView, ...builtInViews].map(item)}
      {views.length > 0 && <Menu.Divider />}
      {views.map(item)}
      <Menu.Divider />
      {isChanged && own !== undefined && (
        <Menu.Item
          leftSection={<IconDeviceFloppy size={15} stroke={1.8} />}
          onClick={() => update(own.id, { search, columns: layout })}
        >
          Update “{own.name}”
        </Menu.Item>
      )}
      {own !== undefined && (
        <>
          <Menu.Item
            leftSection={<IconPencil size={15} stroke={1.8} />}
            closeMenuOnClick={false}
            onClick={() => setForm({ view: own })}
          >
            Rename “{own.name}”…
          </Menu.Item>
          <Menu.Item
            color={isSure ? 'red' : undefined}
            leftSection={<IconTrash size={15} stroke={1.8} />}
            closeMenuOnClick={isSure}
            onClick={() => (isSure ? remove(own.id) : setIsSure(true))}
          >
            {isSure ? `Really delete “${own.name}”` : `Delete “${own.name}”…`}
          </Menu.Item>
        </>
      )}
      <Menu.Item
        leftSection={<IconPlus size={15} stroke={1.8} />}
        closeMenuOnClick={false}
        onClick={() => setForm({ view: null })}
      >
        Save as a new view…
      </Menu.Item>
      {kept.length > 0 && (
        <p className={classes.note} role="status">
          {kept.length === 1 ? '1 saved view' : `${kept.length} saved views`} of a newer version cannot be shown here
          and {kept.length === 1 ? 'is' : 'are'} kept
          {kept.some(({ name }) => name !== null) && `: ${kept.map(({ name }) => name ?? 'without a name').join(', ')}`}
          .
        </p>
      )}
      {problem !== null && (
        <p className={classes.problem} role="alert">
          The last change could not be saved: {problem}
        </p>
      )}
    </>
  )
}

interface ViewNameProps {
  view: SavedView | null
  onCancel: () => void
  onFinish: (name: string) => void
}

function ViewName({ view, onCancel, onFinish }: ViewNameProps) {
  const [name, setName] = useState(view?.name ?? '')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() !== '') onFinish(name.trim())
  }
  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        label={view === null ? 'Name of the view' : `New name of “${view.name}”`}
        description={view === null ? 'It keeps filters, sort and columns, on this PC.' : undefined}
        autoFocus
        maxLength={MAX_NAME_LENGTH}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => {
          // The menu would take letters as a search and Escape as its own.
          event.stopPropagation()
          if (event.key === 'Escape') onCancel()
        }}
      />
      <div>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" disabled={name.trim() === ''} data-primary>
          {view === null ? 'Save' : 'Rename'}
        </button>
      </div>
    </form>
  )
}
