/** Plain SQL, run in order, each once. Never edit a migration that was released: add one. */
import { sql } from 'drizzle-orm/sql'
import type { MintId } from '#shared/time/clock.ts'
import { type Queries, rowsOf } from './open-database.ts'

const migrations: { id: number; statements: string[] }[] = [
  {
    id: 1,
    statements: [
      'create table meta (key text primary key, value text not null)',
      'create table stores (id text primary key, settings jsonb not null, version bigint not null default 0)',
      'create table api_keys (key_hash text primary key, stores jsonb not null)',
      `create table employees (
        number text primary key, name text not null, role text not null, password_hash text not null,
        stores jsonb not null, active boolean not null default true)`,
      `create table auth_sessions (
        id text primary key, employee_number text not null, device_id text not null, device_name text not null,
        created_at bigint not null, expires_at bigint not null, revoked_at bigint)`,
      `create table refresh_tokens (
        token_hash text primary key, auth_session_id text not null, expires_at bigint not null, rotated_at bigint)`,
      'create index refresh_tokens_auth_session on refresh_tokens (auth_session_id)',
      'create table devices (id text primary key, last_seq bigint not null default 0)',
      `create table sessions (
        id text primary key, store_id text not null, version bigint not null, local_date text not null,
        ended boolean not null, expires_at bigint, summary json not null, document jsonb not null)`,
      'create unique index sessions_store_version on sessions (store_id, version)',
      'create index sessions_store_day on sessions (store_id, local_date, version)',
      'create index sessions_expiry on sessions (expires_at) where not ended',
      `create table event_ids (
        store_id text not null, event_id text not null, session_id text not null, primary key (store_id, event_id))`,
      `create table mutations (
        device_id text not null, seq bigint not null, mutation_id text not null, owns_id boolean not null,
        content text not null, employee_number text not null, arrived_at bigint not null,
        store_id text, store_version bigint, verdict jsonb not null, primary key (device_id, seq))`,
      'create unique index mutations_id on mutations (mutation_id) where owns_id',
      'create index mutations_outcomes on mutations (device_id, store_id, store_version)',
    ],
  },
  {
    id: 2,
    statements: [
      `create table idempotent_answers (
        store_id text not null, key text not null, content text not null, status integer not null, body text not null,
        created_at bigint not null, primary key (store_id, key))`,
      'create index idempotent_answers_age on idempotent_answers (created_at)',
      `create index sessions_customer on sessions (store_id, (summary ->> 'customerId'))
        where summary ->> 'customerId' is not null`,
    ],
  },
  {
    id: 3,
    statements: [
      'alter table sessions alter column document type json using document::json',
      // The default compression takes longer than all the rest of a write; not every build knows the better one.
      `do $$ begin
        execute 'alter table sessions alter column document set compression lz4';
      exception when feature_not_supported or syntax_error then null;
      end $$`,
    ],
  },
  {
    id: 4,
    statements: [
      'alter table auth_sessions add column used_generation bigint not null default 0',
      'alter table auth_sessions add column used_at bigint not null default 0',
      'delete from refresh_tokens where rotated_at is not null',
      'alter table refresh_tokens drop column rotated_at',
      'alter table refresh_tokens add column generation bigint not null default 0',
    ],
  },
  {
    id: 5,
    statements: [
      `create table check_leases (
        session_id text not null, verification_id text not null, store_id text not null, employee_number text not null,
        until bigint not null, primary key (session_id, verification_id))`,
      'create index check_leases_until on check_leases (until)',
      `create table refusals (
        store_id text not null, number bigint not null, hash text not null, entry json not null,
        primary key (store_id, number))`,
      `update stores set settings = settings ||
        '{"checks": {"warnAfterSeconds": 30, "alarmAfterSeconds": 60, "partialPieces": 5, "leaseSeconds": 90}}'
        where settings -> 'checks' is null`,
    ],
  },
  {
    id: 6,
    statements: [
      `create table store_days (
        store_id text not null references stores (id) on delete cascade, date text not null, count bigint not null,
        version bigint not null, version_sum bigint not null, primary key (store_id, date))`,
      `insert into store_days (store_id, date, count, version, version_sum)
        select store_id, local_date, count(*), max(version), sum(version) from sessions
        where store_id in (select id from stores) group by store_id, local_date`,
      `create table day_blocks (
        store_id text not null references stores (id) on delete cascade, date text not null, tag text not null,
        form text not null, length bigint not null, crc bigint not null, deflated bytea not null,
        primary key (store_id, date))`,
      // Compressed already.
      'alter table day_blocks alter column deflated set storage external',
    ],
  },
  {
    id: 7,
    statements: [
      `create table shift_entries (
        store_id text not null, number bigint not null, date text not null, shift text not null, entry json not null,
        primary key (store_id, number))`,
      'create index shift_entries_shift on shift_entries (store_id, date, shift)',
      `update stores set settings = settings || '{
          "shifts": [
            {"name": "Early", "from": "06:00"}, {"name": "Late", "from": "14:00"}, {"name": "Night", "from": "22:00"}],
          "putBack": {"chilledMinutes": 30, "frozenMinutes": 20, "ambientMinutes": null}}'
        where settings -> 'shifts' is null`,
    ],
  },
]

/** Any number: all backends of one database take the same lock before they change its structure or its bootstrap. */
const STARTUP_LOCK = 7_046_029_254

/** Waits until no other backend is starting on this database; released at the end of the transaction. */
export async function takeStartupLock(tx: Queries): Promise<void> {
  // The other one may hash the passwords of a long list: that is no sign of a busy database.
  await tx.execute(sql`set local lock_timeout = 0`)
  await tx.execute(sql`select pg_advisory_xact_lock(${sql.raw(String(STARTUP_LOCK))})`)
}

/** Brings the structure up to date; call it in a transaction that holds the startup lock. */
export async function migrate(tx: Queries, mintId: MintId): Promise<void> {
  await tx.execute(sql`create table if not exists schema_migrations (id bigint primary key)`)
  const done = new Set(
    (await rowsOf<{ id: string | number }>(tx, sql`select id from schema_migrations`)).map((row) => Number(row.id)),
  )
  for (const { id, statements } of migrations) {
    if (done.has(id)) continue
    for (const statement of statements) await tx.execute(sql.raw(statement))
    await tx.execute(sql`insert into schema_migrations (id) values (${id})`)
  }
  await tx.execute(
    sql`insert into meta (key, value) values ('epoch', ${mintId()}), ('token_key', ${mintId() + mintId()})
        on conflict (key) do nothing`,
  )
}
