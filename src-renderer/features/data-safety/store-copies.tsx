/** What this PC has of each store, and how old it is. */
import type { DataSafety } from '../../data/data-api.ts'
import { useStores } from '../../ui/data-context.ts'
import { RelativeTime, Section } from '../../ui/parts.tsx'
import classes from './data-safety.module.css'

export function StoreCopies({ stores }: { stores: DataSafety['stores'] }) {
  const settings = useStores()
  return (
    <Section title="Copy of each store" aside="what can be looked at offline">
      {stores.length === 0 ? (
        <p className={classes.text}>You have no store. Whoever runs the backend assigns stores to employees.</p>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Store</th>
              <th scope="col" data-number>
                Last contact
              </th>
              <th scope="col" data-number>
                Days
              </th>
              <th scope="col" data-number>
                Sessions
              </th>
              <th scope="col" data-number>
                In full detail
              </th>
            </tr>
          </thead>
          <tbody>
            {stores.map(({ storeId, lastContactAt, days, sessions, details }) => {
              const store = settings.find((each) => each.id === storeId)
              return (
                <tr key={storeId}>
                  <th scope="row">{store?.name ?? storeId}</th>
                  <td data-number>
                    {lastContactAt === null ? (
                      <span className={classes.soft}>not yet</span>
                    ) : (
                      <RelativeTime at={lastContactAt} zone={store?.timezone ?? 'UTC'} />
                    )}
                  </td>
                  <td data-number>{days.toLocaleString('en')}</td>
                  <td data-number>{sessions.toLocaleString('en')}</td>
                  <td data-number>{details.toLocaleString('en')}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
    </Section>
  )
}
