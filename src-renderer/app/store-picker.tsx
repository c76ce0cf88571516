/** Which stores every room shows. */
import { Button, Checkbox, Popover, TextInput, UnstyledButton } from '@mantine/core'
import { IconBuildingStore, IconChevronDown } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useChosenStores } from '../ui/chosen-stores.ts'
import { useStores } from '../ui/data-context.ts'
import { formatClock, zoneName } from '../ui/format-time.ts'
import { useNow } from '../ui/use-now.ts'
import classes from './shell.module.css'

const SEARCH_FROM = 9

/** Multi-select of the employee's stores; the choice is part of the URL. */
export function StorePicker() {
  const stores = useStores()
  const chosen = useChosenStores()
  const navigate = useNavigate()
  const now = useNow(10_000)
  const [filter, setFilter] = useState('')
  const only =
    chosen.length === 1 || stores.length === 1 ? stores.find((s) => chosen.length === 0 || s.id === chosen[0]) : null
  const text = only ? only.name : chosen.length === 0 ? 'All stores' : `${chosen.length} of ${stores.length} stores`

  const choose = (ids: string[]) => {
    const all = ids.length === 0 || ids.length === stores.length
    // An explicit undefined, so that the retained choice is forgotten.
    void navigate({ to: '.', search: (search) => ({ ...search, stores: all ? undefined : ids }), replace: true })
  }
  const toggle = (id: string) => {
    choose(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id])
  }

  return (
    <Popover position="bottom-start" width={340} trapFocus returnFocus onClose={() => setFilter('')}>
      <Popover.Target>
        <UnstyledButton className={classes.storePicker} data-testid="store-picker">
          <IconBuildingStore size={18} stroke={1.7} aria-hidden />
          <span className={classes.storePickerText}>{text}</span>
          {only && <span className={classes.storeClock}>{formatClock(now, only.timezone)} local</span>}
          <IconChevronDown size={15} aria-hidden />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p={6} aria-label="Stores">
        {stores.length >= SEARCH_FROM && (
          <TextInput
            mb={6}
            placeholder="Find a store"
            aria-label="Find a store"
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
        )}
        <div className={classes.storeList}>
          <Checkbox
            size="xs"
            className={classes.storeRow}
            label={<strong>All stores</strong>}
            checked={chosen.length === 0}
            indeterminate={chosen.length > 0}
            onChange={() => choose([])}
          />
          {stores
            .filter((store) => store.name.toLowerCase().includes(filter.trim().toLowerCase()))
            .map((store) => (
              <div key={store.id} className={classes.storeRow}>
                <Checkbox
                  size="xs"
                  className={classes.storeLabel}
                  label={store.name}
                  checked={chosen.includes(store.id)}
                  onChange={() => toggle(store.id)}
                />
                <span className={classes.storeMeta}>
                  {formatClock(now, store.timezone)} {zoneName(now, store.timezone)} · {store.currency}
                </span>
                {stores.length > 1 && (
                  <Button variant="subtle" size="compact-xs" onClick={() => choose([store.id])}>
                    only
                  </Button>
                )}
              </div>
            ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
